"""Answers a dispute or a warning of fraud: blocks the card, suspends automatic recharge, and tells the operator.

The order makes every crash harmless. The card is blocked first, in a transaction of its own, so that no path charges
it. The transaction that takes the credit back suspends the rule; a warning, or a dispute that takes nothing, suspends
it alone. The issue for the operator is stored last and marks the signal as answered. Until then a repeated event takes
the missing steps; afterwards it changes nothing, so it does not undo what the operator has cleared.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

import stripe

from calling_credit.changes.actor import stripe_actor
from calling_credit.payments.card_store import CardStore
from calling_credit.payments.cards import find_own_card
from calling_credit.payments.issues import Issue, IssueCode, is_reported, report_issue
from calling_credit.payments.stripe_client import public_error
from calling_credit.recharge.attempts import SuspensionReason
from calling_credit.recharge.items import Recharge
from calling_credit.recharge.store import RechargeStore
from calling_credit.recharge.suspending import suspend_rule
from calling_credit.recharge.suspensions import cause_of
from calling_credit.topups.reversals import FraudSignal
from calling_credit.topups.store import TopUpStore
from calling_credit.topups.topup import TopUp

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def warned_intent(client: stripe.StripeClient, warning_id: str) -> str:
    """The payment that an early fraud warning is about; "" if Stripe does not return it.

    Raises:
        Unavailable: payments_unavailable.
    """
    try:
        warning = client.v1.radar.early_fraud_warnings.retrieve(warning_id, {"expand": ["charge"]})
    except stripe.InvalidRequestError:
        return ""
    except stripe.StripeError as error:
        raise public_error(error) from error
    charge = warning.charge if isinstance(warning.charge, stripe.Charge) else None
    intent = getattr(warning, "payment_intent", None) or (charge.payment_intent if charge else None)
    return intent if isinstance(intent, str) else str(getattr(intent, "id", ""))


class FraudGuard:
    """Answers the signals of any account's payments. `tally` counts what operators watch."""

    def __init__(
        self, client: "DynamoDBClient", table_name: str, stripe_client: stripe.StripeClient, now: datetime
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._stripe = stripe_client
        self._now = now
        self._cards = CardStore(client, table_name)
        self._recharges = RechargeStore(client, table_name)
        self._topups = TopUpStore(client, table_name)
        self.tally: Counter[str] = Counter()

    def unanswered(self, signals: Iterable[FraudSignal]) -> list[FraudSignal]:
        """The signals that were not answered yet."""
        return [signal for signal in signals if not is_reported(self._client, self._table_name, signal.key)]

    def block(self, topup: TopUp, signals: Iterable[FraudSignal]) -> None:
        """Block the card that paid, for every account and path, if there is a signal. If its bank has renewed its
        number since the payment, block the new number as well. The next sweep cancels what waits at the bank.

        Raises:
            Unavailable: Stripe or the table did not answer in time; the same call is safe again.
        """
        listed = list(signals) if topup.has_card else []
        for signal in listed:
            change_of = (topup.account_id, stripe_actor(signal.object_id))
            self.tally["cards_blocked"] += self._cards.block(topup.card, signal.source, self._now, change_of)
        current = find_own_card(self._stripe, topup.customer_id, topup.card.payment_method_id) if listed else None
        if current is not None and current.fingerprint != topup.card.fingerprint:
            self._cards.inherit(topup.card, current, self._now)
        if listed:
            self._topups.check_waiting(topup.account_id, self._now)

    def recharge(self, account_id: str) -> Recharge:
        """Read the account's automatic recharge."""
        return self._recharges.recharge(account_id)

    def suspend(self, topup: TopUp, signals: Iterable[FraudSignal]) -> None:
        """Suspend the account's rule, if it has one and no reversal of the payment did."""
        current = self._recharges.recharge(topup.account_id)
        cause = str(cause_of(topup, SuspensionReason.DISPUTED))
        signal = next(iter(signals), None)
        if signal is not None and current.rule is not None and cause not in current.state.suspended_by:
            recorded = current, stripe_actor(signal.object_id), self._now
            suspend_rule(self._client, self._table_name, topup, SuspensionReason.DISPUTED, recorded)

    def report(self, topup: TopUp, signals: Iterable[FraudSignal]) -> None:
        """Tell the operator about each signal. It is answered then."""
        for signal in signals:
            details = f"{signal.source} {signal.stage}: top-up {topup.topup_id}, {topup.card.brand} {topup.card.last4}"
            facts = {
                "topup_id": topup.topup_id,
                "brand": topup.card.brand,
                "last4": topup.card.last4,
                "source": str(signal.source),
                "stage": signal.stage,
            }
            issue = Issue(signal.object_id, IssueCode.CARD_BLOCKED, topup.account_id, details, signal.key, facts)
            report_issue(self._client, self._table_name, issue, self._now)

    def answer(self, topup: TopUp, signals: Iterable[FraudSignal]) -> bool:
        """Take all steps for signals that take no credit back. Return whether any was new.

        Raises:
            Unavailable: the table did not answer in time; the same call is safe again.
        """
        new = self.unanswered(signals)
        self.block(topup, new)
        self.suspend(topup, new)
        self.report(topup, new)
        return bool(new)
