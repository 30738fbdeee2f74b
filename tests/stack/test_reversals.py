"""Refunds and disputes on the deployed application, created at the stand-in for Stripe and reported by its
webhook events.
"""

import uuid
from typing import Any

from local.stack import Stack
from local.stripe_stand_in.controls import Controls
from tests.stack.conftest import eventually
from tests.stack.customers import Customer, open_customer, stand_in
from tests.stack.test_calls import posted_micros

OPENING_CREDIT_MICROS = 50_000_000


def paid_customer(deployed: Stack) -> tuple[Customer, str]:
    """Open an account that has paid 25.00; return it with the charge."""
    customer = open_customer(deployed)
    assert customer.pay(customer.save_card(), "25.00", uuid.uuid4().hex).status_code == 201
    [intent] = customer.intents()
    return customer, str(intent.latest_charge)


def wait_for_credit(deployed: Stack, customer: Customer, cents: int) -> None:
    """Wait until this much credit is left above the opening credit."""
    eventually(lambda: posted_micros(deployed, customer.account_id) - OPENING_CREDIT_MICROS == cents * 10_000)


def statement(deployed: Stack, customer: Customer) -> list[tuple[str, str]]:
    """Return the kinds and signed amounts on the statement."""
    items: list[dict[str, Any]] = deployed.api.get("/statement", customer.token)["items"]
    return [(item["kind"], item["amount"]) for item in items if item["kind"] != "balance_adjusted"]


def test_refund_reverses_credit_and_a_failed_refund_restores_it(deployed: Stack) -> None:
    customer, charge = paid_customer(deployed)
    sdk = deployed.stripe_sdk()
    sdk.v1.refunds.create({"charge": charge, "amount": 1_000})
    wait_for_credit(deployed, customer, 1_500)
    failing = sdk.v1.refunds.create({"charge": charge, "amount": 500})
    wait_for_credit(deployed, customer, 1_000)
    Controls(stand_in(deployed)).fail_refund(failing.id)
    wait_for_credit(deployed, customer, 1_500)
    deployed.wait_until_callbacks_are_delivered()
    assert statement(deployed, customer) == [
        ("top_up_paid", "25.00"),
        ("credit_reversed", "-10.00"),
        ("credit_reversed", "-5.00"),
        ("credit_returned", "5.00"),
    ]


def test_dispute_reverses_credit_and_a_won_dispute_restores_it(deployed: Stack, tokens: dict[str, str]) -> None:
    customer, charge = paid_customer(deployed)
    controls = Controls(stand_in(deployed))
    opened = controls.dispute(charge, amount=2_500)
    wait_for_credit(deployed, customer, 0)
    controls.win_dispute(opened["id"])
    wait_for_credit(deployed, customer, 2_500)
    deployed.wait_until_callbacks_are_delivered()
    assert statement(deployed, customer) == [
        ("top_up_paid", "25.00"),
        ("credit_reversed", "-25.00"),
        ("credit_returned", "25.00"),
    ]

    [paid] = customer.payments()
    [card] = deployed.api.get("/payment-methods", customer.token)["items"]
    assert card["state"] == "blocked"
    refused = customer.pay(card["id"], "25.00", "disputed")
    assert (refused.status_code, refused.json()["code"]) == (409, "card_blocked")
    body = {"top_up_id": paid["id"], "reason": "The bank confirmed the payment."}
    unblocked = deployed.api.send("POST", f"/accounts/{customer.account_id}/cards/unblock", tokens["operator"], body)
    assert unblocked["was_blocked"] is True
    assert customer.pay(card["id"], "25.00", "unblocked").json()["status"] == "succeeded"
