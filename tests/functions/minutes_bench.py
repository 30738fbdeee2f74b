"""Included minutes of acct_1, as the tests read them."""

from collections import Counter
from datetime import timedelta
from typing import Any

from tests.harness.world import World

UK: dict[str, Any] = {"name": "the UK", "countries": ["GB"], "minutes": 10}
COUNTER = "2026-11#ACCOUNT#the UK"
NOW = {"started_at": "2026-11-23T12:00:00Z", "answered_at": "2026-11-23T12:00:00Z", "ended_at": "2026-11-23T12:00:00Z"}


def record(seconds: int, **changes: Any) -> dict[str, Any]:
    """A call that began at noon and is delivered as soon as it may be."""
    ended = f"2026-11-23T{12 + seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}Z"
    return NOW | {"duration_seconds": seconds, "ended_at": ended} | changes


def later(world: World) -> None:
    """Let an hour and the facts that posting knows pass."""
    world.clock.now += timedelta(hours=1)


def charged(world: World, seconds: int, **changes: Any) -> dict[str, Any]:
    """The entry of a call that is delivered an hour later."""
    later(world)
    assert world.deliver(record(seconds, **changes)) == []
    return [one for one in world.entries() if one["kind"] == "call_charged"][-1]


def give(world: World, *bundles: dict[str, Any], line: str | None = None) -> None:
    """Give the account, or one of its lines, these bundles."""
    path = "/accounts/acct_1" + (f"/lines/{line}" if line else "")
    answer = world.operate("PUT", path, {"bundles": list(bundles)})
    assert answer.status == 200, answer.text


def counters(world: World) -> dict[str, tuple[int, int, int]]:
    """Minutes, left, and used seconds of each counter, after a check of the law and of the account's sums:
    left = minutes - used - held for each, and what entries cover is used.
    """
    world.balance()
    held: Counter[str] = Counter()
    for hold in world.of_kind("HOLD"):
        if hold["status"] == "live":
            held[hold.get("bundle", "")] += hold.get("covered_seconds", 0)
    used: Counter[str] = Counter()
    for entry in world.entries():
        used[entry.get("bundle", "")] += entry.get("covered_seconds", 0)
    found = {}
    for item in world.of_kind("MINUTES"):
        name = item["SK"].removeprefix("MINUTES#")
        assert item["left_seconds"] == 60 * item["minutes"] - used[name] - held[name], name
        assert item.get("used_seconds", 0) == used[name], name
        found[name] = (item["minutes"], item["left_seconds"], item.get("used_seconds", 0))
    assert {name for name, seconds in (held + used).items() if seconds} <= found.keys()
    return found


def left(world: World) -> int:
    """The seconds that the account's bundle has left."""
    return counters(world)[COUNTER][1]


def shown(world: World) -> list[dict[str, Any]]:
    """The included minutes as the customer sees them."""
    found: list[dict[str, Any]] = world.get("/overview").body["included_minutes"]
    return found
