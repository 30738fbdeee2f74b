"""A local stand-in for Stripe: small, in memory, with the documented semantics of the API version that the SDK pins.

`stand_in.StandIn` answers requests without a socket, `app.create_app` makes it a WSGI application with hosted pages,
and `server.Server` (or `python -m local.stripe_stand_in`) serves that and delivers webhooks. The test cards are in
`known_cards`; `faults` injects errors, and `controls` triggers what happens outside the API.
"""
