"""Keeps what a rule stores of its card true: brand, number, and date, and the payment method if the same card was saved
again. The settings do not change, so their version does not; a claim that was just decided is decided again.
"""

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from calling_credit.changes.actions import ChangeAction
from calling_credit.changes.actor import stripe_actor
from calling_credit.changes.change import Change, change_action
from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.dynamodb.keys import recharge_key
from calling_credit.dynamodb.transactions import transact, update
from calling_credit.recharge.decision import Rule
from calling_credit.recharge.rule_changes import SUBJECT, card_facts
from calling_credit.topups.topup import Card

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def rule_card(rule: Rule) -> Card:
    """The card as the rule stores it."""
    return Card(rule.payment_method_id, rule.brand, rule.last4, rule.fingerprint, rule.card_expires)


def with_card(rule: Rule, card: Card) -> Rule:
    """The rule with a card."""
    return replace(
        rule,
        payment_method_id=card.payment_method_id,
        brand=card.brand,
        last4=card.last4,
        fingerprint=card.fingerprint,
        card_expires=card.expires,
    )


def store_rule_card(
    client: "DynamoDBClient", table_name: str, account_id: str, rule: Rule, card: Card, now: datetime
) -> bool:
    """Store the card of a rule that still uses the payment method that was read, and record a card that looks
    different. Return whether this call changed it.

    The next check is due at once, because the date of the card decides when its expiry is announced. A suspension
    because of the older payment method ends when the newer one pays.
    """
    if with_card(rule, card) == rule:
        return False
    changes: dict[str, Any] = {
        "payment_method_id": card.payment_method_id,
        "brand": card.brand,
        "last4": card.last4,
        "fingerprint": card.fingerprint,
        "card_expires": card.expires,
    }
    record = _record(table_name, account_id, rule, card, now)
    if card.payment_method_id == rule.payment_method_id:
        return _change(client, table_name, account_id, rule, changes, record)
    blamed = changes | {"failed_payment_method": card.payment_method_id}
    condition = " AND failed_payment_method = :read"
    return _change(client, table_name, account_id, rule, blamed, record, condition) or _change(
        client, table_name, account_id, rule, changes, record
    )


def _record(table_name: str, account_id: str, rule: Rule, card: Card, now: datetime) -> list[dict[str, Any]]:
    before = card_facts(rule.payment_method_id, rule.brand, rule.last4)
    after = card_facts(card.payment_method_id, card.brand, card.last4)
    if before == after:
        return []
    change_id = f"rule-card-{card.payment_method_id}"
    old, new = {"payment_method": before}, {"payment_method": after}
    change = Change(ChangeAction.RULE_CHANGED, SUBJECT, change_id, old, new)
    return [change_action(table_name, account_id, change, stripe_actor(card.payment_method_id), now)]


def _change(
    client: "DynamoDBClient",
    table_name: str,
    account_id: str,
    rule: Rule,
    changes: dict[str, Any],
    record: list[dict[str, Any]],
    condition: str = "",
) -> bool:
    read = {":read": rule.payment_method_id, ":read_brand": rule.brand, ":read_last4": rule.last4, ":one": 1}
    change = update(
        table_name,
        recharge_key(account_id),
        "SET " + ", ".join(f"{name} = :{name}" for name in changes) + " ADD state_version :one",
        "payment_method_id = :read AND brand = :read_brand AND last4 = :read_last4" + condition,
        to_attributes({f":{name}": value for name, value in changes.items()} | read),
    )
    return not transact(client, [change, *record])
