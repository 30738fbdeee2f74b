"""Calling Credit's shared domain layer: prepaid credit for international calls.

Pure modules (money, calls, decks, rating, ledger, usage, …) know no AWS and no clock; `store`, `aws` and `api` do
the I/O.
"""
