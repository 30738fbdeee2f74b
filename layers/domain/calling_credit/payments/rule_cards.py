"""Reads the card of a rule that a customer saves."""

import stripe

from calling_credit.errors import InvalidValue, NotFound, ProblemCode, Unavailable
from calling_credit.payment_names import MethodType
from calling_credit.payments.cards import read_own_card
from calling_credit.payments.stripe_account import StripeAccountGuard
from calling_credit.recharge.attempts import SuspensionReason
from calling_credit.recharge.rule_card import rule_card
from calling_credit.recharge.settings import RuleSettings
from calling_credit.recharge.snapshot import Snapshot
from calling_credit.topups.topup import Card


def read_rule_card(
    client: stripe.StripeClient,
    guard: StripeAccountGuard,
    account: Snapshot,
    settings: RuleSettings,
    *,
    bank_accounts: bool = False,
) -> Card:
    """The card of the new settings, read again, because its bank may have renewed it. Without Stripe's answer, or with
    the key of another Stripe account, the stored card serves a rule that keeps it, so that a rule can be tightened, and
    switched off, at any time.

    Raises:
        NotFound: unknown_payment_method. Unavailable: payments_unavailable, stripe_account_changed.
        InvalidValue: payment_method_not_allowed, a bank account although rules use none (`bank_accounts`).
    """
    rule, state = account.recharge.rule, account.recharge.state
    stored = None if rule is None or rule.payment_method_id != settings.payment_method_id else rule_card(rule)
    if stored is not None and not settings.enabled:
        return stored
    try:
        card = _read_own_card(client, guard, account, settings.payment_method_id)
    except Unavailable:
        if stored is None or state.own_reason == SuspensionReason.REMOVED:
            raise
        card = stored
    if settings.enabled and card.type is MethodType.BANK_ACCOUNT and not bank_accounts:
        detail = "Automatic recharge does not use bank accounts; choose a card."
        raise InvalidValue(ProblemCode.PAYMENT_METHOD_NOT_ALLOWED, detail)
    return card


def _read_own_card(
    client: stripe.StripeClient, guard: StripeAccountGuard, account: Snapshot, payment_method_id: str
) -> Card:
    try:
        return read_own_card(client, account.customer_id, payment_method_id)
    except NotFound:
        if account.customer_id:
            guard.require_same(ask_stripe=True)  # Another Stripe account knows none of the customers.
        raise
