"""Manual payments on the deployed application, with real webhook events of the stand-in for Stripe and injected faults.
Each ends in one payment and one credit, or in neither.
"""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import boto3
import httpx
import pytest

from local.stack import Stack
from local.stripe_stand_in.controls import Controls
from local.stripe_stand_in.faults import Faults
from local.stripe_stand_in.stand_in import DEFAULT_API_KEY, DEFAULT_WEBHOOK_SECRET
from tests.stack.callbacks import redeliver
from tests.stack.conftest import eventually, log_file, log_lines
from tests.stack.customers import CREATE, Customer, open_customer, reconcile, stand_in, unanswered
from tests.stack.test_calls import items_of

PAID = {"payment_intents": 1, "succeeded": 1, "amount_received": 2500}


def pay_outside(customer: Customer, card: str, cents: int, metadata: dict[str, str]) -> str:
    """Make a payment with a customer's card outside the application; return the id of its intent."""
    intents = customer.stack.stripe_sdk().v1.payment_intents
    intent = intents.create(
        {
            "amount": cents,
            "currency": "usd",
            "customer": customer.customer_id,
            "payment_method": card,
            "metadata": metadata,
            "allowed_payment_method_types": ["card"],
            "confirm": True,
            "off_session": True,
        }
    )
    return intent.id


def issue_of(deployed: Stack, intent_id: str) -> dict[str, Any]:
    """Return the listed issue of an intent; empty if there is none."""
    key = {"PK": {"S": f"STRIPE#{intent_id}"}, "SK": {"S": "ISSUE"}}
    answer = boto3.client("dynamodb").get_item(TableName=deployed.outputs["TableName"], Key=key, ConsistentRead=True)
    return {name: next(iter(value.values())) for name, value in answer.get("Item", {}).items()}


@pytest.mark.usefixtures("faults")
def test_duplicate_payment_and_webhooks_credit_once(deployed: Stack) -> None:
    customer = open_customer(deployed)
    card, key = customer.save_card(), uuid.uuid4().hex
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: customer.pay(card, "25.00", key), range(2))
    assert {first.status_code, second.status_code} <= {201, 409}
    again = customer.pay(card, "25.00", key)
    assert (again.status_code, again.json()["status"]) == (201, "succeeded")
    assert all(answer.json() == again.json() for answer in (first, second) if answer.status_code == 201)

    [intent] = customer.intents()
    for _ in range(3):
        answer = redeliver(deployed, "payment_intent.succeeded", intent.id)
        assert (answer.status_code, answer.json()["outcome"]) == (200, "succeeded")
    deployed.wait_until_callbacks_are_delivered()
    reconcile(deployed)
    assert customer.stripe_counts() == PAID
    assert customer.credited_micros() == [25_000_000]
    assert customer.balance_micros == 75_000_000
    assert customer.payments() == [again.json()]


@unanswered
def test_repeated_request_completes_an_unanswered_payment(
    deployed: Stack, faults: Faults, orders: list[tuple[str, str, int]]
) -> None:
    customer = open_customer(deployed)
    card, key = customer.save_card(), uuid.uuid4().hex
    for kind, match, count in orders:
        faults.add(kind, match, count=count, customer=customer.customer_id)
    unclear = customer.pay(card, "25.00", key)
    assert unclear.status_code == 503 or unclear.json()["status"] == "processing"
    assert customer.credited_micros() == []
    customer.expire_waits()
    again = customer.pay(card, "25.00", key)
    assert (again.status_code, again.json()["status"]) == (201, "succeeded")
    deployed.wait_until_callbacks_are_delivered()
    assert customer.stripe_counts() == PAID
    assert customer.credited_micros() == [25_000_000]


def test_abandoned_payment_is_canceled_at_stripe(deployed: Stack, faults: Faults) -> None:
    customer = open_customer(deployed)
    card = customer.save_card()
    faults.add("answer_lost", CREATE, count=2, customer=customer.customer_id)
    assert customer.pay(card, "25.00", "left").status_code == 503
    customer.expire_waits()
    customer.age_payments()
    reconcile(deployed)
    eventually(lambda: items_of(deployed, customer.account_id, "TOPUP#")[0]["status"]["S"] == "canceled")
    assert [intent.status for intent in customer.intents()] == ["canceled"]
    assert customer.credited_micros() == []


def test_sweeper_credits_a_payment_with_a_lost_webhook(deployed: Stack, faults: Faults) -> None:
    customer = open_customer(deployed)
    payment = customer.pay(customer.save_card("pm_card_processing"), "25.00", "slow bank").json()
    assert payment["status"] == "processing"
    deployed.wait_until_callbacks_are_delivered()
    faults.add("lost", "payment_intent.succeeded")
    [intent] = customer.intents()
    Controls(stand_in(deployed)).settle(intent.id)
    deployed.wait_until_callbacks_are_delivered()
    assert customer.statuses() == ["processing"]

    customer.expire_waits()
    reconcile(deployed)
    eventually(lambda: customer.statuses() == ["succeeded"])
    reconcile(deployed)
    assert redeliver(deployed, "payment_intent.succeeded", intent.id).status_code == 200
    assert customer.stripe_counts() == PAID
    assert customer.credited_micros() == [25_000_000]


@pytest.mark.usefixtures("faults")
def test_foreign_intent_is_listed_and_never_credited(deployed: Stack) -> None:
    customer = open_customer(deployed)
    card = customer.save_card()
    for metadata in ({}, {"account_id": customer.account_id, "topup_id": "tu_made_up"}):
        intent_id = pay_outside(customer, card, 2500, metadata)
        issue = eventually(partial(issue_of, deployed, intent_id))
        assert (issue["code"], issue["details"]) == ("foreign_payment", "payment_intent.succeeded: succeeded")
    assert customer.credited_micros() == []
    assert customer.balance_micros == 50_000_000


def test_intent_with_another_amount_is_listed_and_not_credited(deployed: Stack, faults: Faults) -> None:
    customer = open_customer(deployed)
    card = customer.save_card()
    faults.add("dropped", CREATE, count=2, customer=customer.customer_id)
    assert customer.pay(card, "25.00", "mine").status_code == 503
    [waiting] = items_of(deployed, customer.account_id, "TOPUP#")
    metadata = {"account_id": customer.account_id, "topup_id": waiting["topup_id"]["S"]}
    other = pay_outside(customer, card, 2499, metadata)
    issue = eventually(partial(issue_of, deployed, other))
    assert (issue["code"], issue["account_id"]) == ("amount_mismatch", customer.account_id)
    assert customer.credited_micros() == []

    assert customer.pay(card, "25.00", "mine").json()["status"] == "succeeded"
    assert customer.credited_micros() == [25_000_000]
    reconcile(deployed)
    assert redeliver(deployed, "payment_intent.succeeded", other).json()["outcome"] == "succeeded"
    assert customer.credited_micros() == [25_000_000]
    assert issue_of(deployed, other)["code"] == "other_intent"


def test_stack_description_contains_the_stripe_url(deployed: Stack) -> None:
    deployed.publish_description()
    described = json.loads(deployed.settings.description_file.read_text(encoding="utf-8"))
    assert described["stripe_api_url"] == stand_in(deployed).base_url == deployed.stripe_url
    assert httpx.get(f"{described['stripe_api_url']}/_control/counts", trust_env=False).status_code == 200


@pytest.mark.usefixtures("faults")
def test_logs_contain_no_secret_and_no_token(deployed: Stack, tokens: dict[str, str]) -> None:
    customer = open_customer(deployed)
    assert customer.pay(customer.save_card(), "25.00", "logged").status_code == 201
    reconcile(deployed)
    secrets = boto3.client("secretsmanager")
    stored = [
        secrets.get_secret_value(SecretId=secret["ARN"])["SecretString"]
        for secret in secrets.list_secrets()["SecretList"]
    ]
    assert len(stored) == 3
    hidden = [
        DEFAULT_API_KEY,
        DEFAULT_WEBHOOK_SECRET,
        deployed.switch_client["secret"],
        deployed.operator_client["secret"],
        *stored,
    ]
    hidden += [*tokens.values(), customer.token, str(customer.intents()[0].client_secret)]

    def lines() -> str:
        text = "\n".join(log_lines())
        messages = ("payments", "taken", "reconciled")  # Of add_funds, stripe_webhook, and reconcile_payments.
        return text if all(f'"message":"{message}"' in text for message in messages) else ""

    logged = eventually(lines) + log_file(deployed)
    assert [word for word in hidden if word in logged] == []
