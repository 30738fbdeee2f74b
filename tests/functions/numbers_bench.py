"""Calls that name only the number that called."""

import json
from datetime import timedelta
from typing import Any

from tests.harness.queue import delivery, failures
from tests.harness.world import UNITED_KINGDOM, World

NUMBER, OTHER = "+14155550100", "+14155550177"
"""The number of acct_1's line_1, and one that no line has."""
LINE_2 = "/accounts/acct_2/lines/line_2"
MOVE = {"number": NUMBER, "user_id": "user_1", "move_from": {"account_id": "acct_1", "line_id": "line_1"}}
"""The body that moves the number of acct_1's line_1 to another line."""


def by_number(**facts: Any) -> dict[str, Any]:
    """A call event that names only its number, as changes to the example."""
    return {"account_id": None, "line_id": None, "user_id": None, "from": NUMBER, **facts}


def by_number_event(world: World, *calls: dict[str, Any]) -> dict[str, Any]:
    """The SQS batch of events; their bodies leave out the fields that are None."""
    event = delivery(*calls, sent_at=world.clock.now)
    for record in event["Records"]:
        body = {name: value for name, value in json.loads(record["body"]).items() if value is not None}
        record["body"] = json.dumps(body)
    return event


def deliver(world: World, *calls: dict[str, Any]) -> list[str]:
    """Deliver events that name no account; the ids of the refused messages."""
    return failures(world.stack.invoke("rate_calls", by_number_event(world, *calls)))


def call_at(world: World, call_id: str, **facts: Any) -> dict[str, Any]:
    """A call of one minute that begins now and names only its number."""
    started = world.clock.now
    times: dict[str, Any] = {"started_at": started.isoformat(), "answered_at": None}
    times |= {"ended_at": (started + timedelta(seconds=60)).isoformat(), "duration_seconds": 60}
    return by_number(call_id=call_id, to=UNITED_KINGDOM, **times, **facts)
