"""Granted credit that several tests share."""

from datetime import datetime, timedelta
from typing import Any

from calling_credit.instants import format_instant
from tests.functions.accounts_bench import ADJUSTMENTS
from tests.harness.http import Answer
from tests.harness.world import UNITED_KINGDOM, World

GRACE = timedelta(hours=6)
STARTED = "2026-11-21T00:00:00.000Z"
SECONDS_OF_A_DOLLAR = 600
"""A call to the United Kingdom costs 0.10 a minute in these tests."""


def grant(world: World, amount: str, days: float | None = None, *, key: str = "", **more: Any) -> Answer:
    """Give credit that expires after so many days, or never."""
    body: dict[str, Any] = {"amount": amount, "reason": "A gift", "kind": "granted"} | more
    if days is not None:
        body["expires_at"] = format_instant(world.clock.now + timedelta(days=days))
    return world.operate("POST", ADJUSTMENTS, body, key=key or f"{amount} {days} {more}")


def granted(world: World, amount: str, days: float | None = None, **more: Any) -> str:
    """Give credit; the id of its lot."""
    answer = grant(world, amount, days, **more)
    assert answer.status == 201, answer.text
    return str(answer.body["id"])


def call_of(seconds: int, call_id: str = "c_1", started_at: str = STARTED) -> dict[str, Any]:
    """A call to the United Kingdom."""
    times = {"started_at": started_at, "answered_at": None, "ended_at": None}
    return times | {"call_id": call_id, "to": UNITED_KINGDOM, "duration_seconds": seconds}


def spend(world: World, dollars: int, call_id: str = "c_1") -> None:
    """Charge a call of so many dollars."""
    assert world.deliver(call_of(dollars * SECONDS_OF_A_DOLLAR, call_id)) == []


def lots(world: World, account: str = "acct_1") -> dict[str, dict[str, Any]]:
    """The items of an account's lots, by id."""
    return {lot["lot_id"]: lot for lot in world.of_kind("LOT", account)}


def expiring(world: World) -> list[str]:
    """What `GET /balance` says is left of the lots that expire, in this order. `GET /overview` says the same."""
    shown = world.get("/balance").body["expiring"]
    assert world.get("/overview").body["expiring"] == shown
    return [one["amount"] for one in shown]


def sweep(world: World, after: timedelta = timedelta()) -> dict[str, int]:
    """Run a round of the sweep after some time; what it did to lots."""
    world.clock.now += after
    counts = world.stack.invoke("expire_holds", {})
    assert counts["failed"] == 0
    return {name.removeprefix("lots_"): count for name, count in counts.items() if name.startswith("lots_") and count}


def sweep_at(world: World, moment: datetime) -> dict[str, int]:
    """Run a round at a time."""
    return sweep(world, moment - world.clock.now)


def keep_held(world: World, micros: int) -> None:
    """Hold so much credit, as a refund does that Stripe has not answered; a negative amount is released."""
    world.stack.dynamodb.update_item(
        TableName=world.stack.table_name,
        Key={"PK": {"S": "ACCOUNT#acct_1"}, "SK": {"S": "BALANCE"}},
        UpdateExpression="ADD held_micros :more, available_micros :less",
        ExpressionAttributeValues={":more": {"N": str(micros)}, ":less": {"N": str(-micros)}},
    )


def expired(world: World) -> list[int]:
    """The amounts of the entries of expired credit, in micro-dollars."""
    return [entry["amount_micros"] for entry in world.entries() if entry["kind"] == "credit_expired"]
