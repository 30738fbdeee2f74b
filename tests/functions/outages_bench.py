"""Faults of Stripe and the right end of a payment."""

SILENT = ("dropped", "answer_lost", "rate_limited", "lock_timeout")


FAULTS = (*SILENT, "error_500", "error_500_after")


READ_CARD = "GET /v1/payment_methods/*"
