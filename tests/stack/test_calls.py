"""Calls on the deployed application, from the queue to the balance exactly once, by the real mapping and workers."""

import json
import random
import time
import uuid
import zlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from local.stack import Stack
from ops.project import ROOT
from ops.sqs_batches import send_all
from tests.stack.conftest import eventually, log_file, log_lines
from tests.stack.independent_sum import read_rates, spending

SEED = 20261123
CALLS, ACCOUNTS = 10_000, 50
WAVE = 1_000
"""Messages sent at a time: the emulator scans its whole queue for every ten that it delivers."""
DESTINATIONS = [
    "+442071838750",
    "+447400123456",
    "+33142685300",
    "+33612345678",
    "+4930123456",
    "+525512345678",
    "+919876543210",
    "+8613912345678",
    "+5511987654321",
    "+61291234567",
    "+639171234567",
    "+2348031234567",
    "+971501234567",
    "+18765550100",
    "+12125550199",
    "+14165550100",
    "+18005550100",
    "911",
]
INTERNATIONAL = DESTINATIONS[:14]


def number_of(account_id: str, area: str = "+1312") -> str:
    """Return a number of an account's own: a number belongs to one line."""
    return f"{area}{2_000_000 + zlib.crc32(account_id.encode()) % 8_000_000}"


def open_account(deployed: Stack, account_id: str, credit: str | None = None) -> None:
    """Open an account with one line for international calls, through the operator's routes."""
    token = deployed.operator_token()
    path = f"/accounts/{account_id}"
    deployed.api.send("PUT", path, token, {"time_zone": "America/Chicago"})
    deployed.api.send("PUT", f"{path}/users/user_1", token, {"name": "Uma"})
    line = {"number": number_of(account_id), "user_id": "user_1", "international_calling": True}
    deployed.api.send("PUT", f"{path}/lines/line_1", token, line)
    if credit is not None:
        body = {"amount": credit, "reason": "Credit of a test"}
        deployed.api.send("POST", f"{path}/adjustments", token, body, {"Idempotency-Key": f"test-{account_id}"})


def make_call(account_id: str, number: str, seconds: int, started: datetime, **changes: Any) -> dict[str, Any]:
    """Return the event of an answered call."""
    answered = started + timedelta(seconds=4)
    event = {
        "version": "1",
        "call_id": f"c_{uuid.uuid4().hex}",
        "account_id": account_id,
        "line_id": "line_1",
        "user_id": "user_1",
        "direction": "outbound",
        "from": number_of(account_id),
        "to": number,
        "started_at": started.isoformat(),
        "answered_at": answered.isoformat(),
        "ended_at": (answered + timedelta(seconds=seconds)).isoformat(),
        "duration_seconds": seconds,
        "disposition": "answered" if seconds else "no_answer",
    }
    return event | changes


def send(deployed: Stack, bodies: Iterable[str]) -> None:
    """Send messages to the call queue."""
    result = send_all(boto3.client("sqs"), deployed.outputs["CallQueueUrl"], bodies, lambda _count: None)
    assert result.refused == []


def posted_micros(deployed: Stack, account_id: str) -> int:
    """Return the posted balance from the table."""
    key = {"PK": {"S": f"ACCOUNT#{account_id}"}, "SK": {"S": "BALANCE"}}
    item = boto3.client("dynamodb").get_item(TableName=deployed.outputs["TableName"], Key=key, ConsistentRead=True)
    return int(item["Item"]["posted_micros"]["N"])


def items_of(deployed: Stack, account_id: str, prefix: str) -> list[dict[str, Any]]:
    """Return the items of an account whose sort keys begin with the prefix."""
    pages = boto3.client("dynamodb").get_paginator("query")
    return [
        item
        for page in pages.paginate(
            TableName=deployed.outputs["TableName"],
            KeyConditionExpression="PK = :pk AND begins_with(SK, :sk)",
            ExpressionAttributeValues={":pk": {"S": f"ACCOUNT#{account_id}"}, ":sk": {"S": prefix}},
            ConsistentRead=True,
        )
        for item in page["Items"]
    ]


@pytest.fixture(scope="module", autouse=True)
def poison(deployed: Stack) -> str:
    """A message that is not JSON, sent first with a valid call, because five deliveries take a while."""
    open_account(deployed, "acct_poison", "5.00")
    good = make_call("acct_poison", "+442071838750", 60, datetime.now(UTC) - timedelta(hours=1))
    marker = f"not json {uuid.uuid4().hex}"
    send(deployed, [json.dumps(good), marker])
    return marker


def test_10000_shuffled_duplicate_calls_match_an_independent_sum(deployed: Stack) -> None:
    dice = random.Random(SEED)
    accounts = [f"acct_sum_{number:02d}" for number in range(ACCOUNTS)]
    for account_id in accounts:
        open_account(deployed, account_id)
    started = datetime.now(UTC) - timedelta(days=2)
    calls = [
        make_call(
            dice.choice(accounts),
            dice.choice(DESTINATIONS),
            dice.choice((0, 1, 5, 29, 30, 31, 59, 60, 61, 125, 600, 3599, dice.randint(1, 7200))),
            started + timedelta(milliseconds=dice.randint(0, 86_400_000)),
        )
        for _ in range(CALLS)
    ]
    bodies = [json.dumps(call) for call in calls] * 2
    dice.shuffle(bodies)
    for begin in range(0, len(bodies), WAVE):
        send(deployed, bodies[begin : begin + WAVE])
        eventually(lambda: deployed.calls_waiting() < WAVE // 10, seconds=120)
    deployed.wait_until_rated()

    expected = spending(calls, read_rates(ROOT / "local" / "rates.csv"))
    assert len(expected) == ACCOUNTS
    assert {account: -posted_micros(deployed, account) for account in accounts} == {
        account: int(total * 1_000_000) for account, (_, total) in expected.items()
    }
    assert {account: len(items_of(deployed, account, "ENTRY#")) for account in accounts} == {
        account: count for account, (count, _) in expected.items()
    }


def test_only_the_poison_message_reaches_the_dead_letter_queue(deployed: Stack, poison: str) -> None:
    def dead_bodies() -> list[str]:
        answer = boto3.client("sqs").receive_message(
            QueueUrl=deployed.outputs["DeadLetterQueueUrl"], MaxNumberOfMessages=10, VisibilityTimeout=1
        )
        return [message["Body"] for message in answer.get("Messages", [])]

    eventually(lambda: poison in dead_bodies(), seconds=180)
    assert posted_micros(deployed, "acct_poison") == 5_000_000 - 14_000
    assert len(items_of(deployed, "acct_poison", "ENTRY#")) == 2
    assert '"message":"malformed_json"' in log_file(deployed)


def test_redelivery_charges_an_account_created_after_its_call(deployed: Stack) -> None:
    call = make_call("acct_late", "+442071838750", 60, datetime.now(UTC) - timedelta(hours=1))
    send(deployed, [json.dumps(call)])
    eventually(lambda: '"message":"unknown_account"' in log_file(deployed))
    open_account(deployed, "acct_late")
    eventually(lambda: posted_micros(deployed, "acct_late") == -14_000, seconds=60)


def test_unrated_call_is_stored_once_and_moves_no_money(deployed: Stack) -> None:
    open_account(deployed, "acct_unrated", "5.00")
    call = make_call("acct_unrated", "+9991234567", 60, datetime.now(UTC) - timedelta(hours=1))
    send(deployed, [json.dumps(call)] * 2)
    eventually(lambda: items_of(deployed, "acct_unrated", "UNRATED#"))
    deployed.wait_until_rated()
    assert len(items_of(deployed, "acct_unrated", "UNRATED#")) == 1
    assert posted_micros(deployed, "acct_unrated") == 5_000_000


def test_call_on_an_unknown_line_is_charged_and_listed(deployed: Stack) -> None:
    open_account(deployed, "acct_stray", "5.00")
    call = make_call("acct_stray", "+442071838750", 60, datetime.now(UTC) - timedelta(hours=1), line_id="line_unknown")
    send(deployed, [json.dumps(call)])
    eventually(lambda: items_of(deployed, "acct_stray", "STRAY#"))
    assert posted_micros(deployed, "acct_stray") == 5_000_000 - 14_000


def test_logs_contain_no_full_number_and_no_token(deployed: Stack, tokens: dict[str, str]) -> None:
    logged = "\n".join([log_file(deployed), *log_lines()])
    assert '"message":"batch"' in logged, "the functions' logs are not in the emulator's log"
    for number in INTERNATIONAL:
        assert number[1:] not in logged
    for token in tokens.values():
        assert token not in logged


def test_a_call_that_names_only_its_number_is_charged_to_its_line(deployed: Stack) -> None:
    open_account(deployed, "acct_by_number", "5.00")
    time.sleep(1)
    call = make_call("acct_by_number", "+442071838750", 60, datetime.now(UTC) - timedelta(seconds=1))
    ended = {"answered_at": None, "ended_at": (datetime.now(UTC) + timedelta(seconds=61)).isoformat()}
    unnamed = {name: value for name, value in (call | ended).items() if name not in ("account_id", "line_id")}
    send(deployed, [json.dumps(unnamed)])
    eventually(lambda: posted_micros(deployed, "acct_by_number") == 5_000_000 - 14_000)
    [entry] = [item for item in items_of(deployed, "acct_by_number", "ENTRY#") if "line_id" in item]
    assert entry["line_id"]["S"] == "line_1"
