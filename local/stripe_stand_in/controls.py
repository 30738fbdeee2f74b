"""What a test or a story makes happen behind the API's back: processing payments settle, cardholders dispute, banks
send refunds back. Each is one step under the stand-in's lock.
"""

from collections import Counter
from typing import Any

from local.stripe_stand_in import disputes, hosted
from local.stripe_stand_in.account import Account
from local.stripe_stand_in.attempts import fail_processing, settle_processing
from local.stripe_stand_in.checkout import complete, end
from local.stripe_stand_in.known_cards import card_with_id, card_with_number
from local.stripe_stand_in.refunds import fail_refund, issue
from local.stripe_stand_in.refusals import Fields, Refusal, no_such
from local.stripe_stand_in.stand_in import StandIn


class Controls:
    """The hidden side of a stand-in. Every method returns the object it changed, and raises a Refusal if it cannot."""

    def __init__(self, stand_in: StandIn) -> None:
        self._stand_in = stand_in

    @property
    def _account(self) -> Account:
        return self._stand_in.account

    def settle(self, intent_id: str) -> Fields:
        """A payment in processing comes through."""
        with self._stand_in.lock:
            intent = self._intent_that(intent_id, "processing")
            settle_processing(self._account, intent)
            return intent

    def fail(self, intent_id: str, reason: str = "generic_decline") -> Fields:
        """A payment in processing is declined."""
        with self._stand_in.lock:
            intent = self._intent_that(intent_id, "processing")
            fail_processing(self._account, intent, reason)
            return intent

    def answer_challenge(self, intent_id: str, *, confirmed: bool = True) -> Fields:
        """The cardholder confirms or declines on the challenge page."""
        with self._stand_in.lock:
            intent = self._intent_that(intent_id, "requires_action")
            hosted.answer_challenge(self._account, intent, confirmed=confirmed)
            return intent

    def complete_checkout(self, session_id: str, card: str = "pm_card_visa") -> Fields:
        """The customer saves a card on the Checkout page: a test card by number or by well-known id."""
        with self._stand_in.lock:
            session = hosted.open_session(self._account, session_id)
            known = card_with_number(card) or card_with_id(card)
            if known is None:
                raise no_such("payment_method", card, "card")
            complete(self._account, session, known, "Test Customer", (12, self._account.now().year + 8))
            return session

    def dispute(
        self, charge_id: str, reason: str = "fraudulent", amount: int | None = None, *, inquiry: bool = False
    ) -> Fields:
        """The cardholder disputes a charge, wholly or for an amount in cents."""
        with self._stand_in.lock:
            charge = self._account.get("charge", charge_id, status=404)
            return disputes.open_dispute(self._account, charge, reason, amount=amount, inquiry=inquiry)

    def win_dispute(self, dispute_id: str, amount: int | None = None) -> Fields:
        """Decided for the account; with an amount, only so many cents come back."""
        with self._stand_in.lock:
            found = disputes.require_open(self._account.get("dispute", dispute_id, status=404))
            disputes.win(self._account, found, found["amount"] if amount is None else amount)
            return found

    def lose_dispute(self, dispute_id: str) -> Fields:
        """Decided for the cardholder."""
        with self._stand_in.lock:
            found = disputes.require_open(self._account.get("dispute", dispute_id, status=404))
            disputes.lose(self._account, found)
            return found

    def refund_disputed(self, charge_id: str, amount: int) -> Fields:
        """A refund that the API would refuse, because the charge is disputed, and that comes about all the same: begun
        at the same moment as the dispute, or by Stripe's support.
        """
        with self._stand_in.lock:
            return issue(self._account, self._account.get("charge", charge_id, status=404), {"amount": amount})

    def fail_refund(self, refund_id: str, reason: str = "expired_or_canceled_card") -> Fields:
        """The customer's bank cannot take the refund."""
        with self._stand_in.lock:
            refund = self._account.get("refund", refund_id, status=404)
            fail_refund(self._account, refund, reason)
            return refund

    def expire_sessions(self) -> Fields:
        """Every open Checkout Session expires."""
        with self._stand_in.lock:
            still_open = list(self._account.newest_first("checkout.session", status="open"))
            for session in still_open:
                end(self._account, session)
            return {"expired": [session["id"] for session in still_open]}

    def counts(self) -> dict[str, Any]:
        """How many objects there are; payment intents and charges by status, and by customer what they paid."""
        with self._stand_in.lock:
            objects = self._account.objects
            intents = objects["payment_intent"].values()
            customers: dict[str, dict[str, int]] = {}
            for intent in intents:
                counted = customers.setdefault(
                    intent["customer"] or "none", {"payment_intents": 0, "succeeded": 0, "amount_received": 0}
                )
                counted["payment_intents"] += 1
                counted["succeeded"] += int(intent["status"] == "succeeded")
                counted["amount_received"] += intent["amount_received"]
            return {
                "objects": {kind: len(found) for kind, found in sorted(objects.items())},
                "payment_intents": Counter(intent["status"] for intent in intents),
                "charges": Counter(charge["status"] for charge in objects["charge"].values()),
                "customers": customers,
            }

    def _intent_that(self, intent_id: str, status: str) -> Fields:
        intent = self._account.get("payment_intent", intent_id, status=404)
        if intent["status"] != status:
            raise Refusal(400, f"{intent_id} has the status {intent['status']}; it must be {status}.")
        return intent
