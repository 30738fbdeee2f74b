"""Accounts of the stack that pay: each with a billing admin of its own who is signed in, with cards, a rule and calls;
and what the table, the functions' log and the stand-in for Stripe say of their payments.
"""

import json
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
import stripe

from calling_credit.categories import TOP_UP
from calling_credit.instants import format_instant
from local.seed import ADMIN, Person, create_sign_in
from local.stack import Stack, save_card
from local.stripe_stand_in.controls import Controls
from local.stripe_stand_in.stand_in import StandIn
from tests.stack.conftest import eventually, log_lines
from tests.stack.deployment import invoke
from tests.stack.test_calls import items_of, make_call, open_account, posted_micros, send

DAY_OF_TALK_MICROS = 20_160_000
"""What a call of a whole day to a UK landline costs."""
CREATE, CONFIRM, RETRIEVE = (
    "POST /v1/payment_intents",
    "POST /v1/payment_intents/*/confirm",
    "GET /v1/payment_intents/*",
)

LISTENS_EVERY_MINUTES, LISTENS_AT_MINUTE = 15, 7
"""When the sweeper asks for lost callbacks, by the clock of the wall (functions/reconcile_payments)."""

unanswered = pytest.mark.parametrize(
    "orders",
    [
        [("answer_lost", CREATE, 2)],
        [("dropped", CREATE, 2)],
        [("answer_lost", CONFIRM, 1), ("dropped", RETRIEVE, 1), ("lost", "payment_intent.succeeded", 1)],
        [("dropped", CONFIRM, 2)],
    ],
    ids=["no answer to create", "create not heard", "no answer to confirm", "confirm not heard"],
)
"""Each way to leave a payment without an answer, as orders to the stand-in: the fault, what it hits, how often."""


@dataclass(frozen=True, slots=True)
class Customer:
    """An account and the token of its billing admin."""

    stack: Stack
    account_id: str
    email: str
    token: str

    def save_card(self, kind: str = "pm_card_visa") -> str:
        """Save one of Stripe's test cards; its id."""
        return save_card(self.stack, self.email, kind)

    def set_rule(self, card: str, threshold: str = "40.00", amount: str = "50.00") -> dict[str, Any]:
        """Switch automatic recharge on; what the API answers."""
        rule = {"enabled": True, "threshold": threshold, "amount": amount, "payment_method_id": card}
        return self.stack.api.send("PUT", "/auto-recharge", self.token, rule)

    def rule(self) -> dict[str, Any]:
        """The rule and its state, as the API shows them."""
        return self.stack.api.get("/auto-recharge", self.token)

    def pay(self, card: str, amount: str, key: str) -> Any:
        """Add funds by hand; the answer, whatever it is."""
        body = {"amount": amount, "payment_method_id": card}
        return self.stack.api.request("POST", "/top-ups", self.token, json=body, headers={"Idempotency-Key": key})

    def payments(self) -> list[dict[str, Any]]:
        """Every payment as the API lists them, newest first."""
        found: list[dict[str, Any]] = self.stack.api.get("/top-ups", self.token)["items"]
        return found

    def statuses(self) -> list[str]:
        """What became of each payment, newest first."""
        return [payment["status"] for payment in self.payments()]

    def talk(self) -> None:
        """A call of a whole day arrives through the queue and is posted."""
        call = make_call(self.account_id, "+442071838750", 86_400, datetime.now(UTC) - timedelta(days=2))
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
        """How far above its threshold the balance is; very much while nothing may wake the recharge."""
        [balance] = items_of(self.stack, self.account_id, "BALANCE")
        return int(balance["headroom_micros"]["N"])

    def credited_micros(self) -> list[int]:
        """The amount of each entry that a payment made."""
        entries = items_of(self.stack, self.account_id, "ENTRY#")
        return [int(entry["amount_micros"]["N"]) for entry in entries if entry["category"]["S"] == TOP_UP]

    @property
    def customer_id(self) -> str:
        """The account's customer at Stripe."""
        [account] = items_of(self.stack, self.account_id, "ACCOUNT")
        return str(account["stripe_customer_id"]["S"])

    def counted_at_stripe(self) -> dict[str, int]:
        """`{payment_intents, succeeded, amount_received}` (cents) of this customer, as the stand-in counts them."""
        customers: dict[str, dict[str, int]] = Controls(stand_in(self.stack)).counts()["customers"]
        return customers.get(self.customer_id, {"payment_intents": 0, "succeeded": 0, "amount_received": 0})

    def intents(self) -> list[stripe.PaymentIntent]:
        """The customer's payment intents, newest first."""
        listed = self.stack.stripe_sdk().v1.payment_intents.list({"customer": self.customer_id, "limit": 100})
        return list(listed.data)

    def looks(self) -> list[str]:
        """What came of each look that automatic recharge took at this account, as its log says."""
        lines = [json.loads(line) for line in log_lines("AutoRechargeLogs") if '"message":"looked_at"' in line]
        return [line["outcome"] for line in lines if line["account_id"] == self.account_id]

    def let_waits_end(self) -> None:
        """As if enough time had passed: no lease protects a payment or a recharge any more, and all of it is due."""
        let_leases_end(self.stack, self.account_id)
        for item in items_of(self.stack, self.account_id, "AUTO_RECHARGE"):
            set_back(self.stack, item, "next_attempt_at", "not_before", "sweep_sk")

    def let_person_leave(self) -> None:
        """As if every payment had been begun two minutes ago."""
        for item in items_of(self.stack, self.account_id, "TOPUP#"):
            set_back(self.stack, item, "created_at")


def open_customer(stack: Stack, credit: str = "50.00") -> Customer:
    """A new account with credit, one line, and a billing admin."""
    account_id = f"acct_{uuid.uuid4().hex[:12]}"
    open_account(stack, account_id, credit)
    person = Person("user_1", "Uma", f"{account_id}@customers.example", ADMIN)
    stack.users.append(create_sign_in(stack.outputs["UserPoolId"], account_id, person))
    return Customer(stack, account_id, person.email, stack.user_token(person.email))


def is_listening(in_seconds: int = 0) -> bool:
    """Whether a round of the sweeper that begins then asks Stripe for the callbacks that were lost."""
    then = datetime.now(UTC) + timedelta(seconds=in_seconds)
    return then.minute % LISTENS_EVERY_MINUTES == LISTENS_AT_MINUTE


def reconcile(stack: Stack) -> None:
    """One round of the sweeper, in which nothing fails. Not in the one minute of fifteen in which it also asks for lost
    callbacks: that would tell of a payment before its lease is over.
    """
    while is_listening(in_seconds=5) or is_listening():
        time.sleep(1)
    assert invoke(stack, "ReconcilePaymentsFunction", {})["failed"] == 0


def let_leases_end(stack: Stack, account_id: str) -> None:
    """As if nobody had been at work on an account's payments for a while. One by hand does not grow older by that: its
    person is still there.
    """
    for item in items_of(stack, account_id, "TOPUP#"):
        set_back(stack, item, "lease_until", "sweep_sk")
        if item["kind"]["S"] == "automatic":
            set_back(stack, item, "created_at")
    for item in items_of(stack, account_id, "AUTO_RECHARGE"):
        if "in_flight" in item:
            in_flight = item["in_flight"]["M"] | {"lease_until": {"S": two_minutes_ago()}}
            _set(stack, item, "in_flight", {"M": in_flight})


def set_back(stack: Stack, item: dict[str, Any], *times: str) -> None:
    """Make the times among an item's attributes lie two minutes back."""
    for name in times:
        if name in item:
            _set(stack, item, name, {"S": two_minutes_ago()})


def _set(stack: Stack, item: dict[str, Any], name: str, value: dict[str, Any]) -> None:
    boto3.client("dynamodb").update_item(
        TableName=stack.outputs["TableName"],
        Key={"PK": item["PK"], "SK": item["SK"]},
        UpdateExpression="SET #name = :value",
        ExpressionAttributeNames={"#name": name},
        ExpressionAttributeValues={":value": value},
    )


def two_minutes_ago() -> str:
    """The time that long ago, as the table holds it."""
    return format_instant(datetime.now(UTC) - timedelta(minutes=2))


def link_to_a_waiting_payment(stack: Stack) -> str:
    """The link that a customer is sent whose bank wants to see them before it lets the recharge through."""
    customer = open_customer(stack)
    customer.set_rule(customer.save_card("pm_card_authenticationRequired"), threshold="100.00")
    eventually(lambda: customer.rule()["status"] == "suspended", seconds=60)
    return str(customer.payments()[0]["next_action_url"])


def stand_in(stack: Stack) -> StandIn:
    """The stand-in for Stripe of this stack."""
    assert stack.stripe is not None
    return stack.stripe.stand_in
