"""Triggers what happens outside the API: processing payments settle, cardholders dispute, banks return refunds. Each
call is one step under the stand-in's lock.
"""

from collections import Counter
from typing import Any

from local.stripe_stand_in import bank_accounts, card_changes, customers, disputes, fraud_warnings, hosted
from local.stripe_stand_in.account_controls import AccountControls
from local.stripe_stand_in.attempts import answer_banks, fail_processing, settle_processing
from local.stripe_stand_in.checkout import complete, end, fail_later, follow_intent, pay
from local.stripe_stand_in.declines import decline_named
from local.stripe_stand_in.known_cards import KnownCard, renewed
from local.stripe_stand_in.refunds import fail_refund, issue
from local.stripe_stand_in.refusals import Fields, Refusal, no_such


class Controls(AccountControls):
    """Controls a stand-in. Each method returns the changed object, or raises a Refusal."""

    def settle(self, intent_id: str) -> Fields:
        """Let a processing payment succeed."""
        with self._stand_in.lock:
            intent = self._intent_with_status(intent_id, "processing")
            settle_processing(self._account, intent)
            follow_intent(self._account, intent)
            return intent

    def pass_days(self, days: int = bank_accounts.ANSWER_DAYS) -> Fields:
        """Let days pass at the banks: payments with bank accounts succeed or fail after four of them."""
        with self._stand_in.lock:
            answered = answer_banks(self._account, days)
            for intent in answered:
                (follow_intent if intent["status"] == "succeeded" else fail_later)(self._account, intent)
            return {"answered": [intent["id"] for intent in answered]}

    def fail(self, intent_id: str, reason: str = "generic_decline") -> Fields:
        """Decline a processing payment."""
        with self._stand_in.lock:
            intent = self._intent_with_status(intent_id, "processing")
            fail_processing(self._account, intent, reason)
            fail_later(self._account, intent)
            return intent

    def answer_challenge(self, intent_id: str, *, confirmed: bool = True) -> Fields:
        """Confirm or decline as the cardholder on the challenge page."""
        with self._stand_in.lock:
            intent = self._intent_with_status(intent_id, "requires_action")
            hosted.answer_challenge(self._account, intent, confirmed=confirmed)
            return intent

    def complete_checkout(self, session_id: str, card: str = "pm_card_visa") -> Fields:
        """Save a card, or pay, as the customer on the Checkout page: a test card by number or well-known id. A declined
        card leaves a payment's page open.
        """
        with self._stand_in.lock:
            session = hosted.open_session(self._account, session_id)
            test_card = _known_card(card)
            submit = pay if session["mode"] == "payment" else complete
            submit(self._account, session, test_card, "Test Customer", (12, self._account.now().year + 8))
            return session

    def delete_customer(self, customer_id: str) -> Fields:
        """Delete a customer in the dashboard."""
        with self._stand_in.lock:
            return customers.delete(self._account, {}, customer_id)

    def renew_card(
        self,
        payment_method_id: str,
        card: str | None = None,
        exp_month: int | None = None,
        exp_year: int | None = None,
        *,
        same_number: bool = False,
        event: str = card_changes.AUTOMATICALLY_UPDATED,
    ) -> Fields:
        """Renew a saved card as the card network does: by default a new number (the same behavior) and five more years.

        `card` is a test card by number or well-known id; `same_number` changes only the date; `event` can be
        `payment_method.updated`.
        """
        with self._stand_in.lock:
            payment_method = self._account.get("payment_method", payment_method_id, "payment_method", 404)
            current, dates = self._account.cards[payment_method_id], payment_method["card"]
            test_card = _known_card(card) if card else current if same_number else renewed(current)
            expires = (exp_month or dates["exp_month"], exp_year or dates["exp_year"] + 5 * (exp_month is None))
            card_changes.renew(self._account, payment_method, test_card, expires, event)
            return payment_method

    def decline_card(
        self, payment_method_id: str, reason: str = "generic_decline", advice_code: str | None = None
    ) -> Fields:
        """Let the bank decline all later charges of a card: any decline code, any advice code or `no_advice`."""
        with self._stand_in.lock:
            payment_method = self._account.get("payment_method", payment_method_id, "payment_method", 404)
            card_changes.set_answer(self._account, payment_method, decline_named(reason, advice_code))
            return payment_method

    def accept_card(self, payment_method_id: str) -> Fields:
        """Let the bank accept all later charges of a card."""
        with self._stand_in.lock:
            payment_method = self._account.get("payment_method", payment_method_id, "payment_method", 404)
            card_changes.set_answer(self._account, payment_method, None)
            return payment_method

    def dispute(
        self, charge_id: str, reason: str = "fraudulent", amount: int | None = None, *, inquiry: bool = False
    ) -> Fields:
        """Dispute a charge as the cardholder, in full or for an amount in cents."""
        with self._stand_in.lock:
            charge = self._account.get("charge", charge_id, status=404)
            return disputes.open_dispute(self._account, charge, reason, amount=amount, inquiry=inquiry)

    def warn(self, charge_id: str, fraud_type: str = "unauthorized_use_of_card") -> Fields:
        """Send an early fraud warning as the issuer of the card."""
        with self._stand_in.lock:
            charge = self._account.get("charge", charge_id, status=404)
            return fraud_warnings.warn(self._account, charge, fraud_type)

    def escalate_inquiry(self, dispute_id: str) -> Fields:
        """Turn an inquiry into a chargeback."""
        with self._stand_in.lock:
            dispute = disputes.require_open(self._account.get("dispute", dispute_id, status=404))
            disputes.escalate(self._account, dispute)
            return dispute

    def win_dispute(self, dispute_id: str, amount: int | None = None) -> Fields:
        """Decide a dispute for the account; reinstate `amount` cents, or all."""
        with self._stand_in.lock:
            dispute = disputes.require_open(self._account.get("dispute", dispute_id, status=404))
            disputes.win(self._account, dispute, dispute["amount"] if amount is None else amount)
            return dispute

    def lose_dispute(self, dispute_id: str) -> Fields:
        """Decide a dispute for the cardholder."""
        with self._stand_in.lock:
            dispute = disputes.require_open(self._account.get("dispute", dispute_id, status=404))
            disputes.lose(self._account, dispute)
            return dispute

    def refund_disputed(self, charge_id: str, amount: int) -> Fields:
        """Refund a disputed charge, which the API refuses. It happens if the refund starts together with the dispute,
        or if Stripe's support issues it.
        """
        with self._stand_in.lock:
            return issue(self._account, self._account.get("charge", charge_id, status=404), {"amount": amount})

    def fail_refund(self, refund_id: str, reason: str = "expired_or_canceled_card") -> Fields:
        """Fail a refund as the customer's bank."""
        with self._stand_in.lock:
            refund = self._account.get("refund", refund_id, status=404)
            fail_refund(self._account, refund, reason)
            return refund

    def expire_sessions(self) -> Fields:
        """Expire all open Checkout Sessions."""
        with self._stand_in.lock:
            sessions = list(self._account.newest_first("checkout.session", status="open"))
            for session in sessions:
                end(self._account, session)
            return {"expired": [session["id"] for session in sessions]}

    def counts(self) -> dict[str, Any]:
        """Count the objects, payment intents and charges by status, and payments by customer."""
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
                "objects": {kind: len(items) for kind, items in sorted(objects.items())},
                "payment_intents": Counter(intent["status"] for intent in intents),
                "charges": Counter(charge["status"] for charge in objects["charge"].values()),
                "customers": customers,
            }

    def _intent_with_status(self, intent_id: str, status: str) -> Fields:
        intent = self._account.get("payment_intent", intent_id, status=404)
        if intent["status"] != status:
            raise Refusal(400, f"{intent_id} has the status {intent['status']}; it must be {status}.")
        return intent


def _known_card(card: str) -> KnownCard:
    test_card = bank_accounts.method_named(card)
    if test_card is None:
        raise no_such("payment_method", card, "card")
    return test_card
