"""The headroom of a balance: the actions that arm it, wake the recharger, and check it."""

from typing import Any, Final

from calling_credit.dynamodb.attributes import to_attribute
from calling_credit.dynamodb.keys import balance_key
from calling_credit.dynamodb.transactions import update
from calling_credit.ledger.entries import UNARMED_MICROS

HAS_CALL_SINCE: Final = "(attribute_not_exists(bought_back_at) OR calls_seen > bought_back_at)"
"""The condition that a call has spent credit since something else last lowered the balance."""
NO_CALL_SINCE: Final = (
    "(calls_seen = bought_back_at OR (attribute_exists(bought_back_at) AND attribute_not_exists(calls_seen)))"
)


def arm_action(
    table_name: str, account_id: str, threshold_micros: int | None, *, forgives: bool = False
) -> dict[str, Any]:
    """The action that measures headroom from a threshold (None: unarmed), and makes the stream report the balance.

    Args:
        forgives: whether a billing admin arms the rule, so that earlier reversals and adjustments no longer delay a
            recharge. Nothing else may forgive them.
    """
    change = UNARMED_MICROS if threshold_micros is None else -threshold_micros
    values = {":change": to_attribute(change), ":one": to_attribute(1)}
    expression = "SET headroom_micros = posted_micros + :change ADD nudge :one"
    if forgives:
        expression += " REMOVE bought_back_at"
    return update(table_name, balance_key(account_id), expression, "attribute_exists(PK)", values)


def nudge_action(table_name: str, account_id: str) -> dict[str, Any]:
    """The action that makes the stream report the balance, and changes nothing else."""
    values = {":one": to_attribute(1)}
    return update(table_name, balance_key(account_id), "ADD nudge :one", "attribute_exists(PK)", values)


def refused_call_action(table_name: str, account_id: str) -> dict[str, Any]:
    """The action that counts a call refused for lack of credit, if no call has spent credit since something else
    lowered the balance. It also makes the stream report the balance.
    """
    values = {":one": to_attribute(1)}
    expression = "ADD calls_seen :one, nudge :one"
    return update(table_name, balance_key(account_id), expression, f"attribute_exists(PK) AND {NO_CALL_SINCE}", values)


def unarm_action(table_name: str, account_id: str) -> dict[str, Any]:
    """The action that stops measuring headroom, because automatic recharge is suspended. It wakes nothing."""
    values = {":change": to_attribute(UNARMED_MICROS)}
    expression = "SET headroom_micros = posted_micros + :change"
    return update(table_name, balance_key(account_id), expression, "attribute_exists(PK)", values)


def still_below_action(table_name: str, account_id: str, posted_micros: int) -> dict[str, Any]:
    """The condition that the balance is below the armed threshold, not above the balance of the decision (or the charge
    would be too high), not frozen, and lowered by a call last.
    """
    return {
        "ConditionCheck": {
            "TableName": table_name,
            "Key": balance_key(account_id),
            "ConditionExpression": "headroom_micros < :zero AND posted_micros <= :posted "
            f"AND attribute_not_exists(is_frozen) AND {HAS_CALL_SINCE}",
            "ExpressionAttributeValues": {":zero": to_attribute(0), ":posted": to_attribute(posted_micros)},
        }
    }
