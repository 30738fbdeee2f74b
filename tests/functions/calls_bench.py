"""Calls and the log that the tests of rate_calls share."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.domain.examples import EVENT, event_body
from tests.harness.world import World

CHARGE = 300_000
"""The price of the example call (125 s, billed 180) in the small deck, in micros."""


UNANSWERED: dict[str, Any] = {"disposition": "busy", "duration_seconds": 0, "answered_at": None}


def calls(count: int, **changes: Any) -> list[dict[str, Any]]:
    """Calls that differ in their id."""
    return [{"call_id": f"c_{number}", **changes} for number in range(count)]


def age_lines(world: World, account_id: str = "acct_1") -> None:
    """Make the lines of an account older than its calls, so that they had their numbers for sure."""
    for line in world.of_kind("LINE", account_id):
        world.stack.dynamodb.update_item(
            TableName=world.stack.table_name,
            Key={"PK": {"S": line["PK"]}, "SK": {"S": line["SK"]}},
            UpdateExpression="SET changed_at = :at",
            ExpressionAttributeValues={":at": {"S": "2026-01-01T00:00:00.000Z"}},
        )


def transactions(requests: list[tuple[str, dict[str, Any]]]) -> list[int]:
    """The number of actions of each transaction."""
    return [len(params["TransactItems"]) for name, params in requests if name == "TransactWriteItems"]


@pytest.fixture
def log(world: World) -> Iterator[io.StringIO]:
    """The log of rate_calls (its metrics are printed)."""
    handler = world.stack.apps["rate_calls"].logger.registered_handler
    before = handler.setStream(stream := io.StringIO())
    yield stream
    handler.setStream(before)


def lines_of(log: io.StringIO) -> list[dict[str, Any]]:
    """The lines of the log."""
    return [json.loads(line) for line in log.getvalue().splitlines()]


POISON: dict[str, str] = {
    "malformed_json": "{",
    "duplicate_key": event_body()[:-1] + f', "{EVENT["from"]}": 1, "{EVENT["from"]}": 2}}',
    "missing_field": json.dumps({name: value for name, value in EVENT.items() if name != "line_id"}),
    "unknown_version": event_body(version="2"),
    "invalid_id": event_body(account_id="a#b"),
    "invalid_direction": event_body(direction="sideways"),
    "invalid_number": event_body(to="sip:a@b"),
    "invalid_timestamp": event_body(started_at="2026-11-23T10:00:00"),
    "invalid_duration": event_body(duration_seconds=-1),
    "invalid_disposition": event_body(disposition="hung_up"),
    "started_too_far_ahead": event_body(started_at="2026-11-24T12:00:00.001Z", ended_at="2026-11-25T00:00:00Z"),
    "started_too_long_ago": event_body(started_at="2026-08-25T11:59:59.999Z"),
    "ended_before_started": event_body(ended_at="2026-11-23T09:00:00Z"),
    "duration_mismatch": event_body(duration_seconds=100),
    "body_too_large": event_body(note="x" * 20_000),
}
