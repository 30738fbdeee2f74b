"""What staff and clients of the back office move: adjustments, corrections, goodwill, transfers, and refunds, within
the limits of a day, and with the approval of a second person above them.
"""
