"""The Stripe account of a world: its stand-in, the SDK, faults, objects, and actions of the bank."""

import copy
from dataclasses import dataclass
from typing import Any

import stripe

from local.stripe_stand_in.controls import Controls
from local.stripe_stand_in.faults import REQUEST_FAULTS
from local.stripe_stand_in.stand_in import DEFAULT_API_KEY, StandIn
from tests.harness.stripe import StripeWire
from tests.harness.world import World

ACCOUNT_STATE = (
    "bank_seconds",
    "own_id",
    "objects",
    "cards",
    "deleted",
    "spent",
    "set_up",
    "checkout_data",
    "listed_from",
    "cause",
)
"""The attributes of the stand-in's account that requests change."""


@dataclass
class StripeSide:
    """A world seen from Stripe."""

    world: World

    @property
    def stand_in(self) -> StandIn:
        """The Stripe account."""
        return self.wire.stand_in

    @property
    def controls(self) -> Controls:
        """What happens at Stripe outside its API."""
        return Controls(self.stand_in)

    @property
    def wire(self) -> StripeWire:
        """The wire to Stripe."""
        return self.world.stack.stripe

    @property
    def sdk(self) -> stripe.StripeClient:
        """The SDK of Stripe for use outside the application."""
        return stripe.StripeClient(
            DEFAULT_API_KEY,
            base_addresses={"api": "http://stripe.test"},
            http_client=stripe.RequestsClient(),
        )

    def fault(self, kind: str, match: str, *, count: int = 1, skip: int = 0, **refusal: Any) -> None:
        """Add a fault to the next matching requests after the first `skip`; `refusal` describes a `refused` one."""
        assert kind in REQUEST_FAULTS
        self.stand_in.faults.add(kind, match, count=count, skip=skip, **refusal)

    def stripe_state(self) -> dict[str, Any]:
        """A copy of the Stripe account without faults: objects, keys, and undelivered events."""
        account = self.stand_in.account
        return copy.deepcopy(
            {
                "account": {name: getattr(account, name) for name in ACCOUNT_STATE},
                "random": account._random.getstate(),
                "keys": self.stand_in._keys._entries,
                "waiting": self.stand_in.outbox._waiting,
            }
        )

    def restore_stripe(self, state: dict[str, Any]) -> None:
        """Replace the Stripe account by a copied state."""
        self.stand_in.reset()
        state = copy.deepcopy(state)
        for name, value in state["account"].items():
            setattr(self.stand_in.account, name, value)
        self.stand_in.account._random.setstate(state["random"])
        self.stand_in._keys._entries.update(state["keys"])
        self.stand_in.outbox._waiting.extend(state["waiting"])

    def repeat_ids(self, seed: int) -> None:
        """Draw the ids of further objects by a seed, so that a run can be repeated."""
        self.stand_in.account._random.seed(seed)

    def all_well(self) -> None:
        """Clear the faults."""
        self.stand_in.faults.clear()

    def objects(self, kind: str) -> list[dict[str, Any]]:
        """The objects of a kind at Stripe, oldest first."""
        return copy.deepcopy(list(self.stand_in.account.objects[kind].values()))

    def intent_of(self, topup_id: str) -> dict[str, Any]:
        """The one intent of a payment."""
        intents = self.objects("payment_intent")
        [intent] = [intent for intent in intents if intent["metadata"].get("topup_id") == topup_id]
        return intent

    def charged(self) -> list[int]:
        """The cents of every successful charge, in order."""
        return [charge["amount"] for charge in self.objects("charge") if charge["status"] == "succeeded"]

    def challenge(self, topup_id: str, *, confirmed: bool = True) -> None:
        """Answer the bank's challenge as the cardholder."""
        self.controls.answer_challenge(self.intent_of(topup_id)["id"], confirmed=confirmed)

    def settle_at_stripe(self, topup_id: str, *, reason: str | None = None) -> None:
        """Complete a processing payment at Stripe, or decline it with a reason."""
        controls, intent_id = self.controls, self.intent_of(topup_id)["id"]
        if reason is None:
            controls.settle(intent_id)
        else:
            controls.fail(intent_id, reason)
