"""The row of the sweep: the requests to Stripe when nothing happened there since the last sweep. The usual stack has no
sweep, so that a lost callback is lost.
"""

import os
from datetime import UTC, datetime, timedelta

import pytest
import stripe

from calling_credit import clock
from local.stripe_stand_in.stand_in import DEFAULT_API_KEY, StandIn
from tests.benchmarks.laboratory import ENOUGH_SECONDS, Laboratory, capture_output
from tests.benchmarks.rows import Row
from tests.harness.stripe import StripeWire
from tests.harness.table import Context, load_app

SWEEPS = 12
STARTED = datetime(2026, 11, 23, 12, 2, tzinfo=UTC)
EVERY = timedelta(minutes=5)


def sweep_rows(lab: Laboratory) -> list[Row]:
    """Return the row. The secret of Stripe is that of the recharges, which are measured before."""
    with pytest.MonkeyPatch.context() as patch:
        sent = _requests_per_sweep(lab, patch)
    return [Row("Stripe requests per sweep with nothing new", "count", 1, max(sent), floor="1", exact=True)]


def _requests_per_sweep(lab: Laboratory, patch: pytest.MonkeyPatch) -> list[int]:
    """Sweep an account with events, then again every few minutes; return the requests of each further sweep."""
    now = STARTED
    patch.setattr(clock, "now", lambda: now)
    wire = StripeWire(StandIn(base_url=os.environ["STRIPE_API_BASE"], sleep=lambda _: None, now=lambda: now))
    wire.attach(patch)
    lab.reset()
    _remove_cards(wire, 20)
    handler = load_app("reconcile_payments").handler
    counts = []
    with capture_output():
        for _ in range(SWEEPS + 1):
            before = len(wire.sent)
            if handler({}, Context(ENOUGH_SECONDS))["failed"]:
                raise RuntimeError("a sweep failed, so the count is invalid")
            counts.append(len(wire.sent) - before)
            now += EVERY
    if counts[0] < 2:
        raise RuntimeError("the first sweep handled no event, so the count is invalid")
    return counts[1:]


def _remove_cards(wire: StripeWire, count: int) -> None:
    """Save and remove cards, which leaves events."""
    sdk = stripe.StripeClient(
        DEFAULT_API_KEY, base_addresses={"api": wire.stand_in.base_url}, http_client=stripe.RequestsClient()
    )
    for _ in range(count):
        customer = sdk.v1.customers.create({})
        card = sdk.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
        sdk.v1.payment_methods.detach(card.id)
