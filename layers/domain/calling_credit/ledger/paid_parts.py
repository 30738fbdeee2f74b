"""The parts of a call's standing charge, each by the time of its posting. Does not read the table.

A charge may rise again after it was posted, as by a rerating. What falls later is taken from the latest part first, so
that a raise and its return cancel each other, and only the rest is as old as the first charge.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from calling_credit.categories import GOODWILL
from calling_credit.dynamodb import rerate_keys

PaidPart = tuple[str, int]
"""When a part was posted (RFC 3339; "" if that is not known), and its amount in micro-dollars, more than 0."""


def paid_parts(entries: Iterable[Mapping[str, Any]]) -> tuple[PaidPart, ...]:
    """The parts of the standing charge of a call, the oldest first, by its entries in the order of their keys."""
    changes: Counter[tuple[int, str]] = Counter()
    for entry in entries:
        if entry.get("category") != GOODWILL:
            changes[rerate_keys.rerating_of(entry["SK"]), entry.get("recorded_at", "")] -= entry["amount_micros"]
    parts: list[PaidPart] = []
    for (_, posted_at), change in changes.items():
        if change > 0:
            parts.append((posted_at, change))
        else:
            parts = _without(parts, -change)
    return tuple(parts)


def taken_from(parts: Iterable[PaidPart], fall_micros: int) -> list[PaidPart]:
    """What a fall of the charge returns of its parts, the latest first; nothing if the charge rises."""
    taken: list[PaidPart] = []
    for posted_at, amount in reversed(list(parts)):
        if fall_micros <= 0:
            break
        taken.append((posted_at, min(amount, fall_micros)))
        fall_micros -= amount
    return taken


def _without(parts: list[PaidPart], fall_micros: int) -> list[PaidPart]:
    """The parts after a fall of the charge."""
    left: list[PaidPart] = []
    for posted_at, amount in reversed(parts):
        if amount > fall_micros:
            left.append((posted_at, amount - fall_micros))
        fall_micros = max(0, fall_micros - amount)
    return left[::-1]
