"""Receipts and credit notes: their numbers, what they state, the step that issues them, and their printable page.

A payment that settles owes a receipt, and each reversal owes a credit note. The transaction that moves the money marks
the document as due (`topups.documents`); a second one issues it, at once and, until it is done, by the sweep.
"""
