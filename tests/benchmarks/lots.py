"""The rows of granted credit: the requests and read units of the round that takes back an expired lot, with one lot and
one charge, and with a hundred lots and a thousand charges. Consumption is replayed over lots, never over entries, so
charges add nothing.
"""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.benchmarks import mix
from tests.benchmarks.capacity import READS, Request, read_units
from tests.benchmarks.laboratory import ENOUGH_SECONDS, Laboratory, capture_output
from tests.benchmarks.posting import expect
from tests.benchmarks.rows import Row, number
from tests.harness.table import Context, Stack, load_app
from tests.harness.world import DECK, UNITED_KINGDOM, World

ACCOUNT = "acct_1"
DAYS, GRACE = timedelta(days=10), timedelta(hours=6)


def lot_rows(lab: Laboratory) -> list[Row]:
    """Return the rows."""
    apps = {"manage_accounts": load_app("manage_accounts"), "expire_holds": load_app("expire_holds")}
    lab.wire.attach(apps["expire_holds"].dynamodb)
    try:
        few, many = (measure(lab, apps, lots, charges) for lots, charges in ((1, 1), (100, 1_000)))
    finally:
        lab.wire.release(apps["expire_holds"].dynamodb)
        lab.publish()
    rows = []
    for what, budget, (requests, units) in (
        ("1 lot, 1 charge", (4, 4), few),
        ("100 lots, 1,000 charges", (4, 12), many),
    ):
        rows += [
            Row(f"DynamoDB requests to take back an expired lot, {what}", "count", budget[0], requests, floor="2"),
            Row(f"read units of it, {what}", "count", budget[1], units, floor=number(few[1])),
        ]
    return rows


def measure(lab: Laboratory, apps: dict[str, Any], lots: int, charges: int) -> tuple[int, float]:
    """Return the requests and read units of the round in which one of these lots expires, less those of an idle one."""
    with pytest.MonkeyPatch.context() as patch, capture_output():
        lab.reset()
        world = World(Stack(lab.dynamodb, apps | {"rate_calls": lab.rater}))
        patch.setattr("calling_credit.clock.now", world.clock)
        world.stack.publish(DECK)
        world.create_account()
        for lot in range(lots):
            grant(world, lot)
        for first in range(0, charges, 100):
            bodies = [charge(world.clock.now, index) for index in range(first, min(first + 100, charges))]
            expect(not lab.rate(bodies), "the calls are charged")
        world.clock.now += timedelta(minutes=1)
        idle = sweep(lab, apps)
        world.clock.now += DAYS + GRACE
        due = sweep(lab, apps)
    expired = [entry for entry in world.entries() if entry["kind"] == "credit_expired"]
    expect(len(expired) == 1, "one lot expires")
    return len(due) - len(idle), units_of(due) - units_of(idle)


def grant(world: World, lot: int) -> None:
    """Give credit. Calls use a part of the first lot, which expires in ten days; nothing is due for the others then."""
    days = timedelta(days=100 + lot) if lot else DAYS
    expires_at = (world.clock.now + days).isoformat(timespec="milliseconds")
    body = {
        "amount": "200.00" if lot == 0 else "5.00",
        "reason": "A gift",
        "kind": "granted",
        "expires_at": expires_at.replace("+00:00", "Z"),
    }
    answer = world.operate("POST", f"/accounts/{ACCOUNT}/adjustments", body, key=f"lot {lot}")
    expect(answer.status == 201, answer.text)


def charge(now: datetime, index: int) -> str:
    """Return the event of a call that uses a little of the first lot."""
    event = json.loads(mix.event_body(index, 0, UNITED_KINGDOM, now - timedelta(days=1, seconds=index), 1))
    return json.dumps(event | {"account_id": ACCOUNT, "line_id": "line_1", "user_id": "user_1", "from": None})


def sweep(lab: Laboratory, apps: dict[str, Any]) -> list[Request]:
    """Return the requests of a round."""
    with lab.wire.record() as requests:
        counts = apps["expire_holds"].handler({}, Context(ENOUGH_SECONDS))
    expect(counts["failed"] == 0, "the round does all that is due")
    return requests


def units_of(requests: list[Request]) -> float:
    """Return the read units of requests."""
    return read_units(request for request in requests if request.operation in READS)
