"""Charges and caps of automatic recharge."""

from typing import Any

from tests.harness.recharging import (
    LIFTED,
    leave,
)
from tests.harness.till import Till


def charge(till: Till, times: int = 1) -> None:
    """Make charges of 50.00 one after another: each time, the balance falls to 5.00."""
    for _ in range(times):
        leave(till, "5.00")
        before = len(till.charged())
        till.stream()
        assert len(till.charged()) == before + 1


def used_up(till: Till, name: str) -> None:
    """A balance of 5.00 below a threshold of 10.00, and no room under this cap."""
    rules: dict[str, dict[str, Any]] = {
        "hourly_count": LIFTED | {"hourly_count": 1},
        "daily_limit": LIFTED | {"daily_limit": "50.00"},
        "monthly_limit": LIFTED | {"monthly_limit": "50.00"},
    }
    leave(till, "5.00")
    till.set_rule(till.card(), **rules[name])
    charge(till)
    leave(till, "5.00")
    till.stream()
