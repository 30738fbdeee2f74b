"""Granted credit in the model of the seeded driver: what calls have left of it."""

from datetime import timedelta
from typing import Any

from tests.laws.driver import Driver
from tests.laws.lot_checks import granted_at, left_of_lots
from tests.laws.prices import instant, moment

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
    left = left_of_lots(lots, charged(driver, account), returns_of(driver, account))
    return {lot["lot_id"]: left[lot["lot_id"]] for lot in lots if "ended_at" not in lot}


def returns_of(driver: Driver, account: str) -> list[dict[str, Any]]:
    """The recorded returns of older charges to lots, which have a law of their own."""
    book, pk = driver.book, f"ACCOUNT#{account}"
    return [book.image(key) for key in sorted(book.images) if key[0] == pk and key[1].startswith("LOT_RETURN#")]


def moment_of_lot(driver: Driver, account: str) -> str:
    """The time that is stored for what happens to a lot now: a moment later than what happened before other charges."""
    times = [
        (at, charged_then)
        for lot in lots_of(driver, account)
        for at, charged_then in (
            (granted_at(lot), lot["charged_at_grant"]),
            *((part["at"], part["charged_micros"]) for part in (*lot.get("parts", ()), *lot.get("removed", ()))),
            (lot.get("ended_at", ""), lot.get("charged_at_end", 0)),
        )
    ]
    last, then = max(times, default=("", 0))
    now, returned = instant(driver.now), max(map(granted_at, returns_of(driver, account)), default="")
    if max(last, returned) < now:
        return now
    if last < returned:
        return instant(moment(returned) + timedelta(milliseconds=1))
    return last if then == charged(driver, account) else instant(moment(last) + timedelta(milliseconds=1))
