"""One probe a function: it uses every action that the function's policy allows, and raises if the function does not do
its work to the end. Nothing but the probe itself wakes the function meanwhile.
"""

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from calling_credit.call_events import Call, parse_call
from calling_credit.charging.kept_calls import keep_unrated
from calling_credit.payments.issues import read_issues
from calling_credit.rates import deck_store
from local.deploy import MAIL_FROM
from local.stack import Stack
from local.stripe_stand_in.controls import Controls
from tests.harness.template import ROOT
from tests.stack.callbacks import call_back_again
from tests.stack.conftest import eventually
from tests.stack.customers import Customer, open_customer, stand_in
from tests.stack.deployment import invoke, rule_held
from tests.stack.test_calls import items_of, make_call, open_account

Probe = Callable[[Stack, dict[str, str]], None]

BESIDE = "beside"
"""What a payment says of itself, in its metadata, that nobody here asked for."""


def invoke_rate_calls(deployed: Stack, tokens: dict[str, str]) -> None:
    """Charged, unrated and stray calls of a new account all find their place."""
    account_id = f"acct_{uuid.uuid4().hex[:12]}"
    open_account(deployed, account_id)
    started = datetime.now(UTC) - timedelta(hours=1)
    calls = [
        make_call(account_id, "+442071838750", 60, started),
        make_call(account_id, "+9991234567", 60, started),
        make_call(account_id, "+442071838750", 60, started, line_id="line_unknown"),
    ]
    records = [
        {"messageId": f"m_{i}", "attributes": {"SentTimestamp": "1"}, "body": json.dumps(call)}
        for i, call in enumerate(calls)
    ]
    assert invoke(deployed, "RateCallsFunction", {"Records": records}) == {"batchItemFailures": []}
    assert [len(items_of(deployed, account_id, kind)) for kind in ("ENTRY#", "UNRATED#", "STRAY#")] == [2, 1, 1]


def authorize_a_call(deployed: Stack, tokens: dict[str, str]) -> None:
    """A call is allowed and its credit held, extended, and another is refused, which is kept for the bus."""
    account_id = f"acct_{uuid.uuid4().hex[:12]}"
    open_account(deployed, account_id, "5.00")
    asked = {"call_id": "c_1", "account_id": account_id, "line_id": "line_1", "to": "+442071838750"}
    for seconds in (60, 600):
        body = asked | {"requested_seconds": seconds}
        answer = deployed.api.send("POST", "/calls/authorize", tokens["service"], body)
        assert (answer["decision"], answer["max_seconds"]) == ("allow", seconds)
    deployed.api.send("PUT", f"/accounts/{account_id}", tokens["service"], {"limits": {"blocked": ["GB"]}})
    refused = deployed.api.send("POST", "/calls/authorize", tokens["service"], asked | {"call_id": "c_2"})
    assert refused["reason"] == "destination_blocked"
    assert [len(items_of(deployed, account_id, kind)) for kind in ("HOLD#", "DENIAL#")] == [1, 1]


def give_up_a_hold(deployed: Stack, tokens: dict[str, str]) -> None:
    """A hold whose call never came is given up."""
    account_id = f"acct_{uuid.uuid4().hex[:12]}"
    open_account(deployed, account_id, "5.00")
    asked = {"call_id": "c_1", "account_id": account_id, "line_id": "line_1", "to": "+442071838750"}
    assert deployed.api.send("POST", "/calls/authorize", tokens["service"], asked)["decision"] == "allow"
    make_overdue(deployed, account_id, "c_1")
    assert invoke(deployed, "ExpireHoldsFunction", {})["failed"] == 0
    [hold] = items_of(deployed, account_id, "HOLD#")
    assert hold["status"]["S"] == "expired"


def make_overdue(deployed: Stack, account_id: str, call_id: str) -> None:
    """As if the call had been authorized yesterday."""
    boto3.client("dynamodb").update_item(
        TableName=deployed.outputs["TableName"],
        Key={"PK": {"S": f"ACCOUNT#{account_id}"}, "SK": {"S": f"HOLD#{call_id}"}},
        UpdateExpression="SET sweep_sk = :past",
        ExpressionAttributeValues={":past": {"S": f"2026-01-01T00:00:00.000Z#{account_id}#{call_id}"}},
    )


def read_everything(deployed: Stack, tokens: dict[str, str]) -> None:
    """Every route of list_usage answers 200."""
    for path in (
        "/balance",
        "/usage",
        "/usage/outbound_international_call",
        "/statement",
        "/lines",
        "/lines/line_groups/changes",
    ):
        assert deployed.api.request("GET", path, tokens["admin"]).status_code == 200, path
    assert deployed.api.request("GET", "/rates?number=%2B442071838750").status_code == 200


def change_settings(deployed: Stack, tokens: dict[str, str]) -> None:
    """A line is switched, a rule is kept, and Stripe is asked about a card that nobody has."""
    for is_on in (False, True):
        body = {"international_calling": is_on}
        assert deployed.api.request("PUT", "/lines/line_groups", tokens["admin"], json=body).status_code == 200
    rule = deployed.api.get("/auto-recharge", tokens["admin"])
    kept = {name: rule[name] for name in ("enabled", "threshold", "amount", "payment_method_id")}
    assert deployed.api.request("PUT", "/auto-recharge", tokens["admin"], json=kept).status_code == 200
    other = kept | {"payment_method_id": "pm_nobody"}
    assert deployed.api.request("PUT", "/auto-recharge", tokens["admin"], json=other).status_code == 404


def keep_an_account(deployed: Stack, tokens: dict[str, str]) -> None:
    """Creating, configuring and adjusting an account all succeed."""
    account_id = f"acct_{uuid.uuid4().hex[:12]}"
    open_account(deployed, account_id, "1.00")
    deployed.api.send("PUT", f"/accounts/{account_id}", tokens["service"], {"status": "closed"})


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


def publish(deployed: Stack, tokens: dict[str, str]) -> None:
    """The events of the sample records are all taken by the bus."""
    sample = json.loads((ROOT / "events" / "publish_events.json").read_text(encoding="utf-8"))
    assert invoke(deployed, "PublishEventsFunction", sample) == {"batchItemFailures": []}


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


def publish_a_deck(deployed: Stack, tokens: dict[str, str]) -> None:
    """A dropped deck with one more prefix, which nobody has, is published with its report; nothing else wakes the
    function.
    """
    client, bucket, key = boto3.client("s3"), deployed.outputs["DeckBucketName"], f"incoming/{uuid.uuid4().hex}.csv"
    row = f"8889991,{key[9:40]},001,*,1,0,60,60,2020-01-01,outbound_international_call\n"
    with rule_held(deployed, "PublishRatesFunctionDropped"):
        client.put_object(Bucket=bucket, Key=key, Body=(ROOT / "local" / "rates.csv").read_bytes() + row.encode())
        said = invoke(deployed, "PublishRatesFunction", {"detail": {"object": {"key": key}}})
    assert (said["outcome"], said["version"]) == ("published", read_version(client, bucket))
    told = client.get_object(Bucket=bucket, Key=f"reports/{key.removeprefix('incoming/')}.json")["Body"].read()
    assert json.loads(told)["last_calls"]["is_whole"], "calls could not be weighed"


def read_version(client: Any, bucket: str) -> str:
    """The deck that prices calls now."""
    pointer = deck_store.read_active(client, bucket)
    return str(pointer and pointer["version"])


def rate_late(deployed: Stack, tokens: dict[str, str]) -> None:
    """A call that waits for a price which is there is charged, and priced again by another deck."""
    account_id, number = f"acct_{uuid.uuid4().hex[:12]}", "+442071838750"
    open_account(deployed, account_id)
    now = datetime.now(UTC)
    call = parse_call(json.dumps(make_call(account_id, number, 60, now - timedelta(hours=1))), now)
    assert isinstance(call, Call)
    assert keep_unrated(boto3.client("dynamodb"), deployed.outputs["TableName"], call, now, lambda: 10.0) == "kept"
    invoke(deployed, "RerateCallsFunction", {})  # Unless a deck that was just activated has woken it first.
    deck = (ROOT / "local" / "rates.csv").read_bytes().replace(b"GB,*,0.0140,", b"GB,*,0.0200,")
    version = deck_store.deck_version(deck, now)
    deck_store.put_deck(boto3.client("s3"), deployed.outputs["DeckBucketName"], version, deck)
    asked = {"account_id": account_id, "from": "2026-01-01", "to": "2035-01-01", "deck": version, "apply": True}
    assert invoke(deployed, "RerateCallsFunction", {"reprice": asked})["changed"] == 1
    amounts = [item["amount_micros"]["N"] for item in items_of(deployed, account_id, "ENTRY#")]
    assert amounts == ["-14000", "14000", "-20000"]


PROBES: dict[str, Probe] = {
    "RateCallsFunction": invoke_rate_calls,
    "AuthorizeCallFunction": authorize_a_call,
    "ExpireHoldsFunction": give_up_a_hold,
    "ListUsageFunction": read_everything,
    "ChangeSettingsFunction": change_settings,
    "ManageAccountsFunction": keep_an_account,
    "AddFundsFunction": add_funds,
    "StripeWebhookFunction": take_callbacks,
    "AutoRechargeFunction": recharge,
    "ReconcilePaymentsFunction": reconcile,
    "ProveLedgerFunction": prove,
    "PublishEventsFunction": publish,
    "SendMailFunction": send_mail,
    "PublishRatesFunction": publish_a_deck,
    "RerateCallsFunction": rate_late,
}
