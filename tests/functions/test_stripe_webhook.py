"""Only callbacks that Stripe signed are accepted, and events of other kinds are ignored."""

import base64
import json
from datetime import datetime
from typing import Any

import pytest
import stripe

from calling_credit.payments.new_topup import manual_topup
from calling_credit.topups.store import TopUpStore
from calling_credit.topups.topup import Card
from local.stripe_stand_in.sender import body_of
from local.stripe_stand_in.stand_in import DEFAULT_WEBHOOK_SECRET
from tests.harness.callbacks import event_about, paid_at_stripe, succeeded
from tests.harness.cards import CHALLENGED
from tests.harness.http import http_event
from tests.harness.table import sample_event
from tests.harness.till import Till

pytestmark = pytest.mark.dynamodb


sign = stripe.WebhookSignature.generate_signature_header


def seconds(now: datetime) -> int:
    """The time in a signature's format."""
    return int(now.timestamp())


def test_the_sample_event_credits_its_payment(till: Till) -> None:
    till.world.create_account("acct_meridian")
    event = sample_event("stripe_webhook")
    card = till.card(account="acct_meridian")
    [customer] = till.objects("customer")
    topups = TopUpStore(till.world.stack.dynamodb, till.world.stack.table_name)
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


@pytest.mark.parametrize(
    "body",
    ["[" * 200_000, '{"a":' * 30_000 + "1" + "}" * 30_000, "9" * 5_000, json.dumps(succeeded("pi_\ud800"))],
    ids=["open lists", "nested objects", "a long number", "half a character"],
)
def test_a_signed_body_that_no_parser_takes_is_400(till: Till, body: str) -> None:
    answer = till.send_back(body)
    assert (answer.status, answer.code) == (400, "malformed_event")


def test_a_body_with_half_a_character_is_not_what_stripe_signed(till: Till) -> None:
    event = till.callback("{}")
    event["body"] = "\ud800"
    assert till.world.invoke("stripe_webhook", event).code == "invalid_signature"


@pytest.mark.parametrize(
    "header",
    ["t", "t=", "v1=", ",,,", "t=1,v1=\u00e9", f"t={'9' * 5_000},v1=a", "t=\u0661,v1=a", "v0=a,t=1", " ", "\0"],
)
def test_a_header_in_another_form_is_an_invalid_signature(till: Till, header: str) -> None:
    answer = till.send_back("{}", **{"stripe-signature": header})
    assert (answer.status, answer.code) == (400, "invalid_signature")


def test_one_of_several_signatures_is_enough_while_a_secret_is_rolled(till: Till) -> None:
    body, at = body_of(event_about("balance.available", {"object": "balance"})), seconds(till.world.clock.now)
    right = sign(body, DEFAULT_WEBHOOK_SECRET, at).rpartition("=")[2]
    header = f"t={at},v1={'0' * 64},v1={right},v0={'0' * 64}"
    assert till.send_back(body, **{"stripe-signature": header}).status == 200


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
