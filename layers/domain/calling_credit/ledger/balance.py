"""The balance of an account. Does not read the table."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from calling_credit.dynamodb.unreadable import decoder


@dataclass(frozen=True, slots=True)
class Balance:
    """An account's balance in micro-dollars. `available` is `posted` less the credit held for calls in progress.

    `calls_seen` counts what calls spent, and `bought_back_at` is its value when something else last lowered the
    balance; None if nothing has since a billing admin switched automatic recharge on. `live_holds` counts the calls in
    progress that hold credit. `charged_micros` is the running sum of call charges less what was taken back, and `lots`
    counts the grants of credit that is kept apart until it is used. `traced_micros` is what releases that keep the
    running sum have added to `posted`.
    """

    posted_micros: int
    held_micros: int
    available_micros: int
    updated_at: str
    calls_seen: int = 0
    bought_back_at: int | None = None
    live_holds: int = 0
    charged_micros: int = 0
    lots: int = 0
    traced_micros: int = 0

    @property
    def untraced_micros(self) -> int:
        """What the balance had before the running sum was kept. An earlier release that runs again changes it."""
        return self.posted_micros - self.traced_micros

    @property
    def has_call_since(self) -> bool:
        """Whether a call has spent credit since something else last lowered the balance. If not, no recharge starts."""
        return self.bought_back_at is None or self.calls_seen > self.bought_back_at


@decoder
def balance_from_item(item: Mapping[str, Any]) -> Balance:
    """The balance of a `BALANCE` item in plain values."""
    return Balance(
        item["posted_micros"],
        item["held_micros"],
        item["available_micros"],
        item["updated_at"],
        item.get("calls_seen", 0),
        item.get("bought_back_at"),
        item.get("live_holds", 0),
        item.get("charged_micros", 0),
        item.get("lots", 0),
        item.get("traced_micros", 0),
    )
