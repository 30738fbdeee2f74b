"""Stripe, and nothing else knows it: intents, cards, webhooks, and the cashier who carries a top-up from one state to
the next.

Stripe's cents are turned into micro-dollars and back here alone; what is not a whole cent is refused.
"""
