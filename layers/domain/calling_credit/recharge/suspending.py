"""Suspends a rule because of one of its account's payments, without a reversal in the same transaction."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from calling_credit.changes.actor import Actor
from calling_credit.dynamodb.attributes import to_attribute
from calling_credit.dynamodb.transactions import transact
from calling_credit.ledger.headroom import unarm_action
from calling_credit.recharge.attempts import SuspensionReason
from calling_credit.recharge.items import Recharge, suspend_action
from calling_credit.recharge.rule_changes import suspension_actions
from calling_credit.recharge.suspensions import cause_of
from calling_credit.topups.topup import TopUp

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def suspend_rule(
    client: "DynamoDBClient",
    table_name: str,
    topup: TopUp,
    reason: SuspensionReason,
    recorded: tuple[Recharge, Actor, datetime],
    *others: dict[str, Any],
) -> bool:
    """Suspend the rule of a payment's account, with other actions in the same transaction. Return whether the account
    has a rule, this payment has not suspended it for this reason, and the conditions of the others hold.

    Args:
        recorded: what the account's rule was read as, who suspends it, and when.

    Raises:
        Unavailable: the table did not answer in time; the same call is safe again.
    """
    suspend = suspend_action(table_name, topup, reason)
    suspend["Update"]["ConditionExpression"] += (
        " AND (attribute_not_exists(suspended_by) OR NOT contains(suspended_by, :cause))"
    )
    suspend["Update"]["ExpressionAttributeValues"][":cause"] = to_attribute(str(cause_of(topup, reason)))
    record = suspension_actions(table_name, topup, [reason], *recorded)
    return not transact(client, [suspend, unarm_action(table_name, topup.account_id), *record, *others])
