"""Probes of the functions that rate and authorize calls."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

from calling_credit.dynamodb import keys
from local.stack import Stack
from tests.stack.credit_probes import end_credit
from tests.stack.damaged_probes import damaged, expire_a_damaged_hold
from tests.stack.deployment import invoke
from tests.stack.test_calls import items_of, make_call, number_of, open_account


def invoke_rate_calls(deployed: Stack, tokens: dict[str, str]) -> None:
    """Rate charged, unrated, and stray calls of a new account, and a record to which a call was corrected. All of them
    are in the raw archive.
    """
    before = archived(deployed)
    account_id = f"acct_{uuid.uuid4().hex[:12]}"
    open_account(deployed, account_id)
    started = datetime.now(UTC) - timedelta(hours=1)
    calls = [
        make_call(account_id, "+442071838750", 60, started),
        make_call(account_id, "+9991234567", 60, started),
        make_call(account_id, "+442071838750", 60, started, line_id="line_unknown"),
    ]
    assert deliver(deployed, *calls) == []
    assert [len(items_of(deployed, account_id, kind)) for kind in ("ENTRY#", "UNRATED#", "STRAY#")] == [2, 1, 1]
    correct_a_call(deployed, tokens, calls[0], 120)
    changed = make_call(account_id, "+442071838750", 120, started, call_id=calls[0]["call_id"])
    assert deliver(deployed, changed) == []
    assert deliver(deployed, by_number(make_call(account_id, "+442071838750", 1, datetime.now(UTC)))) == []
    assert len(archived(deployed) - before) >= 3
    with damaged(deployed, account_id, keys.hold_sk("c_damaged")):
        assert deliver(deployed, make_call(account_id, "+442071838750", 60, started, call_id="c_damaged")) == []


def archived(deployed: Stack) -> set[str]:
    """Return the names of the objects in the raw archive."""
    pages = boto3.client("s3").get_paginator("list_objects_v2").paginate(Bucket=deployed.outputs["ArchiveBucketName"])
    return {one["Key"] for page in pages for one in page.get("Contents", [])}


def report_calls(deployed: Stack, tokens: dict[str, str]) -> None:
    """Report a call by its number and an inbound one of an account."""
    account_id = f"acct_{uuid.uuid4().hex[:12]}"
    open_account(deployed, account_id)
    call = make_call(account_id, "+442071838750", 1, datetime.now(UTC))
    free = {"call_id": "c_free", "account_id": account_id, "line_id": "line_1", "direction": "inbound"}
    for event in (by_number(call), free):
        answer = deployed.api.send("POST", "/calls/events", tokens["switch"], event)
        assert answer == {"accepted": 1, "rejected": []}


def by_number(call: dict[str, Any]) -> dict[str, Any]:
    """Return the event of a call that names only its number."""
    return {name: value for name, value in call.items() if name not in ("account_id", "line_id", "user_id")}


def deliver(deployed: Stack, *calls: dict[str, Any]) -> list[Any]:
    """Invoke the rater with call events; return the messages that it refuses."""
    records = [
        {"messageId": f"m_{i}", "attributes": {"SentTimestamp": "1"}, "body": json.dumps(call)}
        for i, call in enumerate(calls)
    ]
    refused: list[Any] = invoke(deployed, "RateCallsFunction", {"Records": records})["batchItemFailures"]
    return refused


def correct_a_call(deployed: Stack, tokens: dict[str, str], call: dict[str, Any], seconds: int) -> None:
    """Correct the duration of a charged call through the operator's route."""
    path = f"/accounts/{call['account_id']}/calls/{call['call_id']}/corrections"
    body = {"started_at": call["started_at"], "duration_seconds": seconds, "reason": "Probe"}
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    answer = deployed.api.send("POST", path, tokens["operator"], body, headers)
    assert answer["after"]["duration_seconds"] == seconds


def correct_a_call_of_version_1(deployed: Stack, tokens: dict[str, str], account_id: str) -> None:
    """Charge a call, remove what entries of version 1.0.0 do not store, and correct it."""
    call = make_call(account_id, "+442071838750", 60, datetime.now(UTC) - timedelta(hours=1))
    assert deliver(deployed, call) == []
    for entry in items_of(deployed, account_id, "ENTRY#"):
        boto3.client("dynamodb").update_item(
            TableName=deployed.outputs["TableName"],
            Key={"PK": entry["PK"], "SK": entry["SK"]},
            UpdateExpression="REMOVE minimum_seconds, increment_seconds, facts_version",
        )
    correct_a_call(deployed, tokens, call, 120)


def authorize_a_call(deployed: Stack, tokens: dict[str, str]) -> None:
    """Authorize and extend a call; refuse another one, which is stored for the bus."""
    account_id = f"acct_{uuid.uuid4().hex[:12]}"
    open_account(deployed, account_id, "5.00")
    request = {"call_id": "c_1", "account_id": account_id, "line_id": "line_1", "to": "+442071838750"}
    for seconds in (60, 600):
        body = request | {"requested_seconds": seconds}
        answer = deployed.api.send("POST", "/calls/authorize", tokens["switch"], body)
        assert (answer["decision"], answer["max_seconds"]) == ("allow", seconds)
    asked = by_number(request | {"call_id": "c_3", "from": number_of(account_id), "requested_seconds": 60})
    assert deployed.api.send("POST", "/calls/authorize", tokens["switch"], asked)["decision"] == "allow"
    deployed.api.send("PUT", f"/accounts/{account_id}", tokens["operator"], {"limits": {"blocked": ["GB"]}})
    refused = deployed.api.send("POST", "/calls/authorize", tokens["switch"], request | {"call_id": "c_2"})
    assert refused["reason"] == "destination_blocked"
    assert [len(items_of(deployed, account_id, kind)) for kind in ("HOLD#", "DENIAL#")] == [2, 1]


def expire_a_hold(deployed: Stack, tokens: dict[str, str]) -> None:
    """Expire the hold of a call that never arrived, and granted credit."""
    account_id = f"acct_{uuid.uuid4().hex[:12]}"
    open_account(deployed, account_id, "5.00")
    request = {"call_id": "c_1", "account_id": account_id, "line_id": "line_1", "to": "+442071838750"}
    assert deployed.api.send("POST", "/calls/authorize", tokens["switch"], request)["decision"] == "allow"
    make_overdue(deployed, account_id, "c_1")
    assert invoke(deployed, "ExpireHoldsFunction", {})["failed"] == 0
    [hold] = items_of(deployed, account_id, "HOLD#")
    assert hold["status"]["S"] == "expired"
    expire_a_damaged_hold(deployed)
    end_credit(deployed, tokens)


def make_overdue(deployed: Stack, account_id: str, call_id: str) -> None:
    """Make the hold of a call overdue."""
    boto3.client("dynamodb").update_item(
        TableName=deployed.outputs["TableName"],
        Key={"PK": {"S": f"ACCOUNT#{account_id}"}, "SK": {"S": f"HOLD#{call_id}"}},
        UpdateExpression="SET sweep_sk = :past",
        ExpressionAttributeValues={":past": {"S": f"2026-01-01T00:00:00.000Z#{account_id}#{call_id}"}},
    )


def shorten_an_old_call(deployed: Stack, tokens: dict[str, str]) -> None:
    """Shorten the number of a call that is moved back by three years, in a round of its own."""
    account_id = f"acct_{uuid.uuid4().hex[:12]}"
    open_account(deployed, account_id)
    call = make_call(account_id, "+442071838750", 60, datetime.now(UTC) - timedelta(hours=1))
    assert deliver(deployed, call) == []
    client, table = boto3.client("dynamodb"), deployed.outputs["TableName"]
    [entry] = items_of(deployed, account_id, "ENTRY#")
    client.delete_item(TableName=table, Key={"PK": entry["PK"], "SK": entry["SK"]})
    client.put_item(TableName=table, Item=entry | {"SK": {"S": "ENTRY#2020-01-01T00:00:00.000Z#c_old"}})
    client.delete_item(TableName=table, Key={"PK": {"S": "LEASE"}, "SK": {"S": "POSITION#shorten_numbers"}})
    assert invoke(deployed, "ShortenNumbersFunction", {})["unfinished"] == 0
    [entry] = items_of(deployed, account_id, "ENTRY#")
    assert entry["to"]["S"] == "+44207183…"
