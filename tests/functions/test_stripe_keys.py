"""Without the operator's Stripe keys no payment begins, new keys apply at once, and no log contains a key."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import boto3
import pytest

from calling_credit.payments.stripe_client import forget_settings
from local.stripe_stand_in.known_cards import CARDS
from local.stripe_stand_in.stand_in import DEFAULT_API_KEY, DEFAULT_WEBHOOK_SECRET
from tests.harness.callbacks import counted, succeeded
from tests.harness.cards import CHALLENGED, DECLINED
from tests.harness.http import MEMBER, Answer, http_event
from tests.harness.recharging import spend
from tests.harness.till import CREATE, Till

pytestmark = pytest.mark.dynamodb
REVOKED = "sk_test_revoked_9f8e7d"
KEYS = {"api_key": DEFAULT_API_KEY, "webhook_secret": DEFAULT_WEBHOOK_SECRET}


@contextmanager
def secret(text: str) -> Iterator[None]:
    """The operator stores other keys, and later the right ones."""
    client = boto3.client("secretsmanager")
    client.put_secret_value(SecretId="calling-credit-test-stripe", SecretString=text)
    forget_settings()
    try:
        yield
    finally:
        client.put_secret_value(SecretId="calling-credit-test-stripe", SecretString=json.dumps(KEYS))


@pytest.fixture(autouse=True)
def _as_just_started() -> Iterator[None]:
    """Forget the cached secret after each test."""
    yield
    forget_settings()


def everything_with_cards(till: Till, card: str) -> list[Answer]:
    """The requests that need Stripe."""
    asked = [("POST", "/top-ups"), ("GET", "/payment-methods"), ("POST", "/payment-methods")]
    body = {"amount": "25.00", "payment_method_id": card}
    paths = [*asked, ("DELETE", f"/payment-methods/{card}")]
    return [till.world.ask("add_funds", method, path, body, key="key") for method, path in paths]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (json.dumps({"api_key": "", "webhook_secret": ""}), "stripe_not_configured"),
        (json.dumps({"webhook_secret": DEFAULT_WEBHOOK_SECRET}), "stripe_not_configured"),
        ("{}", "stripe_not_configured"),
        ("[]", "stripe_not_configured"),
        (DEFAULT_API_KEY, "stripe_not_configured"),
        (json.dumps(KEYS | {"api_key": REVOKED}), "stripe_refuses_us"),
    ],
    ids=["empty", "no api_key", "nothing", "a list", "no JSON", "revoked"],
)
def test_no_payment_begins_until_the_operator_stores_a_valid_key(till: Till, text: str, code: str) -> None:
    card = till.card()
    paid = till.paid("25.00", card)
    before = till.everything()
    with secret(text):
        for answer in everything_with_cards(till, card):
            assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, code, "60")
        assert till.top_up(paid["id"]) == paid
        assert till.everything() == before
    assert till.paid("25.00", card, key="after")["status"] == "succeeded"
    till.check()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{}", "stripe_not_configured"),
        ("whsec_only", "stripe_not_configured"),
        (json.dumps(KEYS | {"webhook_secret": ""}), "stripe_not_configured"),
        (json.dumps(KEYS | {"api_key": ""}), "stripe_not_configured"),
        (json.dumps(KEYS | {"api_key": REVOKED}), "stripe_refuses_us"),
    ],
    ids=["nothing", "no JSON", "no webhook_secret", "no api_key", "revoked"],
)
def test_without_keys_stripe_is_asked_to_send_its_events_again(till: Till, text: str, code: str) -> None:
    shown = till.paid("25.00", till.card(CHALLENGED))
    till.challenge(shown["id"])
    told = succeeded(till.intent_of(shown["id"])["id"])
    before = till.everything()
    with secret(text):
        answer = till.call_back(told)
        assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, code, "60")
        assert till.everything() == before
    assert till.call_back(told).body["outcome"] == "succeeded"
    till.check()


def test_a_key_that_stripe_rejects_is_counted(till: Till, capsys: pytest.CaptureFixture[str]) -> None:
    card = till.card()
    with secret(json.dumps(KEYS | {"api_key": REVOKED})):
        capsys.readouterr()
        assert till.pay("25.00", card).code == "stripe_refuses_us"
    assert counted(capsys.readouterr().out) == {"StripeRefusals": 1}


def test_an_empty_webhook_secret_verifies_nothing(till: Till) -> None:
    with secret(json.dumps(KEYS | {"webhook_secret": ""})):
        assert till.send_back("{}", **{"stripe-signature": "t=1795435200,v1=00"}).status == 503


def test_cards_and_payments_need_no_key_to_be_refused(till: Till) -> None:
    """Unauthorized users and invalid payments are refused before Stripe's key is read."""
    with secret("{}"):
        assert till.pay("25.00", "pm_1", **MEMBER).code == "billing_admin_required"
        assert till.pay("1e3", "pm_1").code == "invalid_amount"


def test_no_log_holds_a_card_number_a_key_or_a_token(
    till: Till, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.DEBUG, logger="test")
    for kind in ("pm_card_visa", DECLINED, CHALLENGED):
        till.paid("25.00", till.card(kind))
    till.later(minutes=16)
    till.set_rule(till.card(CHALLENGED))
    spend(till, "20.00")
    till.stream()
    [automatic] = [item for item in till.top_ups() if item["kind"] == "automatic"]
    link = till.top_up(automatic["topup_id"])["next_action_url"]
    token = link.rpartition("/links/")[2]
    for method in ("GET", "POST"):
        assert till.visit(token, method).status in (200, 303)
        assert till.visit(token[:-1], method).status == 404
    till.fault("error_500", CREATE, count=2)
    till.pay("25.00", till.card())
    with secret(json.dumps(KEYS | {"api_key": REVOKED})):
        everything_with_cards(till, "pm_1")
    till.send_back("{}", **{"stripe-signature": "t=1,v1=00"})
    till.call_all_back()
    till.sweep(days=1, minutes=1)
    printed = capfd.readouterr()
    said = printed.out + printed.err + caplog.text
    for word in ("refused", "looked_at", "taken", "reconciled"):
        assert word in said
    bearer = http_event("add_funds", "GET", "/top-ups")["headers"]["authorization"].removeprefix("Bearer ")
    kept = [DEFAULT_API_KEY, DEFAULT_WEBHOOK_SECRET, REVOKED, "test-secret", bearer, token[:-1]]
    kept += [intent["client_secret"] for intent in till.objects("payment_intent")]
    kept += [card.number for card in CARDS]
    assert not [text for text in kept if text in said]
