"""The balance of an account. Does not read the table."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Balance:
    """An account's balance in micro-dollars. `available` is `posted` less the credit held for calls in progress."""

    posted_micros: int
    held_micros: int
    available_micros: int
    updated_at: str


def balance_from_item(item: Mapping[str, Any]) -> Balance:
    """The balance of a `BALANCE` item in plain values."""
    return Balance(item["posted_micros"], item["held_micros"], item["available_micros"], item["updated_at"])
