"""Write what admission changes: the hold of a call, and a nudge to automatic recharge."""

from typing import TYPE_CHECKING

from calling_credit.admission.decision import AdmissionContext
from calling_credit.dynamodb.errors import AWS_ERRORS, is_condition_failed, is_transient, translate_error
from calling_credit.dynamodb.transactions import transact
from calling_credit.ledger.headroom import nudge_action
from calling_credit.ledger.hold_store import hold_actions
from calling_credit.ledger.holds import Hold

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class AdmissionStore:
    """Writes holds for calls of any account."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def place_hold(self, context: AdmissionContext, hold: Hold) -> bool:
        """Write a hold on the condition that the credit and limits of its context still apply.

        It makes one attempt, because the caller must read the context again before the next one.

        Returns:
            True if the hold was written. False if a condition failed or the error was transient.
        """
        assert context.account is not None
        limits, credit = context.account.limits, context.credit
        added_micros = hold.amount_micros - (context.hold.amount_micros if context.hold is not None else 0)
        max_held = limits.daily_spend_micros - credit.spent_micros - added_micros
        posted = credit.available_micros + credit.held_micros
        actions = hold_actions(self._table_name, context.stored_hold, hold, posted, max_held, limits.simultaneous_calls)
        try:
            self._client.transact_write_items(TransactItems=actions)
        except AWS_ERRORS as error:
            if is_condition_failed(error) or is_transient(error):
                return False
            raise translate_error(error) from error
        return True

    def nudge(self, account_id: str) -> None:
        """Make automatic recharge check the balance again.

        Raises:
            Unavailable: The table did not accept the write in time.
        """
        transact(self._client, [nudge_action(self._table_name, account_id)])
