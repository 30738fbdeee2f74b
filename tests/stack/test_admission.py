"""Admission on the deployed application: the switch authorizes calls over HTTP, calls end through the queue, and credit
is never promised twice to concurrent calls.
"""

import json
import threading
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config

from calling_credit.admission.authorize import authorize
from calling_credit.admission.decision import AdmissionRequest
from calling_credit.admission.reader import AdmissionReader
from calling_credit.admission.store import AdmissionStore
from calling_credit.dynamodb.errors import cancellation_reasons
from calling_credit.rates.deck import Deck
from calling_credit.rates.deck_csv import parse_deck
from local.errors import ApiError
from local.example_rates import RATES_FILE
from local.stack import Stack
from tests.stack.call_probes import make_overdue
from tests.stack.conftest import eventually
from tests.stack.test_calls import items_of, make_call, open_account, send

UNITED_KINGDOM = "+442071838750"
REQUESTS, PAID_FOR, CONCURRENCY = 200, 20, 6


@pytest.fixture
def account_id(deployed: Stack) -> str:
    """A new account without credit, with one line for international calls."""
    name = f"acct_{uuid.uuid4().hex[:12]}"
    open_account(deployed, name)
    return name


def ask(deployed: Stack, account_id: str, call_id: str, seconds: int = 60, **more: Any) -> dict[str, Any]:
    """Authorize a call; return the answer."""
    body = {"call_id": call_id, "account_id": account_id, "line_id": "line_1", "to": UNITED_KINGDOM}
    token = more.pop("token", None) or deployed.switch_token()
    answer: dict[str, Any] = deployed.api.send(
        "POST", "/calls/authorize", token, body | {"requested_seconds": seconds} | more
    )
    return answer


def give(deployed: Stack, account_id: str, amount: str) -> None:
    """Add credit."""
    body = {"amount": amount, "reason": "Credit of a test"}
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    deployed.api.send("POST", f"/accounts/{account_id}/adjustments", deployed.operator_token(), body, headers)


def balance(deployed: Stack, account_id: str) -> dict[str, int]:
    """Return the posted, held, and available amounts and the number of live holds from the table."""
    key = {"PK": {"S": f"ACCOUNT#{account_id}"}, "SK": {"S": "BALANCE"}}
    item = boto3.client("dynamodb").get_item(TableName=deployed.outputs["TableName"], Key=key, ConsistentRead=True)
    names = ("posted_micros", "held_micros", "available_micros", "live_holds")
    return {name: int(item["Item"][name]["N"]) for name in names}


def credit_calls(deployed: Stack, account_id: str, calls: int) -> int:
    """Add credit for this many one-minute calls; return the price of one."""
    [rate, *_] = deployed.api.get("/rates", number=UNITED_KINGDOM, **{"from": "+13125550100"})["items"]
    price = int(Decimal(rate["rate_per_minute"]) * 1_000_000)
    give(deployed, account_id, str(Decimal(calls * price) / 1_000_000))
    assert balance(deployed, account_id)["available_micros"] == calls * price > 0
    return price


def check_admissions(decisions: Counter[tuple[str, str | None]], deployed: Stack, account_id: str, price: int) -> None:
    """Check that the credit admitted exactly the calls it pays for, also in the table."""
    assert decisions == {("allow", None): PAID_FOR, ("deny", "insufficient_credit"): REQUESTS - PAID_FOR}
    assert balance(deployed, account_id) == {
        "posted_micros": PAID_FOR * price,
        "held_micros": PAID_FOR * price,
        "available_micros": 0,
        "live_holds": PAID_FOR,
    }


def test_200_concurrent_requests_admit_only_the_20_calls_paid_for(deployed: Stack, account_id: str) -> None:
    """Run all 200 at the table concurrently. Not over HTTP: the emulator would start 200 processes."""
    price = credit_calls(deployed, account_id, PAID_FOR)
    deck = parse_deck(RATES_FILE.read_bytes(), "deck")
    assert isinstance(deck, Deck)
    settings = Config(max_pool_connections=REQUESTS, read_timeout=60)
    client, table_name = boto3.client("dynamodb", config=settings), deployed.outputs["TableName"]
    reader, store = AdmissionReader(client, table_name), AdmissionStore(client, table_name)
    begin, now = threading.Barrier(REQUESTS), datetime.now(UTC)

    def decide(number: int) -> tuple[str, str | None]:
        request = AdmissionRequest(f"c_{number}", account_id, "line_1", UNITED_KINGDOM, 60)
        begin.wait()
        decision, _ = authorize(request, deck, reader, store, now, lambda: 60.0)
        return ("deny" if decision.reason else "allow"), decision.reason

    with ThreadPoolExecutor(REQUESTS) as pool:
        check_admissions(Counter(pool.map(decide, range(REQUESTS))), deployed, account_id, price)


def test_200_http_requests_admit_only_the_20_calls_paid_for(deployed: Stack, account_id: str) -> None:
    """Use the deployed function, with limited concurrency; retry requests without an answer."""
    price, token = credit_calls(deployed, account_id, PAID_FOR), deployed.switch_token()

    def decide(number: int) -> tuple[str, str | None]:
        for _ in range(20):
            try:
                answer = ask(deployed, account_id, f"c_{number}", token=token)
                return answer["decision"], answer["reason"]
            except (ApiError, httpx.TransportError):
                continue
        raise AssertionError("no answer")

    with ThreadPoolExecutor(CONCURRENCY) as pool:
        check_admissions(Counter(pool.map(decide, range(REQUESTS))), deployed, account_id, price)


def test_posting_an_authorized_call_releases_its_hold(deployed: Stack, account_id: str) -> None:
    give(deployed, account_id, "5.00")
    first = ask(deployed, account_id, "c_1", 60)
    assert ask(deployed, account_id, "c_1", 60) == first
    longer = ask(deployed, account_id, "c_1", 600)
    assert (longer["decision"], longer["max_seconds"]) == ("allow", 600)
    assert balance(deployed, account_id)["live_holds"] == 1
    started = datetime.now(UTC) - timedelta(seconds=700)
    send(deployed, [json.dumps(make_call(account_id, UNITED_KINGDOM, 600, started, call_id="c_1"))])
    [entry] = eventually(lambda: [e for e in items_of(deployed, account_id, "ENTRY#") if "line_id" in e])
    held = int(float(longer["held"]) * 1_000_000 + 0.5)
    assert int(entry["amount_micros"]["N"]) == -held
    assert balance(deployed, account_id) == {
        "posted_micros": 5_000_000 - held,
        "held_micros": 0,
        "available_micros": 5_000_000 - held,
        "live_holds": 0,
    }
    assert ask(deployed, account_id, "c_1", 60)["reason"] == "call_finished"


def test_emulator_returns_the_item_of_a_cancelled_transaction(deployed: Stack, account_id: str) -> None:
    """A cancelled update returns the current item with its reason, so that posting needs no second read."""
    give(deployed, account_id, "5.00")
    ask(deployed, account_id, "c_1")
    client = boto3.client("dynamodb")
    key = {"PK": {"S": f"ACCOUNT#{account_id}"}, "SK": {"S": "HOLD#c_1"}}
    change: Any = {
        "Update": {
            "TableName": deployed.outputs["TableName"],
            "Key": key,
            "UpdateExpression": "SET asked_seconds = :one",
            "ConditionExpression": "amount_micros = :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
    }
    with pytest.raises(client.exceptions.TransactionCanceledException) as caught:
        client.transact_write_items(TransactItems=[change])
    [reason] = cancellation_reasons(caught.value)
    assert reason["Item"]["status"] == {"S": "live"}


def test_schedule_releases_the_hold_of_a_missing_call(deployed: Stack, account_id: str) -> None:
    give(deployed, account_id, "5.00")
    assert ask(deployed, account_id, "c_1", 600)["decision"] == "allow"
    make_overdue(deployed, account_id, "c_1")
    eventually(lambda: balance(deployed, account_id)["held_micros"] == 0, seconds=150)
    [hold] = items_of(deployed, account_id, "HOLD#")
    assert (hold["status"]["S"], "expires_at" in hold) == ("expired", True)


def test_frozen_account_admits_no_paid_call_until_unfrozen(deployed: Stack, account_id: str) -> None:
    give(deployed, account_id, "5.00")
    path, token = f"/accounts/{account_id}", deployed.operator_token()
    assert deployed.api.send("PUT", path, token, {"frozen": True})["frozen"] is True
    assert ask(deployed, account_id, "c_1")["reason"] == "account_frozen"
    assert ask(deployed, account_id, "c_1", to="911")["decision"] == "allow"
    assert deployed.api.send("PUT", path, token, {"frozen": False})["frozen"] is False
    assert ask(deployed, account_id, "c_1")["decision"] == "allow"
