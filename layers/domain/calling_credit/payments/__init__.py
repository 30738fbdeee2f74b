"""Payments by card through Stripe.

Start: `manual_topup` (Pay, once per Idempotency-Key) and `automatic_topup` (one check of a rule). `new_topup` makes the
top-up with its id and its stored requests.
Progress: `topup_worker` moves a top-up from state to state, `safe_retries` repeats a request only where that is safe,
`intents` calls Stripe, and `settlement` ends the top-up.
Callbacks: `webhook_signature` verifies them, `webhook_events` handles them, `reversal` handles refunds and disputes.
Shared: `stripe_client` (the client and its errors), `cards` (customers and saved cards), `issues` (reports to
operators).

Stripe's cents become micro-dollars, and back, only here. An amount that is not in whole cents is refused.
"""
