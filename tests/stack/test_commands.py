"""The operator's commands against the deployed application, as processes of their own, the way make starts them."""

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import pytest

from calling_credit.rates.deck_store import CHECK_EVERY
from local.settings import ROOT
from local.stack import Stack
from tests.stack.callbacks import call_back, event_about, signed
from tests.stack.conftest import eventually, queue_depth
from tests.stack.customers import link_to_a_waiting_payment, open_customer, stand_in
from tests.stack.test_calls import items_of, make_call, open_account, posted_micros, send

LANDLINE, LANDLINE_ROW = "+442071838750", "442,United Kingdom - Landline,GB,*,0.0140,"


def command(deployed: Stack, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m ops.<module>` on this stack."""
    environment = {"LOCAL_DIR": str(deployed.settings.folder), "PYTHONPATH": os.pathsep.join(["layers/domain", "."])}
    return subprocess.run(
        [sys.executable, "-m", f"ops.{module}", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module", autouse=True)
def described(deployed: Stack) -> None:
    """Commands find the stack by its stack.json."""
    deployed.publish_description()


@pytest.fixture
def dearer(deployed: Stack, tmp_path: Path) -> Iterator[Path]:
    """The example deck with UK landlines at two cents; the example deck is active again afterwards."""
    text = (ROOT / "local" / "rates.csv").read_text(encoding="utf-8")
    assert text.count(LANDLINE_ROW) == 1
    path = tmp_path / "dearer.csv"
    path.write_text(text.replace(LANDLINE_ROW, LANDLINE_ROW.replace("0.0140", "0.0200")), encoding="utf-8")
    yield path
    example_deck_again(deployed)


def example_deck_again(deployed: Stack) -> None:
    """The example deck prices calls again, in every worker."""
    assert command(deployed, "publish_rates", "local/rates.csv").returncode == 0
    time.sleep(CHECK_EVERY.total_seconds() + 1)
    assert price_now(deployed) == "0.014"


def price_now(deployed: Stack) -> str:
    """What GET /rates says of a UK landline."""
    return str(deployed.api.get("/rates", number=LANDLINE)["items"][0]["rate_per_minute"])


def test_a_published_price_prices_new_calls_within_a_minute_and_no_old_one(deployed: Stack, dearer: Path) -> None:
    open_account(deployed, "acct_prices")
    started = datetime.now(UTC) - timedelta(hours=1)
    first = json.dumps(make_call("acct_prices", LANDLINE, 60, started))
    send(deployed, [first])
    eventually(lambda: posted_micros(deployed, "acct_prices") == -14_000)

    draft = command(deployed, "publish_rates", str(dearer), "--draft")
    assert (draft.returncode, "1 priced otherwise" in draft.stdout) == (0, True), draft.stdout + draft.stderr
    assert price_now(deployed) == "0.014"
    assert command(deployed, "publish_rates", str(dearer)).returncode == 0
    eventually(lambda: price_now(deployed) == "0.02", seconds=60)

    def second_costs_two_cents() -> bool:
        send(deployed, [first, json.dumps(make_call("acct_prices", LANDLINE, 60, started))])
        deployed.wait_until_rated()
        newest = max(items_of(deployed, "acct_prices", "ENTRY#"), key=lambda item: str(item["recorded_at"]["S"]))
        return bool(newest["amount_micros"]["N"] == "-20000")

    eventually(second_costs_two_cents, seconds=60)
    prices = sorted(item["amount_micros"]["N"] for item in items_of(deployed, "acct_prices", "ENTRY#"))
    assert set(prices) == {"-14000", "-20000"}
    assert posted_micros(deployed, "acct_prices") == sum(map(int, prices))
    [one] = [
        item for item in items_of(deployed, "acct_prices", "ENTRY#") if json.loads(first)["call_id"] in item["SK"]["S"]
    ]
    assert one["amount_micros"]["N"] == "-14000"


def test_a_deck_with_an_error_is_refused_whole_with_line_and_column(deployed: Stack, tmp_path: Path) -> None:
    path = tmp_path / "broken.csv"
    text = (ROOT / "local" / "rates.csv").read_text(encoding="utf-8")
    path.write_text(text.replace(LANDLINE_ROW, LANDLINE_ROW.replace("0.0140", "cheap")), encoding="utf-8")
    answer = command(deployed, "publish_rates", str(path))
    assert answer.returncode == 1
    line = text[: text.index(LANDLINE_ROW)].count("\n") + 1
    assert f"line {line} rate_per_minute: invalid_price" in answer.stdout + answer.stderr
    assert price_now(deployed) == "0.014"


def test_checked_calls_are_judged_and_not_sent(deployed: Stack, tmp_path: Path) -> None:
    open_account(deployed, "acct_check")
    good = make_call("acct_check", LANDLINE, 60, datetime.now(UTC))
    path = tmp_path / "calls.jsonl"
    path.write_text(json.dumps(good) + "\n" + json.dumps(good | {"to": "44"}) + "\nnot json\n", encoding="utf-8")
    answer = command(deployed, "check_calls", str(path))
    assert answer.returncode == 1
    assert "line 3: malformed_json" in answer.stdout + answer.stderr
    assert items_of(deployed, "acct_check", "ENTRY#") == []


def test_sent_calls_are_charged(deployed: Stack, tmp_path: Path) -> None:
    open_account(deployed, "acct_file")
    calls = [make_call("acct_file", LANDLINE, 60, datetime.now(UTC) - timedelta(hours=1)) for _ in range(25)]
    path = tmp_path / "calls.jsonl"
    path.write_text("".join(json.dumps(call) + "\n" for call in calls), encoding="utf-8")
    answer = command(deployed, "send_calls", "--file", str(path))
    assert answer.returncode == 0, answer.stderr
    eventually(lambda: posted_micros(deployed, "acct_file") == -25 * 14_000)


def test_hopeless_calls_are_dropped_into_a_file(deployed: Stack) -> None:
    dead = deployed.outputs["DeadLetterQueueUrl"]
    deployed.wait_until_rated()
    boto3.client("sqs").send_message(QueueUrl=dead, MessageBody="not json at all")
    answer = command(deployed, "redrive", "--drop", "--yes")
    assert answer.returncode == 0, answer.stderr
    eventually(lambda: queue_depth(dead) == 0)
    [*_, file] = sorted(deployed.settings.folder.glob("dropped-calls-*.jsonl"))
    assert "not json at all" in file.read_text(encoding="utf-8")
    assert file.stat().st_mode & 0o077 == 0


def test_a_redriven_call_is_charged_once_its_account_exists(deployed: Stack) -> None:
    call = make_call("acct_redriven", LANDLINE, 60, datetime.now(UTC) - timedelta(hours=1))
    dead = deployed.outputs["DeadLetterQueueUrl"]
    boto3.client("sqs").send_message(QueueUrl=dead, MessageBody=json.dumps(call))
    peek = command(deployed, "redrive", "--peek")
    assert "unknown_account" in peek.stdout, peek.stdout + peek.stderr
    open_account(deployed, "acct_redriven")
    assert command(deployed, "redrive", "--yes").returncode == 0
    eventually(lambda: posted_micros(deployed, "acct_redriven") == -14_000)


def test_unrated_calls_are_listed_without_their_whole_number(deployed: Stack) -> None:
    open_account(deployed, "acct_listed")
    send(deployed, [json.dumps(make_call("acct_listed", "+9991234567", 60, datetime.now(UTC) - timedelta(hours=1)))])
    eventually(lambda: items_of(deployed, "acct_listed", "UNRATED#"))
    answer = command(deployed, "list_unrated")
    assert "acct_listed" in answer.stdout
    assert "9991234567" not in answer.stdout


def test_payments_that_none_of_ours_explains_are_listed(deployed: Stack) -> None:
    body = event_about("payment_intent.succeeded", {"id": "pi_listed", "object": "payment_intent"})
    assert call_back(deployed, body, signed(body)).status_code == 200
    answer = command(deployed, "list_payment_issues")
    assert (answer.returncode, "pi_listed" in answer.stdout, "unknown_object" in answer.stdout) == (0, True, True)


def test_the_audit_of_an_account_that_paid_is_ok_and_finds_an_entry_planted_by_hand(deployed: Stack) -> None:
    customer = open_customer(deployed)
    assert customer.pay(customer.save_card(), "25.00", "audited").json()["status"] == "succeeded"
    answer = command(deployed, "audit", customer.account_id)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "payments at Stripe 1 25.00 USD ok" in " ".join(answer.stdout.split())
    assert command(deployed, "audit", "acct_nobody").returncode == 1
    faults = stand_in(deployed).faults
    faults.add("dropped", "GET /v1/payment_intents", count=9)
    try:
        answer = command(deployed, "audit", customer.account_id)
    finally:
        faults.clear()
    assert (answer.returncode, "Stripe could not be asked" in answer.stdout) == (2, True), answer.stdout + answer.stderr
    planted = items_of(deployed, customer.account_id, "ENTRY#")[0]
    planted["SK"] = {"S": f"ENTRY#2026-11-25T00:00:00.000Z#tu_{'0' * 32}"}
    planted |= {"category": {"S": "top_up"}, "amount_micros": {"N": "7000000"}}
    dynamodb, name = boto3.client("dynamodb"), deployed.outputs["TableName"]
    dynamodb.put_item(TableName=name, Item=planted)
    try:
        answer = command(deployed, "audit", customer.account_id)
    finally:
        dynamodb.delete_item(TableName=name, Key={"PK": planted["PK"], "SK": planted["SK"]})
    assert answer.returncode == 1, answer.stdout + answer.stderr
    for code in ("entry_without_payment", "posted_is_not_the_sum_of_entries", "day_is_not_the_sum_of_its_entries"):
        assert code in answer.stdout


def test_an_erased_number_is_gone_and_no_money_moved(deployed: Stack) -> None:
    open_account(deployed, "acct_erased")
    send(deployed, [json.dumps(make_call("acct_erased", LANDLINE, 60, datetime.now(UTC) - timedelta(hours=1)))])
    eventually(lambda: posted_micros(deployed, "acct_erased") == -14_000)
    assert command(deployed, "erase_number", "acct_erased", LANDLINE, "--yes").returncode == 0
    [entry] = items_of(deployed, "acct_erased", "ENTRY#")
    assert entry["to"]["S"] == "GB…50"
    assert posted_micros(deployed, "acct_erased") == -14_000


def test_a_command_without_a_stack_says_how_to_get_one(deployed: Stack, tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "LOCAL_DIR": str(tmp_path), "PYTHONPATH": "layers/domain:."}
    answer = subprocess.run(
        [sys.executable, "-m", "ops.list_unrated"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode != 0
    assert "make run" in answer.stdout + answer.stderr


def test_a_withdrawn_link_leads_nowhere_any_more(deployed: Stack) -> None:
    path = urlsplit(link_to_a_waiting_payment(deployed)).path
    assert deployed.api.request("GET", path).status_code == 200
    [link] = [
        item
        for page in boto3.client("dynamodb").get_paginator("scan").paginate(TableName=deployed.outputs["TableName"])
        for item in page["Items"]
        if item["SK"]["S"] == f"LINK#{hashlib.sha256(path.rsplit('/', 1)[1].encode()).hexdigest()}"
    ]
    account_id = link["PK"]["S"].removeprefix("ACCOUNT#")
    without_consent = command(deployed, "withdraw_links", account_id)
    assert without_consent.returncode == 1
    assert deployed.api.request("GET", path).status_code == 200
    done = command(deployed, "withdraw_links", account_id, "--yes")
    assert (done.returncode, done.stdout) == (0, f"1 links of {account_id} act no more.\n")
    assert [deployed.api.request(method, path).status_code for method in ("GET", "POST")] == [404, 404]


def test_an_account_is_frozen_and_let_go(deployed: Stack) -> None:
    open_account(deployed, "acct_frozen_by_hand", "5.00")
    asked = {"call_id": "c_1", "account_id": "acct_frozen_by_hand", "line_id": "line_1", "to": LANDLINE}

    def decided() -> tuple[str, str | None]:
        answer = deployed.api.send("POST", "/calls/authorize", deployed.service_token(), asked)
        return answer["decision"], answer["reason"]

    for said in ("frozen", "frozen already"):
        done = command(deployed, "freeze", "acct_frozen_by_hand")
        assert (done.returncode, done.stdout) == (0, f"acct_frozen_by_hand is {said}.\n"), done.stderr
    assert decided() == ("deny", "account_frozen")
    assert command(deployed, "freeze", "acct_frozen_by_hand", "--off").returncode == 0
    assert decided() == ("allow", None)
    refused = command(deployed, "freeze", "acct_nobody")
    assert (refused.returncode, "Traceback" in refused.stderr, "does not exist" in refused.stderr) == (1, False, True)
