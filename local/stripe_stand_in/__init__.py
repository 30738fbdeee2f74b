"""A local stand-in for Stripe: small, in memory, with Stripe's documented semantics at the version the SDK pins.

`stand_in.StandIn` answers requests without a socket, `app.create_app` makes it a WSGI application with hosted pages,
and `server.Server` (or `python -m local.stripe_stand_in`) serves that and delivers webhooks. The test cards are in
`known_cards`; what can be made to go wrong is in `faults`, what can be made to happen in `controls`.
"""
