"""Stripe's callbacks: only Stripe's own are taken, each says only where to look, and whatever their order and number,
a payment is credited once, or listed for a person and never credited by guess.
"""

import base64
import json
from datetime import datetime
from random import Random
from typing import Any

import pytest
import requests
import stripe

from calling_credit.payments.new_topup import manual_topup
from calling_credit.topups.store import TopUps
from calling_credit.topups.topup import Card
from local.stripe_stand_in.controls import Controls
from local.stripe_stand_in.sender import body_of
from local.stripe_stand_in.stand_in import DEFAULT_WEBHOOK_SECRET
from tests.harness.callbacks import event_about, issues, paid_at_stripe, succeeded
from tests.harness.cards import CHALLENGED, DECLINED, MASTERCARD, VISA
from tests.harness.http import http_event
from tests.harness.stripe import Pass, StripeRequest
from tests.harness.table import sample_event
from tests.harness.till import ALWAYS, ANYTHING, CREATE, Till

pytestmark = pytest.mark.dynamodb
sign = stripe.WebhookSignature.generate_signature_header


def seconds(now: datetime) -> int:
    """A time as signatures have it."""
    return int(now.timestamp())


# --- Only Stripe's own ------------------------------------------------------------------------------------------------


def test_the_sample_event_credits_its_payment(till: Till) -> None:
    till.world.create_account("acct_meridian")
    event = sample_event("stripe_webhook")
    card = till.card(account="acct_meridian")
    [customer] = till.objects("customer")
    topups = TopUps(till.world.stack.dynamodb, till.world.stack.table_name)
    said = json.loads(event["body"])["data"]["object"]
    known = Card(card, "visa", "4242", "fingerprint")
    who = ("acct_meridian", said["metadata"]["topup_id"], "user:ada")
    topups.create(manual_topup(*who, 25_000_000, known, customer["id"], "https://page.test/", till.world.clock.now))
    intents = till.stand_in.account.objects["payment_intent"]
    intents[said["id"]] = intents.pop(paid_at_stripe(till, till.top_ups("acct_meridian")[0])) | {"id": said["id"]}
    signature = sign(event["body"], DEFAULT_WEBHOOK_SECRET, seconds(till.world.clock.now))
    event["headers"]["stripe-signature"] = signature
    answer = till.world.invoke("stripe_webhook", event)
    assert (answer.status, answer.body) == (200, {"received": True, "outcome": "succeeded"})
    assert till.world.balance("acct_meridian") == 25_000_000
    till.check()


BODY = body_of(succeeded("pi_1"))
NOW_SECONDS = 1795435200
GOOD = sign(BODY, DEFAULT_WEBHOOK_SECRET, NOW_SECONDS)
BAD_SIGNATURES = [
    ("", "missing_signature"),
    ("garbage", "invalid_signature"),
    (",", "invalid_signature"),
    ("t=,v1=", "invalid_signature"),
    (f"t={NOW_SECONDS}", "invalid_signature"),
    (f"t={NOW_SECONDS},v1=", "invalid_signature"),
    (f"t={NOW_SECONDS},v1={'0' * 64}", "invalid_signature"),
    (GOOD.partition(",")[2], "invalid_signature"),
    (GOOD.replace("v1=", "v0="), "invalid_signature"),
    (GOOD.replace("t=", "t=1"), "invalid_signature"),
    (GOOD.replace(f"t={NOW_SECONDS}", "t=now"), "invalid_signature"),
    (GOOD.replace(f"t={NOW_SECONDS}", f"t={NOW_SECONDS}.0"), "invalid_signature"),
    (GOOD[:-1], "invalid_signature"),
    (GOOD.upper(), "invalid_signature"),
    (f"t={NOW_SECONDS},v1=\u00e9", "invalid_signature"),
    (sign(BODY, "whsec_another", NOW_SECONDS), "invalid_signature"),
    (sign(BODY, "", NOW_SECONDS), "invalid_signature"),
    (sign(f"{BODY} ", DEFAULT_WEBHOOK_SECRET, NOW_SECONDS), "invalid_signature"),
    (sign(BODY, DEFAULT_WEBHOOK_SECRET, NOW_SECONDS - 301), "stale_signature"),
    (sign(BODY, DEFAULT_WEBHOOK_SECRET, 0), "stale_signature"),
    (sign(BODY, DEFAULT_WEBHOOK_SECRET, NOW_SECONDS + 301), "future_signature"),
]


@pytest.mark.parametrize(("signature", "code"), BAD_SIGNATURES, ids=str)
def test_a_forged_or_outdated_callback_is_400_and_changes_nothing(till: Till, signature: str, code: str) -> None:
    assert seconds(till.world.clock.now) == NOW_SECONDS
    before = till.everything()
    answer = till.send_back(BODY, **{"stripe-signature": signature})
    assert (answer.status, answer.code) == (400, code)
    assert till.everything() == before
    assert till.wire.sent == []


def test_a_callback_without_the_header_or_without_a_body_is_400(till: Till) -> None:
    event = http_event("stripe_webhook", "POST", "/stripe/webhook", body=BODY, signed_in=False)
    del event["headers"]["stripe-signature"]
    assert till.world.invoke("stripe_webhook", event).code == "missing_signature"
    event["headers"]["stripe-signature"] = GOOD
    del event["body"]
    assert till.world.invoke("stripe_webhook", event).code == "invalid_signature"


def test_the_signature_of_one_body_does_not_sign_another(till: Till) -> None:
    card = till.card()
    till.paid("25.00", card)
    before = till.everything()
    answer = till.send_back(body_of(succeeded("pi_2")), **{"stripe-signature": GOOD})
    assert (answer.status, answer.code) == (400, "invalid_signature")
    assert till.everything() == before


@pytest.mark.parametrize("off", [-300, 0, 300])
def test_five_minutes_of_clock_skew_and_one_good_signature_are_accepted(till: Till, off: int) -> None:
    good = sign(BODY, DEFAULT_WEBHOOK_SECRET, NOW_SECONDS + off)
    assert till.send_back(BODY, **{"stripe-signature": f"{good},v1={'0' * 64},v0=1"}).status == 200
    stamp, _, hashed = good.partition(",")
    assert till.send_back(BODY, **{"stripe-signature": f"{stamp},v1={'0' * 64},{hashed}"}).status == 200


def test_a_body_in_base64_is_verified_as_the_bytes_it_stands_for(till: Till) -> None:
    shown = till.paid("25.00", till.card(CHALLENGED))
    till.challenge(shown["id"])
    body = body_of(succeeded(till.intent_of(shown["id"])["id"]) | {"note": "Zoë 李"})
    event = http_event("stripe_webhook", "POST", "/stripe/webhook", signed_in=False)
    event["headers"]["stripe-signature"] = sign(body, DEFAULT_WEBHOOK_SECRET, NOW_SECONDS)
    event |= {"body": base64.b64encode(body.encode()).decode(), "isBase64Encoded": True}
    answer = till.world.invoke("stripe_webhook", event)
    assert (answer.status, answer.body["outcome"]) == (200, "succeeded")
    event["isBase64Encoded"] = False
    assert till.world.invoke("stripe_webhook", event).code == "invalid_signature"
    till.check()


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "null", "{}", '{"id": "evt_1", "type": "x"}', '{"id": "evt_1", "data": {"object": {}}}']
)
def test_a_signed_body_that_is_not_an_event_is_400(till: Till, body: str) -> None:
    answer = till.send_back(body)
    assert (answer.status, answer.code) == (400, "malformed_event")


def test_a_callback_larger_than_any_event_is_413(till: Till) -> None:
    answer = till.send_back("x" * (256 * 1024 + 1))
    assert (answer.status, answer.code) == (413, "body_too_large")


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        ("customer.created", {"id": "cus_1"}),
        ("invoice.paid", {"id": "in_1"}),
        ("payment_intent.created", {"id": "pi_1"}),
        ("payment_intent.of_next_year", {"id": "pi_1"}),
        ("balance.available", {"object": "balance", "available": []}),
        ("invoice.upcoming", {"id": None, "object": "invoice", "customer": "cus_1"}),
    ],
)
def test_events_of_other_kinds_are_taken_and_ignored(till: Till, kind: str, subject: dict[str, Any]) -> None:
    before = till.everything()
    answer = till.call_back(event_about(kind, subject))
    assert (answer.status, answer.body) == (200, {"received": True, "outcome": "ignored"})
    assert till.everything() == before
    assert till.wire.sent == []


@pytest.mark.parametrize("kind", ["payment_intent.succeeded", "checkout.session.completed", "payment_method.detached"])
def test_an_event_that_names_no_object_is_taken_and_ignored(till: Till, kind: str) -> None:
    for nameless in ({"id": None}, {"id": ""}, {"object": "payment_intent"}):
        answer = till.call_back(event_about(kind, nameless))
        assert (answer.status, answer.body["outcome"]) == (200, "ignored")
    assert till.wire.sent == []


# --- Any order, any number --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(8))
def test_events_in_any_order_and_number_end_in_the_same_ledger(till: Till, seed: int) -> None:
    rng = Random(seed)
    cards = {kind: till.card(kind) for kind in (VISA, DECLINED, CHALLENGED)}
    challenged = till.paid("25.00", cards[CHALLENGED])
    told = till.stand_in.take_events()
    for step in range(6):
        if step == 2:
            till.challenge(challenged["id"])
        if step in (3, 4):
            till.paid("30.00", cards[VISA if step == 3 else DECLINED])
        told += till.stand_in.take_events()
        for event in rng.choices(told, k=6):
            assert till.call_back(event).status == 200
    for event in rng.sample(told, len(told)):
        assert till.call_back(event).status == 200
    before = till.everything()
    for event in rng.choices(told, k=2 * len(told)):
        assert till.call_back(event).status == 200
    assert till.everything() == before
    assert sorted(item["status"] for item in till.top_ups()) == ["failed", "succeeded", "succeeded"]
    assert till.world.balance() == 55_000_000
    assert issues(till) == []
    till.check()


@pytest.mark.parametrize("when", ["before the answer", "after the answer", "lost answer"])
def test_an_early_success_event_is_credited_once(till: Till, when: str) -> None:
    """Somebody confirms the intent at the very moment it is made, and Stripe's callback is faster than its answer."""
    card = till.card()

    def told_at_once(sent: StripeRequest, passed: Pass) -> requests.Response:
        if f"{sent.method} {sent.path}" != CREATE:
            return passed()
        till.wire.through = None
        answer = passed()
        intent_id = answer.json()["id"]
        till.sdk.v1.payment_intents.confirm(intent_id, {"payment_method": card})
        assert [item["status"] for item in till.top_ups()] == ["created"]
        if when != "after the answer":
            assert till.call_back(succeeded(intent_id)).body["outcome"] == "succeeded"
        if when == "lost answer":
            raise requests.ConnectionError("lost")
        return answer

    till.wire.through = told_at_once
    shown = till.paid("25.00", card, key="one")
    assert shown["status"] == "succeeded"
    till.call_all_back()
    assert till.charged() == [2500]
    assert till.world.balance() == 25_000_000
    assert issues(till) == []
    till.check()


# --- Cards ------------------------------------------------------------------------------------------------------------


def saved_on_page(till: Till, kind: str) -> str:
    """Save a card on the hosted page, and have it told; the card's id."""
    address = till.world.ask("add_funds", "POST", "/payment-methods").body["url"]
    session = Controls(till.stand_in).complete_checkout(address.rpartition("/")[2], kind)
    till.call_all_back()
    return str(till.stand_in.account.objects["setup_intent"][session["setup_intent"]]["payment_method"])


def default(till: Till) -> str | None:
    """The customer's default card at Stripe."""
    [customer] = till.objects("customer")
    card: str | None = customer["invoice_settings"]["default_payment_method"]
    return card


def test_only_the_first_card_saved_on_the_page_becomes_the_default(till: Till) -> None:
    first = saved_on_page(till, VISA)
    assert default(till) == first
    second = saved_on_page(till, MASTERCARD)
    assert default(till) == first
    till.world.ask("add_funds", "DELETE", f"/payment-methods/{first}")
    assert default(till) is None
    third = saved_on_page(till, VISA)
    assert (default(till), second != third) == (third, True)


def test_an_event_of_an_unknown_page_or_without_news_is_accepted(till: Till) -> None:
    till.customer()
    [session] = till.objects("checkout.session")
    for session_id in (session["id"], "cs_test_unknown"):
        answer = till.call_back(event_about("checkout.session.completed", {"id": session_id}))
        assert answer.status == 200
    assert default(till) is None


def test_a_card_saved_for_a_foreign_customer_changes_nothing(till: Till) -> None:
    stranger = till.sdk.v1.customers.create({"metadata": {"shop": "another product"}}).id
    page = till.sdk.v1.checkout.sessions.create(
        {"mode": "setup", "currency": "usd", "customer": stranger, "success_url": "https://shop.test/"}
    )
    Controls(till.stand_in).complete_checkout(page.id)
    assert "checkout.session.completed" in till.call_all_back()
    assert default(till) is None


def test_a_card_removed_at_stripe_suspends_the_rule_that_used_it(till: Till) -> None:
    used, other = till.card(), till.card(MASTERCARD)
    till.set_rule(used)
    till.sdk.v1.payment_methods.detach(other)
    till.call_all_back()
    assert till.shown_rule()["status"] == "active"
    till.sdk.v1.payment_methods.detach(used)
    events = till.stand_in.take_events()
    for _ in range(2):
        for event in events:
            assert till.call_back(event).status == 200
        shown = till.shown_rule()
        assert (shown["status"], shown["reason"]) == ("suspended", "card_removed")
    assert issues(till) == []


@pytest.mark.parametrize("account", ["acct_1", "acct_of_another_deployment", ""])
def test_a_card_removed_from_a_foreign_customer_is_listed_once(till: Till, account: str) -> None:
    stranger = till.sdk.v1.customers.create({"metadata": {"account_id": account}}).id
    card = till.sdk.v1.payment_methods.attach(VISA, {"customer": stranger}).id
    till.customer()
    till.sdk.v1.payment_methods.detach(card)
    events = till.stand_in.take_events()
    for event in events * 2:
        assert till.call_back(event).status == 200
    assert issues(till) == [(card, "foreign_card", account)]


def test_a_card_removed_with_its_customer_is_listed_once(till: Till) -> None:
    card = till.card()
    customer = till.customer()
    till.sdk.v1.payment_methods.detach(card)
    del till.stand_in.account.objects["customer"][customer]
    till.call_all_back()
    assert issues(till) == [(card, "foreign_card", "")]


# --- Stripe is away ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["dropped", "rate_limited", "error_500"])
def test_stripe_is_asked_to_resend_an_event_during_its_outage(till: Till, kind: str) -> None:
    card = till.card()
    till.set_rule(card)
    shown = till.paid("25.00", till.card(CHALLENGED))
    till.challenge(shown["id"])
    intent_id = till.intent_of(shown["id"])["id"]
    [session, *_] = till.objects("checkout.session")
    detached = event_about(
        "payment_method.detached", {"id": card, "customer": None}, previous_attributes={"customer": session["customer"]}
    )
    before = till.everything()
    till.fault(kind, ANYTHING, count=ALWAYS)
    for event in (succeeded(intent_id), event_about("checkout.session.completed", {"id": session["id"]}), detached):
        answer = till.call_back(event)
        assert (answer.status, answer.code) == (503, "payments_unavailable")
    assert till.everything() == before
    till.all_well()
    assert till.call_back(succeeded(intent_id)).body["outcome"] == "succeeded"
    assert till.call_back(detached).body["outcome"] == "suspended"
    till.check()
