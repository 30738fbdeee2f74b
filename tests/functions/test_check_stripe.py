"""`make check-stripe` finds what does not fit together, says how to correct it, and changes nothing."""

import re
import uuid
from dataclasses import replace
from typing import Any

import boto3
import pytest

from calling_credit.payments.webhook_events import ENDPOINT_EVENTS
from local.stripe_stand_in.account_controls import AccountControls
from local.stripe_stand_in.stand_in import DEFAULT_API_KEY, DEFAULT_WEBHOOK_SECRET
from ops import check_stripe
from tests.functions.check_stripe_bench import account, found, secret, stack_of
from tests.harness.template import ROOT
from tests.harness.till import Till

pytestmark = pytest.mark.dynamodb
__all__ = ["account", "secret"]
CARDS, BANKS = "card_payments", "us_bank_account_ach_payments"


def test_an_account_in_order_has_no_findings(till: Till, account: AccountControls, secret: dict[str, str]) -> None:
    till.paid("25.00", till.card())
    assert found(till, secret) == []


def test_deploy_md_lists_every_event_of_the_endpoint() -> None:
    text = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    section = text[text.index("add the output `WebhookUrl`") : text.index("A restricted key needs")]
    assert set(re.findall(r"`([a-z_]+(?:\.[a-z_]+)+)`", section)) == ENDPOINT_EVENTS


def test_a_missing_endpoint_is_found_with_the_address_to_add(
    till: Till, account: AccountControls, secret: dict[str, str]
) -> None:
    account.delete_endpoint()
    [finding] = found(till, secret)
    assert till.stand_in.account.webhook_url in finding
    assert "the account has no endpoint" in finding


def test_an_endpoint_at_another_address_is_found(till: Till, account: AccountControls, secret: dict[str, str]) -> None:
    account.change_endpoint(url="https://old.example.com/stripe/webhook")
    [finding] = found(till, secret)
    assert "https://old.example.com/stripe/webhook" in finding


def test_a_slash_after_the_address_is_another_address(
    till: Till, account: AccountControls, secret: dict[str, str]
) -> None:
    address = till.stand_in.account.webhook_url
    account.change_endpoint(url=f"{address}/")
    assert found(till, secret) == [
        f"endpoint: Stripe does not call {address}; the account has other endpoints: {address}/"
    ]


def test_a_disabled_endpoint_is_found(till: Till, account: AccountControls, secret: dict[str, str]) -> None:
    account.change_endpoint(disabled=True)
    [finding] = found(till, secret)
    assert finding.endswith("is disabled")


def test_missing_events_are_named(till: Till, account: AccountControls, secret: dict[str, str]) -> None:
    gone = {"charge.dispute.created", "customer.deleted", "radar.early_fraud_warning.created"}
    account.change_endpoint(enabled_events=sorted(ENDPOINT_EVENTS - gone))
    assert found(till, secret) == [f"events: the endpoint does not send: {', '.join(sorted(gone))}"]
    account.change_endpoint(enabled_events=["*"])
    assert found(till, secret) == []


def test_another_api_version_is_found(till: Till, account: AccountControls, secret: dict[str, str]) -> None:
    account.change_endpoint(api_version="2019-03-14")
    [finding] = found(till, secret)
    assert "2019-03-14" in finding


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"charges_enabled": False}, "may not charge"),
        ({"capabilities": {BANKS: "active", CARDS: "inactive"}}, "card_payments is inactive"),
        (
            {"capabilities": {CARDS: "active"}},
            "bank accounts: the capability us_bank_account_ach_payments is not requested",
        ),
        ({"capabilities": {BANKS: "active"}}, "card_payments is not requested"),
    ],
)
def test_an_account_that_may_not_charge_is_found(
    till: Till, account: AccountControls, secret: dict[str, str], fields: dict[str, Any], words: str
) -> None:
    account.change_account(**fields)
    [finding] = found(till, secret)
    assert words in finding


def test_switched_off_cards_are_found(till: Till, account: AccountControls, secret: dict[str, str]) -> None:
    account.set_cards(accepted=False)
    [finding] = found(till, secret)
    assert "do not offer cards" in finding


@pytest.mark.parametrize(
    ("right", "level", "words"),
    [
        ("customer", "read", "Write access to Customers"),
        ("payment_method", "read", "Write access to PaymentMethods"),
        ("payment_intent", "none", "Write access to PaymentIntents"),
        ("setup_intent", "read", "Write access to SetupIntents"),
        ("checkout_session", "read", "Write access to Checkout Sessions"),
        ("charge", "read", "Write access to Charges and Refunds"),
        ("dispute", "none", "Read access to Disputes"),
        ("radar", "none", "Read access to Radar"),
        ("event", "none", "Read access to Events"),
        ("webhook", "none", "Read access to Webhook Endpoints"),
        ("accounts_kyc_basic", "none", "Read access to Account"),
        ("payment_method_configurations", "none", "Read access to Payment Method Configurations"),
    ],
)
def test_each_missing_right_is_named_once(
    till: Till, account: AccountControls, secret: dict[str, str], right: str, level: str, words: str
) -> None:
    account.restrict_key(**{right: level})
    [finding] = found(till, secret)
    assert words in finding


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"api_key": ""}, ["api_key: is not stored"]),
        ({"api_key": "pk_test_1"}, ["api_key: is a publishable key"]),
        ({"api_key": f"{DEFAULT_API_KEY}\n"}, ["api_key: contains a space or a line break"]),
        ({"webhook_secret": f"{DEFAULT_WEBHOOK_SECRET}\n"}, ["webhook_secret: contains a space or a line break"]),
        ({"webhook_secret": ""}, ["webhook_secret: is not stored"]),
        ({"webhook_secret": "sk_test_1"}, ["webhook_secret: does not begin with whsec_"]),
        ({"api_key": "sk_test_old"}, ["api_key: Stripe does not accept the key"]),
    ],
)
def test_wrong_settings_are_found(
    till: Till, account: AccountControls, secret: dict[str, str], change: dict[str, str], words: list[str]
) -> None:
    assert found(till, secret | change) == words


def test_a_test_key_in_production_and_a_live_key_in_staging_are_found(
    till: Till, account: AccountControls, secret: dict[str, str]
) -> None:
    assert found(till, secret, "production") == ["mode: the key is of test mode, and Environment is production"]
    till.stand_in.api_key = "sk_live_1"
    findings = found(till, secret | {"api_key": "sk_live_1"})
    assert findings[0] == "mode: the key is of live mode, and Environment is staging"
    assert "of test mode" in findings[1], "the endpoint"


def test_a_key_of_another_account_is_found(till: Till, account: AccountControls, secret: dict[str, str]) -> None:
    till.paid("25.00", till.card())
    own = till.stand_in.account.own_id
    account.move_to_account("acct_other")
    account.change_endpoint(enabled_events=["*"])
    findings = found(till, secret)
    assert len(findings) == 2
    assert own in findings[0]
    assert "does not know stored customers" in findings[1]


def test_webhook_secret_beside_the_api_key_is_a_finding(till: Till) -> None:
    client, name = boto3.client("secretsmanager"), f"webhook-{uuid.uuid4().hex}"
    client.create_secret(Name=name, SecretString='{"webhook_secret": ""}')
    found_stack = stack_of(till)
    stack = replace(found_stack, outputs={**found_stack.outputs, "StripeWebhookSecretArn": name})
    [finding] = check_stripe.check_places(stack)
    assert (finding.subject, "StripeWebhookSecretArn" in finding.repair) == ("webhook_secret", True)
    assert check_stripe.read_secret(stack)["webhook_secret"] == DEFAULT_WEBHOOK_SECRET, "it counts until it is moved"
    for stored in ('{"webhook_secret": "whsec_own"}', "whsec_own"):
        client.put_secret_value(SecretId=name, SecretString=stored)
        assert check_stripe.read_secret(stack)["webhook_secret"] == "whsec_own"
    assert list(check_stripe.check_places(found_stack)) == [], "an earlier release has no other place"
