"""The audit trail: who changed what of an account, when, and from where. Each change is stored in the transaction of
the write that it records, and never changes afterwards.
"""
