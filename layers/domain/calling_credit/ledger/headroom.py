"""The headroom of a balance: the actions that arm it, wake the recharger, and check it."""

from typing import Any

from calling_credit.dynamodb.attributes import to_attribute
from calling_credit.dynamodb.keys import balance_key
from calling_credit.dynamodb.transactions import update
from calling_credit.ledger.entries import UNARMED_MICROS


def arm_action(table_name: str, account_id: str, threshold_micros: int | None) -> dict[str, Any]:
    """The action that measures headroom from a threshold (None: unarmed), and makes the stream report the balance."""
    change = UNARMED_MICROS if threshold_micros is None else -threshold_micros
    values = {":change": to_attribute(change), ":one": to_attribute(1)}
    expression = "SET headroom_micros = posted_micros + :change ADD nudge :one"
    return update(table_name, balance_key(account_id), expression, "attribute_exists(PK)", values)


def nudge_action(table_name: str, account_id: str) -> dict[str, Any]:
    """The action that makes the stream report the balance, and changes nothing else."""
    values = {":one": to_attribute(1)}
    return update(table_name, balance_key(account_id), "ADD nudge :one", "attribute_exists(PK)", values)


def still_below_action(table_name: str, account_id: str, posted_micros: int) -> dict[str, Any]:
    """The condition that the balance is below the armed threshold, not above the balance of the decision (or the charge
    would be too high), and not frozen.
    """
    return {
        "ConditionCheck": {
            "TableName": table_name,
            "Key": balance_key(account_id),
            "ConditionExpression": "headroom_micros < :zero AND posted_micros <= :posted "
            "AND attribute_not_exists(is_frozen)",
            "ExpressionAttributeValues": {":zero": to_attribute(0), ":posted": to_attribute(posted_micros)},
        }
    }
