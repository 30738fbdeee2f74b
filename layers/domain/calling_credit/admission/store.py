"""Write what admission changes: the hold of a call, and a nudge to automatic recharge."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from calling_credit.admission.decision import AdmissionContext
from calling_credit.admission.spending_limits import refusing, relies_on_older_money
from calling_credit.budgets.counters import counter_key
from calling_credit.dynamodb.attributes import to_attribute
from calling_credit.dynamodb.errors import AWS_ERRORS, is_condition_failed, is_transient, translate_error
from calling_credit.dynamodb.transactions import transact, update
from calling_credit.instants import format_instant
from calling_credit.ledger.headroom import nudge_action, refused_call_action
from calling_credit.ledger.hold_items import hold_key
from calling_credit.ledger.hold_store import hold_actions
from calling_credit.ledger.holds import HOLD_GRACE, Hold, HoldStatus

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class AdmissionStore:
    """Writes holds for calls of any account, which outlast their granted time by `grace` (HoldGraceSeconds)."""

    def __init__(self, client: "DynamoDBClient", table_name: str, grace: timedelta = HOLD_GRACE) -> None:
        self._client = client
        self._table_name = table_name
        self._grace = grace

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
        if hold.repeated_at:
            return self._write([_repeat_action(self._table_name, hold)])
        max_holds, before = limits.simultaneous_calls, context.stored_hold
        letters = refusing(context.spending)
        if relies_on_older_money(context.spending):
            max_held = min(max_held, credit.held_micros)
        return self._write(
            hold_actions(self._table_name, before, hold, posted, max_held, max_holds, self._grace, letters)
        )

    def _write(self, actions: list[Any]) -> bool:
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

    def count_refusal(self, account_id: str) -> None:
        """Count a call refused for lack of credit toward a recharge, once after each other lowering of the balance, and
        make automatic recharge check the balance.

        Raises:
            Unavailable: The table did not accept the write in time.
        """
        transact(self._client, [refused_call_action(self._table_name, account_id)])

    def mark_refusal(self, context: AdmissionContext, reason: str) -> None:
        """Mark the counter of the budget that refuses a call, once until its limit changes: now a user may ask for
        more.

        Raises:
            Unavailable: The table did not accept the write in time.
        """
        for limit in context.spending:
            if limit.reason == reason and limit.counter and not limit.was_refused:
                key = counter_key((context.request.account_id, limit.counter))
                values = {":at": to_attribute(format_instant(context.now))}
                mark = update(self._table_name, key, "SET refused_at = :at", "attribute_exists(PK)", values)
                transact(self._client, [mark])


def _repeat_action(table_name: str, hold: Hold) -> dict[str, Any]:
    """The action that records when a live hold was asked for again, so that no older event of its call releases it."""
    values = {
        ":at": to_attribute(hold.repeated_at),
        ":live": to_attribute(HoldStatus.LIVE),
        ":asked": to_attribute(hold.asked_at),
    }
    condition, names = "#status = :live AND asked_at = :asked", {"#status": "status"}
    key = hold_key(hold.account_id, hold.call_key)
    return update(table_name, key, "SET repeated_at = :at", condition, values, names)
