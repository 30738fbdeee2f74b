"""The operator's commands for calls, payments, and accounts, against the deployed application."""

import hashlib
import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import pytest

from calling_credit.accounts.find import find_accounts
from calling_credit.dynamodb import index_keys
from calling_credit.payments.webhook_events import ENDPOINT_EVENTS
from local.stack import Stack
from local.stripe_stand_in.account_controls import AccountControls
from ops.project import ROOT
from tests.stack.callbacks import deliver, event_about, sign
from tests.stack.commands import LANDLINE, command
from tests.stack.conftest import eventually, queue_depth
from tests.stack.customers import link_to_unconfirmed_payment, open_customer, stand_in
from tests.stack.test_calls import items_of, make_call, number_of, open_account, posted_micros, send


@pytest.fixture(scope="module", autouse=True)
def described(deployed: Stack) -> None:
    """Publish stack.json, by which commands find the stack."""
    deployed.publish_description()


def test_check_calls_reports_errors_and_sends_nothing(deployed: Stack, tmp_path: Path) -> None:
    open_account(deployed, "acct_check")
    good = make_call("acct_check", LANDLINE, 60, datetime.now(UTC))
    path = tmp_path / "calls.jsonl"
    path.write_text(json.dumps(good) + "\n" + json.dumps(good | {"to": "44"}) + "\nnot json\n", encoding="utf-8")
    answer = command(deployed, "check_calls", str(path))
    assert answer.returncode == 1
    assert "line 3: malformed_json" in answer.stdout + answer.stderr
    assert items_of(deployed, "acct_check", "ENTRY#") == []


def test_calls_sent_from_a_file_are_charged(deployed: Stack, tmp_path: Path) -> None:
    open_account(deployed, "acct_file")
    calls = [make_call("acct_file", LANDLINE, 60, datetime.now(UTC) - timedelta(hours=1)) for _ in range(25)]
    path = tmp_path / "calls.jsonl"
    path.write_text("".join(json.dumps(call) + "\n" for call in calls), encoding="utf-8")
    answer = command(deployed, "send_calls", "--file", str(path))
    assert answer.returncode == 0, answer.stderr
    eventually(lambda: posted_micros(deployed, "acct_file") == -25 * 14_000)


def test_redrive_drops_malformed_messages_into_a_file(deployed: Stack) -> None:
    dead = deployed.outputs["DeadLetterQueueUrl"]
    deployed.wait_until_rated()
    boto3.client("sqs").send_message(QueueUrl=dead, MessageBody="not json at all")
    answer = command(deployed, "redrive", "--drop", "--yes")
    assert answer.returncode == 0, answer.stderr
    eventually(lambda: queue_depth(dead) == 0)
    [*_, file] = sorted(deployed.settings.folder.glob("dropped-calls-*.jsonl"))
    assert "not json at all" in file.read_text(encoding="utf-8")
    assert file.stat().st_mode & 0o077 == 0


def test_redriven_call_is_charged_once_its_account_exists(deployed: Stack) -> None:
    call = make_call("acct_redriven", LANDLINE, 60, datetime.now(UTC) - timedelta(hours=1))
    dead = deployed.outputs["DeadLetterQueueUrl"]
    boto3.client("sqs").send_message(QueueUrl=dead, MessageBody=json.dumps(call))
    peek = command(deployed, "redrive", "--peek")
    assert "unknown_account" in peek.stdout, peek.stdout + peek.stderr
    open_account(deployed, "acct_redriven")
    assert command(deployed, "redrive", "--yes").returncode == 0
    eventually(lambda: posted_micros(deployed, "acct_redriven") == -14_000)


def test_list_of_unrated_calls_hides_the_full_numbers(deployed: Stack) -> None:
    open_account(deployed, "acct_listed")
    send(deployed, [json.dumps(make_call("acct_listed", "+9991234567", 60, datetime.now(UTC) - timedelta(hours=1)))])
    eventually(lambda: items_of(deployed, "acct_listed", "UNRATED#"))
    answer = command(deployed, "list_unrated")
    assert "acct_listed" in answer.stdout
    assert "9991234567" not in answer.stdout


def test_unknown_stripe_payments_are_listed(deployed: Stack) -> None:
    body = event_about("payment_intent.succeeded", {"id": "pi_listed", "object": "payment_intent"})
    assert deliver(deployed, body, sign(body)).status_code == 200
    answer = command(deployed, "list_payment_issues")
    assert (answer.returncode, "pi_listed" in answer.stdout, "unknown_object" in answer.stdout) == (0, True, True)


def test_check_stripe_passes_and_then_names_a_missing_event(deployed: Stack) -> None:
    answer = command(deployed, "check_stripe")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    controls = AccountControls(stand_in(deployed))
    controls.change_endpoint(enabled_events=sorted(ENDPOINT_EVENTS - {"customer.deleted"}))
    try:
        answer = command(deployed, "check_stripe")
    finally:
        controls.change_endpoint(enabled_events=sorted(ENDPOINT_EVENTS))
    assert (answer.returncode, "customer.deleted" in answer.stdout) == (1, True)


def test_audit_passes_and_then_finds_a_planted_entry(deployed: Stack) -> None:
    customer = open_customer(deployed)
    assert customer.pay(customer.save_card(), "25.00", "audited").json()["status"] == "succeeded"
    answer = command(deployed, "audit", customer.account_id)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "payments at Stripe 1 25.00 USD ok" in " ".join(answer.stdout.split())
    assert command(deployed, "audit", "acct_unknown").returncode == 1
    faults = stand_in(deployed).faults
    faults.add("dropped", "GET /v1/payment_intents", count=9)
    try:
        answer = command(deployed, "audit", customer.account_id)
    finally:
        faults.clear()
    assert (answer.returncode, "Stripe could not be asked" in answer.stdout) == (2, True), answer.stdout + answer.stderr
    entry = items_of(deployed, customer.account_id, "ENTRY#")[0]
    entry["SK"] = {"S": f"ENTRY#2026-11-25T00:00:00.000Z#tu_{'0' * 32}"}
    entry |= {"category": {"S": "top_up"}, "amount_micros": {"N": "7000000"}}
    dynamodb, name = boto3.client("dynamodb"), deployed.outputs["TableName"]
    dynamodb.put_item(TableName=name, Item=entry)
    try:
        answer = command(deployed, "audit", customer.account_id)
    finally:
        dynamodb.delete_item(TableName=name, Key={"PK": entry["PK"], "SK": entry["SK"]})
    assert answer.returncode == 1, answer.stdout + answer.stderr
    for code in ("entry_without_payment", "posted_is_not_the_sum_of_entries", "day_is_not_the_sum_of_its_entries"):
        assert code in answer.stdout


def test_erasing_a_number_moves_no_money(deployed: Stack) -> None:
    open_account(deployed, "acct_erased")
    send(deployed, [json.dumps(make_call("acct_erased", LANDLINE, 60, datetime.now(UTC) - timedelta(hours=1)))])
    eventually(lambda: posted_micros(deployed, "acct_erased") == -14_000)
    assert command(deployed, "erase_number", "acct_erased", LANDLINE, "--yes").returncode == 0
    [entry] = items_of(deployed, "acct_erased", "ENTRY#")
    assert entry["to"]["S"] == "GB…50"
    assert posted_micros(deployed, "acct_erased") == -14_000


def test_command_without_a_stack_suggests_make_run(deployed: Stack, tmp_path: Path) -> None:
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


def test_withdrawn_link_returns_404(deployed: Stack) -> None:
    path = urlsplit(link_to_unconfirmed_payment(deployed)).path
    assert deployed.api.request("GET", path).status_code == 200
    [link] = [
        item
        for page in boto3.client("dynamodb").get_paginator("scan").paginate(TableName=deployed.outputs["TableName"])
        for item in page["Items"]
        if item["SK"]["S"] == f"LINK#{hashlib.sha256(path.rsplit('/', 1)[1].encode()).hexdigest()}"
    ]
    account_id = link["PK"]["S"].removeprefix("ACCOUNT#")
    without_yes = command(deployed, "withdraw_links", account_id)
    assert without_yes.returncode == 1
    assert deployed.api.request("GET", path).status_code == 200
    result = command(deployed, "withdraw_links", account_id, "--yes")
    assert result.returncode == 0
    assert re.fullmatch(rf"Links of {account_id} revoked: [1-9]\.\n", result.stdout), "mails of changes have one too"
    assert [deployed.api.request(method, path).status_code for method in ("GET", "POST")] == [404, 404]


def test_account_can_be_frozen_and_unfrozen(deployed: Stack) -> None:
    open_account(deployed, "acct_frozen_by_hand", "5.00")
    request = {"call_id": "c_1", "account_id": "acct_frozen_by_hand", "line_id": "line_1", "to": LANDLINE}

    def decision() -> tuple[str, str | None]:
        answer = deployed.api.send("POST", "/calls/authorize", deployed.switch_token(), request)
        return answer["decision"], answer["reason"]

    for state in ("frozen", "already frozen"):
        result = command(deployed, "freeze", "acct_frozen_by_hand")
        assert (result.returncode, result.stdout) == (0, f"acct_frozen_by_hand is {state}.\n"), result.stderr
    assert decision() == ("deny", "account_frozen")
    assert command(deployed, "freeze", "acct_frozen_by_hand", "--off").returncode == 0
    assert decision() == ("allow", None)
    refused = command(deployed, "freeze", "acct_unknown")
    assert (refused.returncode, "Traceback" in refused.stderr, "does not exist" in refused.stderr) == (1, False, True)


def test_indexing_accounts_finds_them_by_number_and_by_name(deployed: Stack) -> None:
    open_account(deployed, "acct_indexed")
    table, client = deployed.outputs["TableName"], boto3.client("dynamodb")
    assert [one.account_id for one in find_accounts(client, table, number_of("acct_indexed")).items] == ["acct_indexed"]
    client.delete_item(TableName=table, Key=index_keys.number_key(number_of("acct_indexed")))
    assert find_accounts(client, table, number_of("acct_indexed")).items == ()
    indexed = command(deployed, "index_accounts", "--yes")
    assert (indexed.returncode, "accounts checked" in indexed.stdout) == (0, True), indexed.stdout + indexed.stderr
    assert [one.account_id for one in find_accounts(client, table, number_of("acct_indexed")).items] == ["acct_indexed"]


def test_a_faulty_tax_table_is_refused_as_a_whole(deployed: Stack, tmp_path: Path) -> None:
    path = tmp_path / "rates.csv"
    path.write_text("country,region,rate_percent,effective_from\nUS,NY,15,2026-01-01\nUS,CA,dear,2026-01-01\n")
    answer = command(deployed, "publish_tax", str(path), "--yes")
    assert (answer.returncode, "Line 3: " in answer.stdout) == (1, True), answer.stdout + answer.stderr
    bucket = deployed.outputs["DeckBucketName"]
    assert "Contents" not in boto3.client("s3").list_objects_v2(Bucket=bucket, Prefix="tax/")


def test_first_country_cap_needs_the_index_and_knows_what_was_called(deployed: Stack, tokens: dict[str, str]) -> None:
    account_id = "acct_capped"
    open_account(deployed, account_id, "50.00")
    send(deployed, [json.dumps(make_call(account_id, "+33142685300", 60, datetime.now(UTC) - timedelta(hours=1)))])
    eventually(lambda: posted_micros(deployed, account_id) < 50_000_000)
    cap = {"limits": {"first_country_cap": "0.00"}}
    refused = deployed.api.request("PUT", f"/accounts/{account_id}", tokens["operator"], json=cap)
    assert (refused.status_code, refused.json()["code"]) == (409, "countries_not_indexed"), refused.text
    indexed = command(deployed, "index_countries", "--account", account_id)
    assert (indexed.returncode, "1  countries written" in indexed.stdout) == (0, True), indexed.stdout + indexed.stderr
    deployed.api.send("PUT", f"/accounts/{account_id}", tokens["operator"], cap)
    for number, reason in (("+33142685300", None), ("+4930123456", "first_country_cap")):
        request = {"call_id": f"c_{number[1:]}", "account_id": account_id, "line_id": "line_1", "to": number}
        answer = deployed.api.send("POST", "/calls/authorize", tokens["switch"], request)
        assert answer["reason"] == reason, answer


def test_smoke_test_holds_charges_pays_and_proves(deployed: Stack) -> None:
    done = command(deployed, "smoke_test")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "A call was held, reported, and charged" in done.stdout
    assert "A test card paid $5.00" in done.stdout
    assert "No difference found" in done.stdout
