"""Keeps what a rule stores of its card true: brand, number, and date, and the payment method if the same card was saved
again. The settings do not change, so their version does not; a claim that was just decided is decided again.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.dynamodb.errors import AWS_ERRORS, is_condition_failed
from calling_credit.dynamodb.keys import recharge_key
from calling_credit.recharge.decision import Rule
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


def store_rule_card(client: "DynamoDBClient", table_name: str, account_id: str, rule: Rule, card: Card) -> bool:
    """Store the card of a rule that still uses the payment method that was read. Return whether this call changed it.

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
    if card.payment_method_id == rule.payment_method_id:
        return _change(client, table_name, account_id, rule, changes)
    blamed = changes | {"failed_payment_method": card.payment_method_id}
    return _change(client, table_name, account_id, rule, blamed, " AND failed_payment_method = :read") or _change(
        client, table_name, account_id, rule, changes
    )


def _change(
    client: "DynamoDBClient", table_name: str, account_id: str, rule: Rule, changes: dict[str, Any], condition: str = ""
) -> bool:
    try:
        client.update_item(
            TableName=table_name,
            Key=recharge_key(account_id),
            UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in changes) + " ADD state_version :one",
            ConditionExpression="payment_method_id = :read" + condition,
            ExpressionAttributeValues=to_attributes(
                {f":{name}": value for name, value in changes.items()} | {":read": rule.payment_method_id, ":one": 1}
            ),
        )
    except AWS_ERRORS as error:
        if not is_condition_failed(error):
            raise
        return False
    return True
