"""Stripe, and nothing else knows it.

Who begins: `manual` (Pay, once per Idempotency-Key), `run_recharge` (one look at a rule); both make the payment with
`begin`, which knows its id and the requests that are stored before anything is sent.
Who carries on: `cashier`, from one state to the next, by what `intents` says; how it asks, and what it makes of a
lost answer, stands in `asking`.
Who listens: `webhooks` (the signature, and what a callback says), `notices` (what comes of it), `take_back` (refunds
and disputes; `losses` reads what stands against a payment).
Who proves: `prove_account`, against `taken`, all that Stripe took in some days.
What they share: `client` (the one client, and what Stripe's errors mean), `cards` (customers and saved cards).

Stripe's cents are turned into micro-dollars and back here alone; what is not a whole cent is refused.
"""
