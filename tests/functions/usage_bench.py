"""Queries of usage and statements that several tests share."""

import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from calling_credit.dynamodb.pages import read_pages
from calling_credit.ledger import entry_slices
from tests.harness.world import JAPAN, MOBILE, UNITED_KINGDOM, World

MONTH = {"from_": "2026-11-01", "to": "2026-11-30"}


INTERNATIONAL = "/usage/outbound_international_call"


def call_at(call_id: str, started_at: str, **changes: Any) -> dict[str, Any]:
    """A one-minute call without setup time."""
    day, hour, rest = started_at[:11], int(started_at[11:13]), started_at[13:16]
    ended = f"{day}{hour:02d}{rest}:59Z"
    times = {"started_at": f"{started_at[:16]}:00Z", "answered_at": f"{started_at[:16]}:00Z", "ended_at": ended}
    return {"call_id": call_id, **times, "duration_seconds": 59, **changes}


def money(text: str) -> Decimal:
    """The number of a decimal string."""
    return Decimal(text)


def make_slices_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slices of three entries, and pages of two, so that few calls have every kind of boundary."""

    def pages(client: Any, table_name: str, query: dict[str, Any]) -> Iterator[dict[str, Any]]:
        return read_pages(client, table_name, {"Limit": 2} | query)

    monkeypatch.setattr(entry_slices, "read_pages", pages)
    monkeypatch.setattr(entry_slices, "ENTRIES_PER_SLICE", 3)


def many_calls(world: World, rng: random.Random, number: int = 30) -> None:
    """Calls of a month, some at the same instant, of some users to some places."""
    calls = []
    for one in range(number):
        at = f"2026-11-{rng.randint(1, 22):02d}T{rng.choice((0, 9, 23)):02d}:{rng.choice((0, 30)):02d}"
        to, user = rng.choice((JAPAN, MOBILE, UNITED_KINGDOM)), f"user_{rng.randint(1, 3)}"
        calls.append(call_at(f"c_{one:02d}", at, to=to, user_id=user))
    assert world.deliver(*calls) == []
