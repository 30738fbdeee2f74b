"""Probes of the functions that take payments and prove the ledger."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from urllib.parse import urlsplit

import boto3

from calling_credit.accounts.store import AccountStore
from calling_credit.instants import format_instant
from calling_credit.links.link import Link, address_link, freeze_link
from calling_credit.links.store import LinkStore
from calling_credit.links.tokens import issue_link
from calling_credit.payments.sweep_state import first_state
from calling_credit.payments.sweep_store import SweepStore
from local.stack import Stack
from local.stripe_stand_in.controls import Controls
from tests.stack.callbacks import redeliver
from tests.stack.conftest import log_lines
from tests.stack.credit_probes import asked_by_link, raise_by_link
from tests.stack.customers import Customer, open_customer, stand_in
from tests.stack.damaged_probes import recharge_a_damaged_account, settle_a_damaged_payment
from tests.stack.deployment import invoke, physical_id

OUTSIDE = "outside"
"""The metadata key of payments that a test makes outside the application."""


def add_funds(deployed: Stack, tokens: dict[str, str]) -> None:
    """Pay with a saved card, and list the payment."""
    card = deployed.api.get("/payment-methods", tokens["admin"])["items"][0]["id"]
    body, key = {"amount": "5.00", "payment_method_id": card}, {"Idempotency-Key": uuid.uuid4().hex}
    paid = deployed.api.send("POST", "/top-ups", tokens["admin"], body, key)
    assert paid["status"] == "succeeded"
    assert deployed.api.get("/top-ups", tokens["admin"], limit=1)["items"] == [paid]


@contextmanager
def late_payment(deployed: Stack) -> Iterator[tuple[Customer, str]]:
    """Yield a customer and the intent of a payment that succeeded later; all webhook events of Stripe are lost."""
    faults = stand_in(deployed).faults
    faults.add("lost", "*", count=1_000)
    try:
        customer = open_customer(deployed)
        payment = customer.pay(customer.save_card("pm_card_processing"), "25.00", "late")
        assert payment.json()["status"] == "processing"
        [intent] = customer.intents()
        Controls(stand_in(deployed)).settle(intent.id)
        yield customer, intent.id
        assert customer.statuses() == ["succeeded"]
        assert customer.credited_micros() == [25_000_000]
    finally:
        faults.clear()


def handle_webhooks(deployed: Stack, tokens: dict[str, str]) -> None:
    """Credit a payment and suspend a rule because of webhook events."""
    with late_payment(deployed) as (customer, intent_id):
        paid = redeliver(deployed, "payment_intent.succeeded", intent_id)
        assert (paid.status_code, paid.json().get("outcome")) == (200, "succeeded")
        card = customer.save_card()
        customer.set_rule(card)
        deployed.stripe_sdk().v1.payment_methods.detach(card)
        removed = redeliver(deployed, "payment_method.detached", card)
        assert (removed.status_code, removed.json().get("outcome")) == (200, "suspended")
        dispute = dispute_first(deployed, customer)
        disputed = redeliver(deployed, "charge.dispute.created", dispute)
        assert (disputed.status_code, disputed.json().get("outcome")) == (200, "reversed"), disputed.text


def dispute_first(deployed: Stack, customer: Customer) -> str:
    """Dispute the customer's first payment. Handling it looks for payments that wait with the same card."""
    opened: dict[str, str] = Controls(stand_in(deployed)).dispute(str(customer.intents()[-1].latest_charge))
    return opened["id"]


def recharge(deployed: Stack, tokens: dict[str, str]) -> None:
    """Claim, charge, and settle a recharge in one run below the threshold."""
    assert run_below_threshold(deployed).statuses() == ["succeeded"]
    recharge_a_damaged_account(deployed)


def run_below_threshold(deployed: Stack, card: str = "pm_card_visa") -> Customer:
    """Open a customer below the threshold of their rule, and run automatic recharge."""
    customer = open_customer(deployed, "30.00")
    customer.set_rule(customer.save_card(card))
    keys = {"PK": {"S": f"ACCOUNT#{customer.account_id}"}, "SK": {"S": "BALANCE"}}
    event = {"Records": [{"dynamodb": {"Keys": keys, "SequenceNumber": "1"}}]}
    assert invoke(deployed, "AutoRechargeFunction", event) == {"batchItemFailures": []}
    return customer


def reconcile(deployed: Stack, tokens: dict[str, str]) -> None:
    """Credit a payment without a webhook event, and complete a recharge that Stripe never received."""
    leave_only_later_events(deployed)
    with late_payment(deployed) as (customer, _):
        stand_in(deployed).faults.add("dropped", "POST /v1/payment_intents", count=2)
        unsent = run_below_threshold(deployed)
        assert unsent.statuses() == ["created"]
        for one in (customer, unsent):
            one.expire_waits()
        assert invoke(deployed, "ReconcilePaymentsFunction", {})["failed"] == 0
        assert unsent.statuses() == ["succeeded"]
        leave_only_later_events(deployed)
        dispute_first(deployed, customer)
        assert invoke(deployed, "ReconcilePaymentsFunction", {})["failed"] == 0
        assert [card["state"] for card in deployed.api.get("/payment-methods", customer.token)["items"]] == ["blocked"]
    settle_a_damaged_payment(deployed)


def leave_only_later_events(deployed: Stack) -> None:
    """Let the next sweep list Stripe's events in any minute, as after a sweep that was not complete, and handle only
    those that happen from now on: other tests, and sweeps without a permission, have left many.
    """
    store = SweepStore(boto3.client("dynamodb"), deployed.outputs["TableName"])
    state, _ = store.read()
    state = state or first_state(datetime.now(UTC))
    state.is_behind = True
    state.waiting.clear()
    events = stand_in(deployed).account.objects["event"].values()
    state.handled |= {event["id"]: event["created"] for event in events}
    state.move_past(event["created"] for event in events)
    assert store.save(state)


def make_payment(deployed: Stack, customer: Customer, metadata: dict[str, str], card: str) -> str:
    """Make a successful payment at Stripe outside the application and without webhook events; return its intent."""
    faults = stand_in(deployed).faults
    faults.add("lost", "*", count=1_000)
    try:
        intent = deployed.stripe_sdk().v1.payment_intents.create(
            {
                "amount": 700,
                "currency": "usd",
                "customer": customer.customer_id,
                "payment_method": card,
                "metadata": metadata,
                "confirm": True,
                "return_url": "https://page.test/",
            }
        )
    finally:
        faults.clear()
    assert intent.status == "succeeded"
    return str(intent.id)


def forget_payment(deployed: Stack, intent_id: str) -> None:
    """Remove a payment from Stripe, so that no later proof finds it."""
    objects = stand_in(deployed).account.objects
    intent = objects["payment_intent"].pop(intent_id)
    del objects["charge"][intent["latest_charge"]]


def make_older(deployed: Stack, *intent_ids: str) -> None:
    """Set the creation of these payments an hour back."""
    objects = stand_in(deployed).account.objects
    for intent_id in intent_ids:
        intent = objects["payment_intent"][intent_id]
        for item in (intent, objects["charge"][intent["latest_charge"]]):
            item["created"] -= 3600


def follow_a_link(deployed: Stack, tokens: dict[str, str]) -> None:
    """Follow the link of a waiting payment to the bank, and again once the bank has confirmed it, which credits it,
    because no webhook event arrives; then confirm an address, raise a budget, and freeze the account by links.
    """
    customer = run_below_threshold(deployed, "pm_card_authenticationRequired")
    [payment] = customer.payments()
    path = urlsplit(payment["next_action_url"]).path
    assert deployed.api.request("GET", path).status_code == 200
    assert deployed.api.request("POST", path).status_code == 303
    faults = stand_in(deployed).faults
    faults.add("lost", "*", count=1_000)
    try:
        Controls(stand_in(deployed)).answer_challenge(customer.intents()[0].id)
    finally:
        faults.clear()
    assert "Paid" in deployed.api.request("POST", path).text
    confirming = urlsplit(confirming_address(deployed, customer)).path
    assert "Address confirmed" in deployed.api.request("POST", confirming).text
    raise_by_link(deployed, customer, issued(deployed, asked_by_link(deployed, customer)))
    freezing, began = urlsplit(freeze_address(deployed, customer)).path, time.time()
    assert "The account is frozen" in deployed.api.request("POST", freezing).text
    unchanged = [line for line in log_lines("/FollowLinksLogs", began) if '"not_changed"' in line]
    assert unchanged == [], "a payment that waits would end late"


def freeze_address(deployed: Stack, customer: Customer) -> str:
    """Return the address of a new link that freezes the customer's account."""
    since = format_instant(datetime.now(UTC))
    return issued(deployed, freeze_link(customer.account_id, f"evt_{uuid.uuid4().hex}", since))


def confirming_address(deployed: Stack, customer: Customer) -> str:
    """Return the address of the link that confirms a recipient whom the customer has just entered."""
    recipient = {"address": f"{uuid.uuid4().hex}@asked.example", "language": "en"}
    deployed.api.send("PUT", "/notifications", customer.token, {"recipients": [recipient]})
    stored = AccountStore(boto3.client("dynamodb"), deployed.outputs["TableName"]).account(customer.account_id)
    assert stored is not None
    return issued(deployed, address_link(customer.account_id, stored.waiting[0]))


def issued(deployed: Stack, link: Link) -> str:
    """Sign and store a link; return its address."""
    secret = boto3.client("secretsmanager").get_secret_value(SecretId=physical_id(deployed, "CursorSecret"))
    links = LinkStore(boto3.client("dynamodb"), deployed.outputs["TableName"])
    return issue_link(links, secret["SecretString"], f"{deployed.settings.api_url}/", link, datetime.now(UTC))
