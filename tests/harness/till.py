"""A world in which money comes in: cards at the stand-in for Stripe, payments by hand, the rule, the table's stream,
Stripe's callbacks and the sweeper, each as AWS or Stripe would send them.
"""

import copy
import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import stripe

from local.stripe_stand_in.controls import Controls
from local.stripe_stand_in.faults import REQUEST_FAULTS
from local.stripe_stand_in.sender import body_of
from local.stripe_stand_in.stand_in import DEFAULT_API_KEY, DEFAULT_WEBHOOK_SECRET, StandIn
from tests.harness.cards import VISA
from tests.harness.http import Answer, http_event
from tests.harness.stream import stream_record
from tests.harness.stripe import StripeWire
from tests.harness.table import sample_event
from tests.harness.world import World

ACCOUNT = "acct_1"
CREATE, CONFIRM = "POST /v1/payment_intents", "POST /v1/payment_intents/*/confirm"
CANCEL, RETRIEVE = "POST /v1/payment_intents/*/cancel", "GET /v1/payment_intents/*"
ANYTHING = "* /v1/*"
ALWAYS = 10_000
"""How often a fault has to happen to never end by itself."""
NOTHING_DUE = {"payments": 0, "recharges": 0, "failed": 0}
"""What the sweeper answers when there is nothing to do."""


@dataclass
class Till:
    """The paying side of a world with one account."""

    world: World
    seen: dict[str, Any] = field(default_factory=dict)
    keys: int = 0

    @property
    def stand_in(self) -> StandIn:
        """The Stripe account."""
        return self.wire.stand_in

    @property
    def wire(self) -> StripeWire:
        """What goes over to Stripe."""
        return self.world.stack.stripe

    @property
    def sdk(self) -> stripe.StripeClient:
        """Stripe's SDK, as an operator or a test would use it beside the application."""
        return stripe.StripeClient(
            DEFAULT_API_KEY,
            base_addresses={"api": "http://stripe.test"},
            http_client=stripe.RequestsClient(),
        )

    def later(self, **span: float) -> None:
        """Let time pass."""
        self.world.clock.now += timedelta(**span)

    # Cards

    def customer(self, account: str = ACCOUNT) -> str:
        """The account's customer at Stripe, made as the page would make it."""
        answer = self.world.ask("add_funds", "POST", "/payment-methods", **{"custom:account_id": account})
        assert answer.status == 201, answer.text
        [item] = self.world.of_kind("ACCOUNT", account)
        return str(item["stripe_customer_id"])

    def card(self, kind: str = VISA, account: str = ACCOUNT) -> str:
        """Save a card of that kind; its id."""
        return self.sdk.v1.payment_methods.attach(kind, {"customer": self.customer(account)}).id

    # Payments

    def pay(self, amount: str, card: str, *, key: str | None = None, account: str = ACCOUNT, **claims: Any) -> Answer:
        """POST /top-ups, under a new key unless one is named."""
        self.keys += 1
        body = {"amount": amount, "payment_method_id": card}
        more = {"custom:account_id": account, **claims}
        return self.world.ask("add_funds", "POST", "/top-ups", body, key=key or f"key {self.keys}", **more)

    def paid(self, amount: str, card: str, **more: Any) -> dict[str, Any]:
        """A payment that is answered 201."""
        answer = self.pay(amount, card, **more)
        assert answer.status == 201, answer.text
        shown: dict[str, Any] = answer.body
        return shown

    def top_up(self, topup_id: str, account: str = ACCOUNT) -> dict[str, Any]:
        """GET one payment, as an admin sees it."""
        answer = self.world.ask("add_funds", "GET", f"/top-ups/{topup_id}", **{"custom:account_id": account})
        assert answer.status == 200, answer.text
        shown: dict[str, Any] = answer.body
        return shown

    def top_ups(self, account: str = ACCOUNT) -> list[dict[str, Any]]:
        """The stored payments of an account, oldest first."""
        return sorted(self.world.of_kind("TOPUP", account), key=lambda item: str(item["created_at"]))

    def status_of(self, topup_id: str) -> str:
        """The status of a payment as it is stored."""
        [found] = [item["status"] for item in self.top_ups() if item["topup_id"] == topup_id]
        return str(found)

    def left_open(self, kind: str = VISA, amount: str = "25.00", account: str = ACCOUNT) -> str:
        """A payment by hand whose confirmation was carried out, and whose outcome nobody heard; its id."""
        card = self.card(kind, account)
        self.fault("answer_lost", CONFIRM, count=2)
        self.fault("dropped", RETRIEVE, count=2)
        payment = self.paid(amount, card, account=account)
        self.all_well()
        assert payment["status"] == "processing"
        return str(payment["id"])

    def visit(self, token: str, method: str = "GET") -> Answer:
        """What somebody sees who opens a link, or presses its button; they are not signed in."""
        event = http_event("add_funds", method, f"/links/{token}")
        event["routeKey"] = event["requestContext"]["routeKey"] = f"{method} /links/{{token}}"
        del event["requestContext"]["authorizer"]
        return self.world.invoke("add_funds", event)

    # Stripe's side

    def fault(self, kind: str, match: str, *, count: int = 1, skip: int = 0) -> None:
        """Let something go wrong with the next requests that match, after the first `skip`."""
        assert kind in REQUEST_FAULTS
        self.stand_in.faults.add(kind, match, count=count, skip=skip)

    def all_well(self) -> None:
        """Let everything at Stripe go right again."""
        self.stand_in.faults.clear()

    def objects(self, kind: str) -> list[dict[str, Any]]:
        """What Stripe has of a kind, oldest first."""
        return copy.deepcopy(list(self.stand_in.account.objects[kind].values()))

    def intent_of(self, topup_id: str) -> dict[str, Any]:
        """The one intent of a payment."""
        intents = self.objects("payment_intent")
        [intent] = [intent for intent in intents if intent["metadata"].get("topup_id") == topup_id]
        return intent

    def charged(self) -> list[int]:
        """The cents of every charge that was paid, in the order they were."""
        return [charge["amount"] for charge in self.objects("charge") if charge["status"] == "succeeded"]

    def challenge(self, topup_id: str, *, confirmed: bool = True) -> None:
        """The cardholder answers their bank's challenge."""
        Controls(self.stand_in).answer_challenge(self.intent_of(topup_id)["id"], confirmed=confirmed)

    def settle_at_stripe(self, topup_id: str, *, reason: str | None = None) -> None:
        """A payment Stripe works on comes through, or is declined for a reason."""
        controls, intent_id = Controls(self.stand_in), self.intent_of(topup_id)["id"]
        if reason is None:
            controls.settle(intent_id)
        else:
            controls.fail(intent_id, reason)

    def everything(self) -> tuple[Any, ...]:
        """All there is, in the table and at Stripe, to compare."""
        return self.world.stack.items(), copy.deepcopy(dict(self.stand_in.account.objects))

    # The rule

    def rule(self, account: str = ACCOUNT, **settings: Any) -> Answer:
        """PUT /auto-recharge."""
        return self.world.ask("change_settings", "PUT", "/auto-recharge", settings, **{"custom:account_id": account})

    def set_rule(self, card: str, *, threshold: str = "10.00", amount: str = "50.00", **more: Any) -> dict[str, Any]:
        """A rule that is on."""
        said = {"enabled": True, "threshold": threshold, "amount": amount, "payment_method_id": card, **more}
        answer = self.rule(**said)
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
        """Deliver what changed of balances since the last time to auto_recharge as the table's stream and its filter
        do, until nothing changes any more; how many deliveries it took.
        """
        for delivery in range(most):
            records = self.take_records()
            if not records:
                return delivery
            for _ in range(times):
                answer = self.world.stack.invoke("auto_recharge", {"Records": copy.deepcopy(records)})
                assert answer == {"batchItemFailures": []}, answer
        raise AssertionError(f"the stream still brings something after {most} deliveries")

    def take_records(self) -> list[dict[str, Any]]:
        """What the stream's mapping delivers of the balances that changed since the last time."""
        return [record for image in self._changed() if (record := stream_record(image)) is not None]

    def _changed(self) -> list[dict[str, Any]]:
        balances = self.world.stack.items_named("BALANCE")
        changed = [image for image in balances if self.seen.get(image["PK"]) != image]
        self.seen |= {image["PK"]: image for image in changed}
        return changed

    def sweep(self, **span: float) -> dict[str, int]:
        """Let time pass, and have reconcile_payments look once."""
        self.later(**span)
        answer: dict[str, int] = self.world.stack.invoke("reconcile_payments", sample_event("reconcile_payments"))
        return answer

    def prove(self, **span: float) -> dict[str, int]:
        """Let time pass, and have prove_ledger hold the book against Stripe once."""
        self.later(**span)
        answer: dict[str, int] = self.world.stack.invoke("prove_ledger", sample_event("prove_ledger"), seconds=900)
        return answer

    def call_back(self, event: dict[str, Any], **headers: str) -> Answer:
        """Have Stripe send one event."""
        return self.send_back(body_of(event), **headers)

    def send_back(self, body: str, **headers: str) -> Answer:
        """Have someone send this body to the webhook, signed as Stripe signs unless the header is given."""
        return self.world.invoke("stripe_webhook", self.callback(body, **headers))

    def callback(self, body: str, **headers: str) -> dict[str, Any]:
        """A callback with this body as the gateway hands it on, signed now unless the header is given."""
        event = http_event("stripe_webhook", "POST", "/stripe/webhook", body=body, claims=None, signed_in=False)
        signed_at = int(self.world.clock.now.timestamp())
        signature = stripe.WebhookSignature.generate_signature_header(body, DEFAULT_WEBHOOK_SECRET, signed_at)
        event["headers"] |= {"stripe-signature": signature} | headers
        return event

    def call_all_back(self) -> list[str]:
        """Have Stripe send all it has to say; the types of the events."""
        told = []
        for event in self.stand_in.take_events():
            answer = self.call_back(event)
            assert answer.status == 200, answer.text
            told.append(str(event["type"]))
        return told

    # What must hold

    def check(self) -> None:
        """Law 5: every succeeded Stripe payment has exactly one top_up entry, and every top_up entry its payment."""
        paid = {
            intent.metadata["topup_id"]: intent.amount_received * 10_000
            for intent in self.sdk.v1.payment_intents.list({"limit": 100}).auto_paging_iter()
            if intent.status == "succeeded" and "topup_id" in intent.metadata
        }
        entered: dict[str, int] = {}
        for item in self.world.stack.items():
            if item["SK"].startswith("ENTRY#") and item["category"] == "top_up":
                identifier = item["SK"].rsplit("#", 1)[1]
                assert identifier not in entered
                entered[identifier] = item["amount_micros"]
        assert entered == paid, "law 5"
        for pk in {item["PK"] for item in self.world.stack.items() if item["SK"] == "BALANCE"}:
            self.world.balance(pk.split("#")[1])


def told(answer: Answer) -> Any:
    """An answer's JSON."""
    return json.loads(answer.text)
