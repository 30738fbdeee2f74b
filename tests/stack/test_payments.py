"""Payments by hand on the deployed application: real functions, callbacks that the stand-in for Stripe really sends,
and whatever goes wrong between the two. Each ends in one payment and one credit, or in none of either.
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
from tests.stack.callbacks import call_back_again
from tests.stack.conftest import eventually, log_file, log_lines
from tests.stack.customers import CREATE, Customer, open_customer, reconcile, stand_in, unanswered
from tests.stack.test_calls import items_of

PAID = {"payment_intents": 1, "succeeded": 1, "amount_received": 2500}


def pay_beside(customer: Customer, card: str, cents: int, metadata: dict[str, str]) -> str:
    """A payment with a customer's card that the application did not make; the id of its intent."""
    intents = customer.stack.stripe_sdk().v1.payment_intents
    made = intents.create(
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
    return made.id


def issue_of(deployed: Stack, intent_id: str) -> dict[str, Any]:
    """What is listed for the operator about an intent; empty if nothing is."""
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
        answer = call_back_again(deployed, "payment_intent.succeeded", intent.id)
        assert (answer.status_code, answer.json()["outcome"]) == (200, "succeeded")
    deployed.wait_until_callbacks_are_delivered()
    reconcile(deployed)
    assert customer.counted_at_stripe() == PAID
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
        faults.add(kind, match, count=count)
    unclear = customer.pay(card, "25.00", key)
    assert unclear.status_code == 503 or unclear.json()["status"] == "processing"
    assert customer.credited_micros() == []
    customer.let_waits_end()
    again = customer.pay(card, "25.00", key)
    assert (again.status_code, again.json()["status"]) == (201, "succeeded")
    deployed.wait_until_callbacks_are_delivered()
    assert customer.counted_at_stripe() == PAID
    assert customer.credited_micros() == [25_000_000]


def test_abandoned_payment_is_canceled_at_stripe(deployed: Stack, faults: Faults) -> None:
    customer = open_customer(deployed)
    faults.add("answer_lost", CREATE, count=2)
    assert customer.pay(customer.save_card(), "25.00", "left").status_code == 503
    customer.let_waits_end()
    customer.let_person_leave()
    reconcile(deployed)
    eventually(lambda: items_of(deployed, customer.account_id, "TOPUP#")[0]["status"]["S"] == "canceled")
    assert [intent.status for intent in customer.intents()] == ["canceled"]
    assert customer.credited_micros() == []


def test_sweeper_credits_a_payment_with_a_lost_webhook(deployed: Stack, faults: Faults) -> None:
    customer = open_customer(deployed)
    begun = customer.pay(customer.save_card("pm_card_processing"), "25.00", "slow bank").json()
    assert begun["status"] == "processing"
    deployed.wait_until_callbacks_are_delivered()
    faults.add("lost", "payment_intent.succeeded")
    [intent] = customer.intents()
    Controls(stand_in(deployed)).settle(intent.id)
    deployed.wait_until_callbacks_are_delivered()
    assert customer.statuses() == ["processing"]

    customer.let_waits_end()
    reconcile(deployed)
    eventually(lambda: customer.statuses() == ["succeeded"])
    reconcile(deployed)
    assert call_back_again(deployed, "payment_intent.succeeded", intent.id).status_code == 200
    assert customer.counted_at_stripe() == PAID
    assert customer.credited_micros() == [25_000_000]


@pytest.mark.usefixtures("faults")
def test_foreign_intent_is_listed_and_never_credited(deployed: Stack) -> None:
    customer = open_customer(deployed)
    card = customer.save_card()
    for metadata in ({}, {"account_id": customer.account_id, "topup_id": "tu_made_up"}):
        made = pay_beside(customer, card, 2500, metadata)
        found = eventually(partial(issue_of, deployed, made))
        assert (found["code"], found["details"]) == ("foreign_payment", "payment_intent.succeeded: succeeded")
    assert customer.credited_micros() == []
    assert customer.balance_micros == 50_000_000


def test_intent_with_another_amount_is_listed_and_not_credited(deployed: Stack, faults: Faults) -> None:
    customer = open_customer(deployed)
    card = customer.save_card()
    faults.add("dropped", CREATE, count=2)
    assert customer.pay(card, "25.00", "mine").status_code == 503
    [waiting] = items_of(deployed, customer.account_id, "TOPUP#")
    metadata = {"account_id": customer.account_id, "topup_id": waiting["topup_id"]["S"]}
    other = pay_beside(customer, card, 2499, metadata)
    found = eventually(partial(issue_of, deployed, other))
    assert (found["code"], found["account_id"]) == ("amount_mismatch", customer.account_id)
    assert customer.credited_micros() == []

    assert customer.pay(card, "25.00", "mine").json()["status"] == "succeeded"
    assert customer.credited_micros() == [25_000_000]
    reconcile(deployed)
    assert call_back_again(deployed, "payment_intent.succeeded", other).json()["outcome"] == "succeeded"
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
    kept = [
        secrets.get_secret_value(SecretId=secret["ARN"])["SecretString"]
        for secret in secrets.list_secrets()["SecretList"]
    ]
    assert len(kept) == 2
    hidden = [DEFAULT_API_KEY, DEFAULT_WEBHOOK_SECRET, deployed.service_client["secret"], *kept]
    hidden += [*tokens.values(), customer.token, str(customer.intents()[0].client_secret)]

    def lines() -> str:
        found = "\n".join(log_lines())
        written = ("payments", "taken", "reconciled")  # By add_funds, stripe_webhook and reconcile_payments.
        return found if all(f'"message":"{message}"' in found for message in written) else ""

    logged = eventually(lines) + log_file(deployed)
    assert [word for word in hidden if word in logged] == []
