"""The card of a rule that a customer saves, and the charge that saving it would cause."""

from collections import Counter
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Metrics

from calling_credit.config import config
from calling_credit.errors import NotFound
from calling_credit.metrics import emit
from calling_credit.payments.card_items import has_number
from calling_credit.payments.card_store import CardStore
from calling_credit.payments.rule_cards import read_rule_card
from calling_credit.payments.stripe_account import StripeAccountGuard
from calling_credit.payments.stripe_client import stripe_client
from calling_credit.recharge.charges_now import NOTHING_NOW, charges_now
from calling_credit.recharge.saving import RuleChange
from calling_credit.recharge.settings import RuleSettings
from calling_credit.recharge.snapshot import Snapshot
from calling_credit.topups.store import TopUpStore
from calling_credit.topups.topup import Card

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def read_card(
    client: "DynamoDBClient", table_name: str, snapshot: Snapshot, settings: RuleSettings, metrics: Metrics
) -> Card:
    """The card of new settings. Count a key of another Stripe account.

    Raises:
        NotFound: unknown_payment_method. InvalidValue: payment_method_not_allowed.
        Unavailable: Stripe did not answer, or its account has changed.
    """
    stripe, tally = stripe_client(), Counter[str]()
    guard = StripeAccountGuard(client, table_name, stripe, tally)
    try:
        allowed = config().rules_use_bank_accounts
        return read_rule_card(stripe, guard, snapshot, settings, bank_accounts=allowed)
    finally:
        emit(metrics, tally)


def charge_on_saving(
    client: "DynamoDBClient", table_name: str, change: RuleChange, snapshot: Snapshot, metrics: Metrics
) -> dict[str, Any]:
    """The charge that this change would cause (`charges_now`): none without a card of this account."""
    stored = snapshot.recharge
    if stored.rule is None and change.fields.get("payment_method_id") is None:
        return NOTHING_NOW
    settings = change.settings(stored.rule)
    if snapshot.posted_micros >= settings.threshold_micros:
        return NOTHING_NOW
    try:
        card = read_card(client, table_name, snapshot, settings, metrics)  # As saving does: it may be renewed, or gone.
    except NotFound:
        return NOTHING_NOW
    history = CardStore(client, table_name).state(card, change.now)
    if history.is_blocked or history.tries_left <= 0 or not has_number(card):
        return NOTHING_NOW
    return charges_now(change, snapshot, card, TopUpStore(client, table_name).recent(snapshot.account_id, change.now))
