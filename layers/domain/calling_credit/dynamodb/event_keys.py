"""The keys of what the table stores about Stripe's events as a whole, for all accounts together."""

from typing import Final

EVENTS_PK: Final = "STRIPE#EVENTS"
SWEEP_SK: Final = "SWEEP"
"""How far the events of Stripe are listed, and which of them failed."""
CALLBACKS_SK: Final = "CALLBACKS"
"""When the last verified callback arrived."""
