"""A world with payments: cards at the stand-in for Stripe, manual payments, the rule, the table's stream, callbacks,
and the sweeper, with events as AWS or Stripe send them.
"""

import copy
import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import stripe

from calling_credit.audit.nightly_proof import Task
from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.dynamodb.stripe_keys import EVENTS_PK
from calling_credit.payments.stripe_account import hash_of
from local.stripe_stand_in.sender import body_of
from local.stripe_stand_in.stand_in import DEFAULT_API_KEY, DEFAULT_WEBHOOK_SECRET
from tests.harness.cards import VISA
from tests.harness.http import Answer, http_event
from tests.harness.law_five import law_five
from tests.harness.proofs import Nights
from tests.harness.stream import stream_record
from tests.harness.stripe_side import StripeSide
from tests.harness.table import sample_event

ACCOUNT = "acct_1"
CREATE, CONFIRM = "POST /v1/payment_intents", "POST /v1/payment_intents/*/confirm"
CANCEL, RETRIEVE = "POST /v1/payment_intents/*/cancel", "GET /v1/payment_intents/*"
ANYTHING = "* /v1/*"
ALWAYS = 10_000
"""A count of faults that never runs out."""
NOTHING_DUE = {"payments": 0, "recharges": 0, "failed": 0}
"""The result of the sweeper with nothing to do."""


@dataclass
class Till(StripeSide):
    """A world with one account, its payments, and Stripe."""

    seen: dict[str, Any] = field(default_factory=dict)
    keys: int = 0

    def later(self, **span: float) -> None:
        """Advance the clock."""
        self.world.clock.now += timedelta(**span)

    def learn_account(self, account_id: str | None = None) -> None:
        """Store the Stripe account of the stack, with the hash of the key, as its first payment does."""
        item = {
            "PK": "STRIPE",
            "SK": "STRIPE_ACCOUNT",
            "stripe_account_id": account_id or self.stand_in.account.own_id,
            "key_hash": hash_of(DEFAULT_API_KEY),
        }
        self.world.stack.dynamodb.put_item(TableName=self.world.stack.table_name, Item=to_attributes(item))

    # Cards

    def customer(self, account: str = ACCOUNT) -> str:
        """The account's customer at Stripe, created through the API like the page does."""
        [item] = self.world.of_kind("ACCOUNT", account)
        if "stripe_customer_id" not in item:
            answer = self.world.ask("add_funds", "POST", "/payment-methods", **{"custom:account_id": account})
            assert answer.status == 201, answer.text
            [item] = self.world.of_kind("ACCOUNT", account)
        return str(item["stripe_customer_id"])

    def card(self, kind: str = VISA, account: str = ACCOUNT) -> str:
        """Save a card of this kind; return its id."""
        return self.sdk.v1.payment_methods.attach(kind, {"customer": self.customer(account)}).id

    # Payments

    def pay(self, amount: str, card: str, *, key: str | None = None, account: str = ACCOUNT, **claims: Any) -> Answer:
        """POST /top-ups under the given key or a new one."""
        self.keys += 1
        body = {"amount": amount, "payment_method_id": card}
        more = {"custom:account_id": account, **claims}
        return self.world.ask("add_funds", "POST", "/top-ups", body, key=key or f"key {self.keys}", **more)

    def paid(self, amount: str, card: str, **more: Any) -> dict[str, Any]:
        """A manual payment that is answered with 201."""
        answer = self.pay(amount, card, **more)
        assert answer.status == 201, answer.text
        shown: dict[str, Any] = answer.body
        return shown

    def top_up(self, topup_id: str, account: str = ACCOUNT) -> dict[str, Any]:
        """GET one payment as an admin."""
        answer = self.world.ask("add_funds", "GET", f"/top-ups/{topup_id}", **{"custom:account_id": account})
        assert answer.status == 200, answer.text
        shown: dict[str, Any] = answer.body
        return shown

    def top_ups(self, account: str = ACCOUNT) -> list[dict[str, Any]]:
        """The stored payments of an account, oldest first."""
        return sorted(self.world.of_kind("TOPUP", account), key=lambda item: str(item["created_at"]))

    def status_of(self, topup_id: str) -> str:
        """The stored status of a payment."""
        [status] = [item["status"] for item in self.top_ups() if item["topup_id"] == topup_id]
        return str(status)

    def left_open(self, kind: str = VISA, amount: str = "25.00", account: str = ACCOUNT) -> str:
        """The id of a manual payment that was confirmed at Stripe, but whose confirmation got no answer."""
        card = self.card(kind, account)
        self.fault("answer_lost", CONFIRM, count=2)
        self.fault("dropped", RETRIEVE, count=2)
        payment = self.paid(amount, card, account=account)
        self.all_well()
        assert payment["status"] == "processing"
        return str(payment["id"])

    def closed_before(self, account: str = ACCOUNT) -> None:
        """Close an account whose payments have not ended, as earlier releases did."""
        stack = self.world.stack
        stack.dynamodb.update_item(
            TableName=stack.table_name,
            Key={"PK": {"S": f"ACCOUNT#{account}"}, "SK": {"S": "ACCOUNT"}},
            UpdateExpression="SET #status = :closed",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={":closed": {"S": "closed"}},
        )

    def visit(self, token: str, method: str = "GET") -> Answer:
        """The answer to opening a link or pressing its button, without a sign-in."""
        event = http_event("follow_links", method, f"/links/{token}", signed_in=False)
        event["routeKey"] = event["requestContext"]["routeKey"] = f"{method} /links/{{token}}"
        return self.world.invoke("follow_links", event)

    def everything(self) -> tuple[Any, ...]:
        """A copy of the table and of Stripe, for comparison, except when callbacks and sweeps last came."""
        items = [item for item in self.world.stack.items() if item["PK"] != EVENTS_PK]
        return items, copy.deepcopy(dict(self.stand_in.account.objects))

    # The rule

    def rule(self, account: str = ACCOUNT, **settings: Any) -> Answer:
        """PUT /auto-recharge."""
        return self.world.ask("change_settings", "PUT", "/auto-recharge", settings, **{"custom:account_id": account})

    def set_rule(self, card: str, *, threshold: str = "10.00", amount: str = "50.00", **more: Any) -> dict[str, Any]:
        """PUT an enabled rule."""
        settings = {"enabled": True, "threshold": threshold, "amount": amount, "payment_method_id": card, **more}
        answer = self.rule(**settings)
        assert answer.status == 200, answer.text
        shown: dict[str, Any] = answer.body
        return shown

    def shown_rule(self, account: str = ACCOUNT) -> dict[str, Any]:
        """GET /auto-recharge."""
        answer = self.world.ask("change_settings", "GET", "/auto-recharge", **{"custom:account_id": account})
        assert answer.status == 200, answer.text
        shown: dict[str, Any] = answer.body
        return shown

    def state(self, account: str = ACCOUNT) -> dict[str, Any]:
        """The stored rule and state."""
        [item] = self.world.of_kind("AUTO_RECHARGE", account)
        return item

    # What wakes functions

    def stream(self, *, times: int = 1, most: int = 20) -> int:
        """Deliver changed balances to auto_recharge like the table's stream, until no more changes occur.

        Returns:
            The number of deliveries.
        """
        for delivery in range(most):
            records = self.take_records()
            if not records:
                return delivery
            for _ in range(times):
                answer = self.world.stack.invoke("auto_recharge", {"Records": copy.deepcopy(records)})
                assert answer == {"batchItemFailures": []}, answer
        raise AssertionError(f"the stream still has records after {most} deliveries")

    def take_records(self) -> list[dict[str, Any]]:
        """The stream records of the balances that changed since the last call."""
        return [record for image in self._changed() if (record := stream_record(image)) is not None]

    def _changed(self) -> list[dict[str, Any]]:
        balances = self.world.stack.items_named("BALANCE")
        changed = [image for image in balances if self.seen.get(image["PK"]) != image]
        self.seen |= {image["PK"]: image for image in changed}
        return changed

    def sweep(self, **span: float) -> dict[str, int]:
        """Advance the clock and run reconcile_payments once."""
        self.later(**span)
        answer: dict[str, int] = self.world.stack.invoke("reconcile_payments", sample_event("reconcile_payments"))
        return answer

    def prove(self, **span: float) -> dict[str, int]:
        """Advance the clock and run a night of full proofs; return what it counts."""
        self.later(**span)
        with patch.object(Task, "is_full", new=True):
            return Nights(self.world.stack).night()

    def call_back(self, event: dict[str, Any], **headers: str) -> Answer:
        """Send one event of Stripe to the webhook."""
        return self.send_back(body_of(event), **headers)

    def send_back(self, body: str, **headers: str) -> Answer:
        """Send this body to the webhook, signed like Stripe unless the header is given."""
        return self.world.invoke("stripe_webhook", self.callback(body, **headers))

    def callback(self, body: str, **headers: str) -> dict[str, Any]:
        """The gateway event of a callback with this body, signed now unless the header is given."""
        event = http_event("stripe_webhook", "POST", "/stripe/webhook", body=body, claims=None, signed_in=False)
        signed_at = int(self.world.clock.now.timestamp())
        signature = stripe.WebhookSignature.generate_signature_header(body, DEFAULT_WEBHOOK_SECRET, signed_at)
        event["headers"] |= {"stripe-signature": signature} | headers
        return event

    def call_all_back(self) -> list[str]:
        """Send all pending events of Stripe to the webhook; return their types."""
        types = []
        for event in self.stand_in.take_events():
            answer = self.call_back(event)
            assert answer.status == 200, answer.text
            types.append(str(event["type"]))
        return types

    # What must hold

    def check(self) -> None:
        """Law 5, and the sums of every account."""
        law_five(self.sdk, self.world.stack.items())
        for balance in self.world.stack.items_named("BALANCE"):
            self.world.balance(balance["PK"].split("#")[1])


def told(answer: Answer) -> Any:
    """An answer's JSON."""
    return json.loads(answer.text)
