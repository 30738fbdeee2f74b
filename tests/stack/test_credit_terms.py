"""Budgets, tax with its documents, credit that expires, and promotion codes on the deployed application."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from calling_credit.instants import format_instant
from local.stack import Stack
from tests.stack.commands import LANDLINE, command
from tests.stack.conftest import eventually
from tests.stack.credit_probes import change, due_since
from tests.stack.credit_routes import PROMOTION
from tests.stack.customers import Customer, open_customer
from tests.stack.deployment import invoke
from tests.stack.tax_switch import TABLE, open_taxpayer, taxed
from tests.stack.test_calls import items_of, make_call, posted_micros, send

BUDGET = "/lines/line_1/budget"
OPENING_MICROS = 50_000_000


@pytest.fixture(scope="module", autouse=True)
def described(deployed: Stack) -> None:
    """Publish stack.json, by which commands find the stack."""
    deployed.publish_description()


def authorize(deployed: Stack, customer: Customer, call_id: str, seconds: int) -> tuple[str, int, str | None]:
    """Ask for a call; return the decision, its seconds, and what refused or shortened it."""
    request = {"call_id": call_id, "account_id": customer.account_id, "line_id": "line_1", "to": LANDLINE}
    token = deployed.switch_token()
    answer = deployed.api.send("POST", "/calls/authorize", token, request | {"requested_seconds": seconds})
    return answer["decision"], answer["max_seconds"], answer["reason"] or answer.get("limited_by")


def budget_of(deployed: Stack, customer: Customer) -> dict[str, Any]:
    """The budget of the line, as GET /lines shows it."""
    [line] = deployed.api.get("/lines", customer.token)["items"]
    return dict(line["budget"])


def count_from_now(deployed: Stack, customer: Customer) -> None:
    """Let the new budget count now instead of in two minutes, by a round of the sweep."""
    past = format_instant(datetime.now(UTC) - timedelta(minutes=10))
    [line] = items_of(deployed, customer.account_id, "LINE#")
    change(deployed, line, {"budget_from": past})
    for counter in items_of(deployed, customer.account_id, "SPENT#"):
        change(deployed, counter, {"counts_from": past, "sweep_sk": due_since(past, counter)})
    assert invoke(deployed, "ExpireHoldsFunction", {})["failed"] == 0


def has_balance(customer: Customer, micros: int) -> bool:
    """Whether the posted balance is this."""
    return customer.balance_micros == micros


def test_a_line_budget_holds_shortens_refuses_and_shows_what_was_spent(deployed: Stack) -> None:
    """A minute costs 0.014, so three minutes fit into 0.05."""
    customer = open_customer(deployed)
    given = deployed.api.send("PUT", BUDGET, customer.token, {"monthly": "0.05"})
    assert (given["state"], given["left"]) == ("counting", "0.05")
    count_from_now(deployed, customer)
    assert authorize(deployed, customer, "c_1", 120) == ("allow", 120, None)
    assert authorize(deployed, customer, "c_2", 120) == ("allow", 60, "line_budget")
    assert authorize(deployed, customer, "c_3", 60) == ("deny", 0, "line_budget")
    shown = budget_of(deployed, customer)
    assert (shown["state"], shown["spent"], shown["held"], shown["left"]) == ("counted", "0.00", "0.042", "0.008")

    started = datetime.now(UTC) - timedelta(minutes=5)
    calls = (("c_1", 120), ("c_2", 60))
    sent = [make_call(customer.account_id, LANDLINE, seconds, started, call_id=name) for name, seconds in calls]
    send(deployed, map(json.dumps, sent))
    eventually(partial(has_balance, customer, OPENING_MICROS - 42_000))
    shown = budget_of(deployed, customer)
    assert (shown["spent"], shown["held"], shown["left"]) == ("0.042", "0.00", "0.008")
    assert authorize(deployed, customer, "c_4", 60) == ("deny", 0, "line_budget")
    deployed.api.send("PUT", BUDGET, customer.token, {"monthly": None})
    assert authorize(deployed, customer, "c_4", 60) == ("allow", 60, None)


def test_a_taxed_payment_has_a_receipt_and_each_refund_a_credit_note(deployed: Stack, tmp_path: Path) -> None:
    """A card pays 100.00: 86.96 of credit, and 15 % of tax."""
    file = tmp_path / "rates.csv"
    file.write_text(TABLE, encoding="utf-8")
    published = command(deployed, "publish_tax", str(file))
    assert (published.returncode, "until the parameter Tax" in published.stdout) == (0, True), published.stdout
    customer = open_taxpayer(deployed, po_number="PO 7")
    with taxed(deployed, "AddFundsFunction", "ListUsageFunction"):
        assert deployed.api.get("/overview", customer.token)["tax"] == {"percent": "15", "reason": None}
        paid = customer.pay(customer.save_card(), "86.96", "taxed").json()
    assert (paid["amount"], paid["tax"], paid["total"]) == ("86.96", "13.04", "100.00"), paid
    assert customer.stripe_counts()["amount_received"] == 10_000
    assert customer.balance_micros == OPENING_MICROS + 86_960_000

    path = f"/top-ups/{paid['id']}"
    year = datetime.now(UTC).year
    number = deployed.api.get(path, customer.token)["receipt"]["number"]
    assert number in (f"{year}-000001", f"{year - 1}-000001"), "the year is that of the account's time zone"
    receipt = deployed.api.request("GET", f"{path}/receipt", customer.token)
    assert receipt.headers["content-type"].startswith("text/html")
    for words in (number, "Meridian Travel LLC", "PO 7", "86.96", "13.04", "100.00"):
        assert words in receipt.text, words

    [intent] = customer.intents()
    for micros in (43_480_000, 0):
        deployed.stripe_sdk().v1.refunds.create({"charge": str(intent.latest_charge), "amount": 5_000})
        eventually(partial(has_balance, customer, OPENING_MICROS + micros))
        assert customer.stripe_counts()["amount_received"] == 10_000
    deployed.wait_until_callbacks_are_delivered()
    notes = deployed.api.get(path, customer.token)["credit_notes"]
    assert [(note["number"][-6:], note["amount"]) for note in notes] == [("000001", "50.00"), ("000002", "50.00")]
    note = deployed.api.request("GET", f"{path}/receipt?credit_note={notes[0]['number']}", customer.token)
    assert (note.status_code, "43.48" in note.text, number in note.text) == (200, True, True)
    again = deployed.api.request("GET", f"{path}/receipt", customer.token)
    assert again.text == receipt.text, "a receipt never changes"
    audited = command(deployed, "audit", customer.account_id)
    assert audited.returncode == 0, audited.stdout + audited.stderr


def test_granted_credit_expires_by_the_sweep(deployed: Stack, tokens: dict[str, str]) -> None:
    customer = open_customer(deployed)
    ends = datetime.now(UTC) + timedelta(seconds=15)
    body = {"amount": "2.00", "reason": "Credit of a test", "kind": "granted", "expires_at": format_instant(ends)}
    key = {"Idempotency-Key": uuid.uuid4().hex}
    deployed.api.send("POST", f"/accounts/{customer.account_id}/adjustments", tokens["operator"], body, key)
    expiring = [{"amount": "2.00", "at": format_instant(ends)}]
    assert deployed.api.get("/balance", customer.token)["expiring"] == expiring
    assert deployed.api.get("/overview", customer.token)["expiring"] == expiring
    assert customer.balance_micros == OPENING_MICROS + 2_000_000

    def is_gone() -> bool:
        invoke(deployed, "ExpireHoldsFunction", {})
        return customer.balance_micros == OPENING_MICROS

    eventually(is_gone)
    assert datetime.now(UTC) >= ends
    assert deployed.api.get("/balance", customer.token)["expiring"] == []
    kinds = [(item["kind"], item["amount"]) for item in deployed.api.get("/statement", customer.token)["items"]]
    assert ("credit_expired", "-2.00") in kinds
    invoke(deployed, "ExpireHoldsFunction", {})
    assert customer.balance_micros == OPENING_MICROS, "it expires once"
    [lot] = deployed.api.get(f"/operator/accounts/{customer.account_id}", tokens["support"])["lots"]
    assert (lot["amount"], lot["used"], lot["expired"]) == ("2.00", "0.00", "2.00")


def test_a_promotion_gives_credit_once_per_account_up_to_its_total(deployed: Stack, tokens: dict[str, str]) -> None:
    code = f"TERMS-{uuid.uuid4().hex[:12].upper()}"
    created = deployed.api.send("POST", "/operator/promotions", tokens["operator"], PROMOTION | {"code": code})
    assert (created["code"], created["left"]) == (code, "1.00")
    first, second, third = (open_customer(deployed) for _ in range(3))

    def redeem(customer: Customer, key: str) -> tuple[int, str]:
        path, headers = f"/promotions/{code.lower()}/redeem", {"Idempotency-Key": key}
        answer = deployed.api.request("POST", path, customer.token, headers=headers)
        return answer.status_code, answer.json().get("code") or answer.json()["balance"]

    assert [redeem(first, "key-1"), redeem(first, "key-1")] == [(201, "50.50")] * 2
    assert redeem(first, "key-2") == (409, "promotion_used")
    assert redeem(second, "key-1") == (201, "50.50")
    assert redeem(third, "key-1") == (409, "promotion_spent")
    balances = [posted_micros(deployed, customer.account_id) for customer in (first, second, third)]
    assert balances == [OPENING_MICROS + 500_000] * 2 + [OPENING_MICROS]
    [expiring] = deployed.api.get("/balance", first.token)["expiring"]
    assert expiring["amount"] == "0.50"
