"""Granted credit in the model of the seeded driver: what calls have left of it."""

from typing import Any

from tests.laws.driver import Driver
from tests.laws.lot_checks import left_of_lots

GIVEN = ("adjustment", "goodwill", "transfer", "promotion", "credit_expired", "reversal", "top_up")
"""The categories of entries that are of no call."""


def charged(driver: Driver, account: str) -> int:
    """The running sum of the charges of an account."""
    entries = driver.model.of(account, "ENTRY#")
    return -sum(int(entry["amount_micros"]) for _, entry in entries if entry["category"] not in GIVEN)


def lots_of(driver: Driver, account: str) -> list[dict[str, Any]]:
    """The lots of an account, as the model has them."""
    return [lot | {"SK": sk} for sk, lot in driver.model.of(account, "LOT#")]


def unused(driver: Driver, account: str) -> dict[str, int]:
    """The rest of the lots of an account that have not ended, by id."""
    lots = lots_of(driver, account)
    left = left_of_lots(lots, charged(driver, account))
    return {lot["lot_id"]: left[lot["lot_id"]] for lot in lots if "ended_at" not in lot}
