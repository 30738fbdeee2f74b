"""Payments that the bank wants confirmed."""

from typing import Any

from tests.harness.cards import CHALLENGED
from tests.harness.till import Till


def challenged(till: Till, amount: str = "25.00", **more: Any) -> dict[str, Any]:
    """A payment that waits for the customer's confirmation."""
    shown = till.paid(amount, till.card(CHALLENGED), **more)
    assert shown["status"] == "requires_action"
    return shown
