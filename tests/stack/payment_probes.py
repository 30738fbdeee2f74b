"""Probes of the functions that take payments, prove the ledger, and send mail."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import boto3
import pytest

from calling_credit.payments.issues import read_issues
from local.deploy import MAIL_FROM
from local.stack import Stack
from local.stripe_stand_in.controls import Controls
from tests.functions.template import ROOT
from tests.stack.callbacks import call_back_again
from tests.stack.conftest import eventually
from tests.stack.customers import Customer, open_customer, stand_in
from tests.stack.deployment import invoke

BESIDE = "beside"
"""What a payment says of itself, in its metadata, that nobody here asked for."""


def add_funds(deployed: Stack, tokens: dict[str, str]) -> None:
    """A saved card pays, the payment is listed, and a link is found not to be ours."""
    card = deployed.api.get("/payment-methods", tokens["admin"])["items"][0]["id"]
    body, key = {"amount": "5.00", "payment_method_id": card}, {"Idempotency-Key": uuid.uuid4().hex}
    paid = deployed.api.send("POST", "/top-ups", tokens["admin"], body, key)
    assert paid["status"] == "succeeded"
    assert deployed.api.get("/top-ups", tokens["admin"], limit=1)["items"] == [paid]
    assert deployed.api.request("GET", "/links/nonsense").status_code == 404


@contextmanager
def paid_late(deployed: Stack) -> Iterator[tuple[Customer, str]]:
    """A customer and the intent of a payment that succeeded when nobody was there; Stripe's callbacks are all lost."""
    faults = stand_in(deployed).faults
    faults.add("lost", "*", count=1_000)
    try:
        customer = open_customer(deployed)
        begun = customer.pay(customer.save_card("pm_card_processing"), "25.00", "late")
        assert begun.json()["status"] == "processing"
        [intent] = customer.intents()
        Controls(stand_in(deployed)).settle(intent.id)
        yield customer, intent.id
        assert customer.statuses() == ["succeeded"]
        assert customer.credited_micros() == [25_000_000]
    finally:
        faults.clear()


def take_callbacks(deployed: Stack, tokens: dict[str, str]) -> None:
    """A payment is credited and a rule suspended, each because Stripe says so."""
    with paid_late(deployed) as (customer, intent_id):
        paid = call_back_again(deployed, "payment_intent.succeeded", intent_id)
        assert (paid.status_code, paid.json().get("outcome")) == (200, "succeeded")
        card = customer.save_card()
        customer.set_rule(card)
        deployed.stripe_sdk().v1.payment_methods.detach(card)
        removed = call_back_again(deployed, "payment_method.detached", card)
        assert (removed.status_code, removed.json().get("outcome")) == (200, "suspended")


def recharge(deployed: Stack, tokens: dict[str, str]) -> None:
    """One look at an account below its threshold claims, charges and settles a recharge."""
    assert look_below_threshold(deployed).statuses() == ["succeeded"]


def look_below_threshold(deployed: Stack, card: str = "pm_card_visa") -> Customer:
    """A customer below the threshold of their rule, at whom automatic recharge has looked."""
    customer = open_customer(deployed, "30.00")
    customer.set_rule(customer.save_card(card))
    keys = {"PK": {"S": f"ACCOUNT#{customer.account_id}"}, "SK": {"S": "BALANCE"}}
    event = {"Records": [{"dynamodb": {"Keys": keys, "SequenceNumber": "1"}}]}
    assert invoke(deployed, "AutoRechargeFunction", event) == {"batchItemFailures": []}
    return customer


def reconcile(deployed: Stack, tokens: dict[str, str]) -> None:
    """A payment that nobody told us about is found and credited, and a recharge that nobody heard of is made."""
    with paid_late(deployed) as (customer, _):
        stand_in(deployed).faults.add("dropped", "POST /v1/payment_intents", count=2)
        unheard = look_below_threshold(deployed)
        assert unheard.statuses() == ["created"]
        for one in (customer, unheard):
            one.let_waits_end()
        assert invoke(deployed, "ReconcilePaymentsFunction", {})["failed"] == 0
        assert unheard.statuses() == ["succeeded"]


def prove(deployed: Stack, tokens: dict[str, str]) -> None:
    """An account that paid is proven, and money that Stripe took beside us in its name is listed."""
    customer = open_customer(deployed)
    assert customer.pay(customer.save_card(), "25.00", "proven").json()["status"] == "succeeded"
    [paid] = customer.intents()
    named = {"account_id": customer.account_id, "topup_id": f"tu_{uuid.uuid4().hex}", BESIDE: "yes"}
    beside = make_payment(deployed, customer, named, str(paid.payment_method))
    make_older(deployed, paid.id, beside)
    said = invoke(deployed, "ProveLedgerFunction", {})
    assert said["unproven"] == 0, said
    found = read_issues(boto3.client("dynamodb"), deployed.outputs["TableName"])
    ours = [issue for issue in found if issue["account_id"] == customer.account_id]
    assert [(issue["code"], issue["object_id"]) for issue in ours] == [("payment_without_entry", beside)]


def make_payment(deployed: Stack, customer: Customer, named: dict[str, str], card: str) -> str:
    """A payment that succeeds at Stripe although nobody here asked for it, and no callback tells of it; its intent."""
    faults = stand_in(deployed).faults
    faults.add("lost", "*", count=1_000)
    try:
        made = deployed.stripe_sdk().v1.payment_intents.create(
            {
                "amount": 700,
                "currency": "usd",
                "customer": customer.customer_id,
                "payment_method": card,
                "metadata": named,
                "confirm": True,
                "return_url": "https://page.test/",
            }
        )
    finally:
        faults.clear()
    assert made.status == "succeeded"
    return str(made.id)


def make_older(deployed: Stack, *intent_ids: str) -> None:
    """As if these payments had been made an hour ago."""
    objects = stand_in(deployed).account.objects
    for intent_id in intent_ids:
        intent = objects["payment_intent"][intent_id]
        for made in (intent, objects["charge"][intent["latest_charge"]]):
            made["created"] -= 3600


def send_mail(deployed: Stack, tokens: dict[str, str]) -> None:
    """A mail with a link that SES refuses at first is sent when it comes again."""
    customer = look_below_threshold(deployed, "pm_card_authenticationRequired")
    email, account = f"{uuid.uuid4().hex}@customer.example", f"/accounts/{customer.account_id}"
    deployed.api.send("PUT", account, tokens["service"], {"billing_emails": [email]})
    data = {"reason": "authentication_required", "message": "", "payment_method": {"brand": "visa", "last4": "3220"}}
    sample = json.loads((ROOT / "events" / "send_mail.json").read_text(encoding="utf-8"))
    said = {"id": f"evt_{uuid.uuid4().hex}", "account_id": customer.account_id, "type": "AutoRechargeSuspended"}
    event = sample | {"detail": said | {"data": data}}
    ses = boto3.client("sesv2")
    ses.delete_email_identity(EmailIdentity=MAIL_FROM)
    try:
        with pytest.raises(AssertionError, match="MessageRejected"):
            invoke(deployed, "SendMailFunction", event)
    finally:
        ses.create_email_identity(EmailIdentity=MAIL_FROM)
    assert invoke(deployed, "SendMailFunction", event) == {"addresses": 1}
    [mail] = eventually(lambda: deployed.mailbox.mails_to(email), seconds=5)
    assert "/links/" in mail.get_content()
