"""Customers of the stack: accounts with a billing admin, cards, a rule, and calls, and their payments according to the
table, the logs, and the stand-in for Stripe.
"""

import json
import math
import re
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
import stripe

from calling_credit.categories import TOP_UP
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.card_keys import card_hash, card_key
from calling_credit.instants import format_instant
from local.seed import ADMIN, Person, create_sign_in
from local.stack import Stack, save_card
from local.stripe_stand_in.controls import Controls
from local.stripe_stand_in.stand_in import StandIn
from ops.project import ROOT
from tests.stack.conftest import TOKEN_SECONDS, eventually, log_lines
from tests.stack.deployment import invoke
from tests.stack.test_calls import items_of, make_call, open_account, posted_micros, send

TOKENS: dict[str, tuple[str, float]] = {}
"""The last token of each billing admin, and when it was issued."""
LONG_CALL_MICROS = 20_250_000
"""The price of a call of 150 minutes to Nigeria. It is not so long that it would be suspicious."""
CREATE, CONFIRM, RETRIEVE = (
    "POST /v1/payment_intents",
    "POST /v1/payment_intents/*/confirm",
    "GET /v1/payment_intents/*",
)

SWEEPER = (ROOT / "functions/reconcile_payments/app.py").read_text(encoding="utf-8")
EVENT_CHECK_MINUTES, EVENT_CHECK_MINUTE = map(
    int, re.findall(r"EVENTS_EVERY_MINUTES, EVENTS_AT_MINUTE = (\d+), (\d+)", SWEEPER)[0]
)
"""When the sweeper asks Stripe for lost webhook events, by the wall clock."""

unanswered = pytest.mark.parametrize(
    "orders",
    [
        [("answer_lost", CREATE, 2)],
        [("dropped", CREATE, 2)],
        [("answer_lost", CONFIRM, 1), ("dropped", RETRIEVE, 1), ("lost", "payment_intent.succeeded", 1)],
        [("dropped", CONFIRM, 2)],
    ],
    ids=["no answer to create", "create not received", "no answer to confirm", "confirm not received"],
)
"""Each way to leave a payment unanswered, as faults of the stand-in: kind, match, and count."""


@dataclass(frozen=True, slots=True)
class Customer:
    """An account and its billing admin."""

    stack: Stack
    account_id: str
    email: str

    @property
    def token(self) -> str:
        """A token of the billing admin that is valid for at least 5 minutes; tokens live for 15."""
        known, since = TOKENS.get(self.email, ("", -math.inf))
        if time.monotonic() - since > TOKEN_SECONDS:
            known = self.stack.user_token(self.email)
            TOKENS[self.email] = known, time.monotonic()
        return known

    def save_card(self, kind: str = "pm_card_visa") -> str:
        """Save one of Stripe's test cards; return its id. Its number is new to the application, as a customer's own
        would be: other tests use the same test cards, and their declines and open payments count for the whole stack.
        """
        saved = save_card(self.stack, self.email, kind)
        card = self.stack.stripe_sdk().v1.payment_methods.retrieve(saved).card
        assert card is not None
        key = card_key(card_hash(card.fingerprint or saved))
        boto3.client("dynamodb").delete_item(TableName=self.stack.outputs["TableName"], Key=key)
        return saved

    def set_rule(self, card: str, threshold: str = "40.00", amount: str = "50.00") -> dict[str, Any]:
        """Turn automatic recharge on; return the answer of the API."""
        rule = {"enabled": True, "threshold": threshold, "amount": amount, "payment_method_id": card}
        return self.stack.api.send("PUT", "/auto-recharge", self.token, rule)

    def rule(self) -> dict[str, Any]:
        """Return the rule and its state from the API."""
        return self.stack.api.get("/auto-recharge", self.token)

    def pay(self, card: str, amount: str, key: str) -> Any:
        """Add funds manually; return any answer."""
        body = {"amount": amount, "payment_method_id": card}
        return self.stack.api.request("POST", "/top-ups", self.token, json=body, headers={"Idempotency-Key": key})

    def payments(self) -> list[dict[str, Any]]:
        """Return all payments from the API, newest first."""
        payments: list[dict[str, Any]] = self.stack.api.get("/top-ups", self.token)["items"]
        return payments

    def statuses(self) -> list[str]:
        """Return the status of each payment, newest first."""
        return [payment["status"] for payment in self.payments()]

    def make_long_call(self) -> None:
        """Send a long call through the queue and wait until it is posted."""
        call = make_call(self.account_id, "+2348031234567", 9_000, datetime.now(UTC) - timedelta(days=2))
        send(self.stack, [json.dumps(call)])

        def is_posted() -> bool:
            return any(call["call_id"] in item["SK"]["S"] for item in items_of(self.stack, self.account_id, "ENTRY#"))

        eventually(is_posted, seconds=60)

    @property
    def balance_micros(self) -> int:
        """The posted balance."""
        return posted_micros(self.stack, self.account_id)

    @property
    def headroom_micros(self) -> int:
        """The balance above the threshold; very large while no call may trigger a recharge."""
        [balance] = items_of(self.stack, self.account_id, "BALANCE")
        return int(balance["headroom_micros"]["N"])

    def credited_micros(self) -> list[int]:
        """Return the amount of each entry of a payment."""
        entries = items_of(self.stack, self.account_id, "ENTRY#")
        return [int(entry["amount_micros"]["N"]) for entry in entries if entry["category"]["S"] == TOP_UP]

    @property
    def customer_id(self) -> str:
        """The account's customer at Stripe."""
        [account] = items_of(self.stack, self.account_id, "ACCOUNT")
        return str(account["stripe_customer_id"]["S"])

    def stripe_counts(self) -> dict[str, int]:
        """`{payment_intents, succeeded, amount_received}` (cents) of this customer in the stand-in."""
        customers: dict[str, dict[str, int]] = Controls(stand_in(self.stack)).counts()["customers"]
        return customers.get(self.customer_id, {"payment_intents": 0, "succeeded": 0, "amount_received": 0})

    def intents(self) -> list[stripe.PaymentIntent]:
        """Return the customer's payment intents, newest first."""
        listed = self.stack.stripe_sdk().v1.payment_intents.list({"customer": self.customer_id, "limit": 100})
        return list(listed.data)

    def recharge_outcomes(self) -> list[str]:
        """Return the outcome of each run of automatic recharge for this account, from its log."""
        lines = [json.loads(line) for line in log_lines("AutoRechargeLogs") if '"message":"looked_at"' in line]
        return [line["outcome"] for line in lines if line["account_id"] == self.account_id]

    def expire_waits(self) -> None:
        """Expire all leases and waits of the account, so that every payment and recharge is due."""
        expire_leases(self.stack, self.account_id)
        for item in items_of(self.stack, self.account_id, "AUTO_RECHARGE"):
            move_back(self.stack, item, "next_attempt_at", "not_before", "sweep_sk")

    def age_payments(self) -> None:
        """Set the creation of every payment two minutes back."""
        for item in items_of(self.stack, self.account_id, "TOPUP#"):
            move_back(self.stack, item, "created_at")


def open_customer(stack: Stack, credit: str = "50.00") -> Customer:
    """Open an account with credit, one line, and a billing admin."""
    account_id = f"acct_{uuid.uuid4().hex[:12]}"
    open_account(stack, account_id, credit)
    person = Person("user_1", "Uma", f"{account_id}@customers.example", ADMIN)
    stack.users.append(create_sign_in(stack.outputs["UserPoolId"], account_id, person))
    return Customer(stack, account_id, person.email)


def is_event_check(in_seconds: int = 0) -> bool:
    """Return whether it is a minute in which the sweeper asks Stripe for lost webhook events."""
    then = datetime.now(UTC) + timedelta(seconds=in_seconds)
    return then.minute % EVENT_CHECK_MINUTES == EVENT_CHECK_MINUTE


def reconcile(stack: Stack) -> None:
    """Run the sweeper once without failures. Avoid the minutes in which it also asks for lost events: it would
    credit a payment before its lease expires.
    """
    while is_event_check(in_seconds=5) or is_event_check():
        time.sleep(1)
    assert invoke(stack, "ReconcilePaymentsFunction", {})["failed"] == 0


def expire_leases(stack: Stack, account_id: str) -> None:
    """Expire the leases of an account's payments. A manual payment keeps its age, since its user is still waiting."""
    for item in items_of(stack, account_id, "TOPUP#"):
        move_back(stack, item, "lease_until", "sweep_sk")
        if item["kind"]["S"] == "automatic":
            move_back(stack, item, "created_at")
    for item in items_of(stack, account_id, "AUTO_RECHARGE"):
        if "in_flight" in item:
            in_flight = item["in_flight"]["M"] | {"lease_until": {"S": two_minutes_ago()}}
            _set(stack, item, "in_flight", {"M": in_flight})


def move_back(stack: Stack, item: dict[str, Any], *times: str) -> None:
    """Set these times of an item two minutes back. The item that lists a payment has its new time, too."""
    past = two_minutes_ago()
    for name in set(times) & set(item):
        _set(stack, item, name, {"S": past})
    if "created_at" in times:
        client, table = boto3.client("dynamodb"), stack.outputs["TableName"]
        account_id, topup_id = item["PK"]["S"].removeprefix("ACCOUNT#"), item["topup_id"]["S"]
        for listed in items_of(stack, account_id, "PAYMENT#"):
            if listed["topup_id"]["S"] == topup_id:
                client.delete_item(TableName=table, Key={"PK": listed["PK"], "SK": listed["SK"]})
                client.put_item(TableName=table, Item=listed | {"SK": {"S": keys.payment_sk(past, topup_id)}})


def _set(stack: Stack, item: dict[str, Any], name: str, value: dict[str, Any]) -> None:
    boto3.client("dynamodb").update_item(
        TableName=stack.outputs["TableName"],
        Key={"PK": item["PK"], "SK": item["SK"]},
        UpdateExpression="SET #name = :value",
        ExpressionAttributeNames={"#name": name},
        ExpressionAttributeValues={":value": value},
    )


def two_minutes_ago() -> str:
    """Return the time two minutes ago in the format of the table."""
    return format_instant(datetime.now(UTC) - timedelta(minutes=2))


def link_to_unconfirmed_payment(stack: Stack) -> str:
    """Return the link that a customer receives when the bank requires a confirmation of a recharge."""
    customer = open_customer(stack)
    customer.set_rule(customer.save_card("pm_card_authenticationRequired"), threshold="100.00")
    eventually(lambda: customer.rule()["status"] == "suspended", seconds=60)
    return str(customer.payments()[0]["next_action_url"])


def stand_in(stack: Stack) -> StandIn:
    """Return the stand-in for Stripe of this stack."""
    assert stack.stripe is not None
    return stack.stripe.stand_in
