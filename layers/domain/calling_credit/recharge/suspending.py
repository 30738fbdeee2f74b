"""Suspends a rule because of one of its account's payments, without a reversal in the same transaction."""

from typing import TYPE_CHECKING, Any

from calling_credit.dynamodb.transactions import transact
from calling_credit.ledger.headroom import unarm_action
from calling_credit.recharge.attempts import SuspensionReason
from calling_credit.recharge.items import suspend_action
from calling_credit.topups.topup import TopUp

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def suspend_rule(
    client: "DynamoDBClient", table_name: str, topup: TopUp, reason: SuspensionReason, *others: dict[str, Any]
) -> bool:
    """Suspend the rule of a payment's account, with other actions in the same transaction. Return whether the account
    has a rule and the conditions of the others hold.

    Raises:
        Unavailable: the table did not answer in time; the same call is safe again.
    """
    actions = [suspend_action(table_name, topup, reason), unarm_action(table_name, topup.account_id), *others]
    return not transact(client, actions)
