"""Corrections that several tests share."""

from typing import Any

from tests.harness.http import Answer
from tests.harness.world import World

STARTED = "2026-11-23T10:00:00.000Z"
"""When the example call began."""


def correct(
    world: World,
    seconds: int | None = 60,
    *,
    call: str = "c_1",
    key: str | None = "k_1",
    account: str = "acct_1",
    **changes: Any,
) -> Answer:
    """Correct the example call; without seconds, waive it."""
    stated = {"waive": True} if seconds is None else {"duration_seconds": seconds}
    body = {"started_at": STARTED, "reason": "The switch hung", **stated, **changes}
    return world.operate("POST", f"/accounts/{account}/calls/{call}/corrections", body, key=key)


def figures(seconds: int, price: str) -> dict[str, Any]:
    """The duration and price of a call."""
    return {"duration_seconds": seconds, "price": price}


def details(world: World, call: str = "c_1") -> dict[str, Any]:
    """The only row of a call in the details of its category."""
    rows = [row for page in world.pages("/usage/outbound_international_call") for row in page["items"]]
    [found] = [row for row in rows if row["call_key"] == call]
    return dict(found)
