"""Reads what a call may still cost by the budgets of its line and user. Without a budget, reads nothing."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from calling_credit.accounts.user import user_from_item
from calling_credit.admission.reasons import DenialReason
from calling_credit.admission.spending_limits import SpendLimit
from calling_credit.budgets.budget import Budget
from calling_credit.budgets.counters import CounterKey, SpendCounter, ensure_spend_counters
from calling_credit.dynamodb import keys, spend_keys
from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.dynamodb.batch_get import read_many
from calling_credit.dynamodb.unreadable import decode_item
from calling_credit.instants import local_date
from calling_credit.ledger.holds import Hold

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_REASONS = {spend_keys.LINE: DenialReason.LINE_BUDGET, spend_keys.USER: DenialReason.USER_BUDGET}


@dataclass(frozen=True, slots=True)
class Spender:
    """Whose spending a call is: its line and user, and which of them have or had budgets. Only of an account that
    `has_user_budgets`, the user's item is read.
    """

    account_id: str
    line_id: str
    user_id: str | None
    line_budget: Budget | None
    has_user_budgets: bool


def spending_date(hold: Hold | None, now: datetime, time_zone: str) -> str:
    """The local date of a call, which its hold keeps."""
    if hold is None:
        return local_date(now, time_zone)
    return hold.counted_on or local_date(datetime.fromisoformat(hold.authorized_at), time_zone)


def read_spend_limits(
    client: "DynamoDBClient", table_name: str, spender: Spender, counted_on: str
) -> tuple[SpendLimit, ...]:
    """Read the counters of budgets in which a call of a local date counts, and make the missing ones. While a counter
    is not counted yet, and once its budget is ended, it refuses nothing.

    Raises:
        Unavailable: the table did not answer in time.
        UnreadableItem: the user or a counter; the call is refused alone.
    """
    month, budgets = counted_on[:7], {spend_keys.LINE: spender.line_budget}
    if spender.has_user_budgets and spender.user_id is not None:
        name = (keys.account_pk(spender.account_id), keys.user_sk(spender.user_id))
        item = read_many(client, table_name, [name]).get(name)
        budgets[spend_keys.USER] = None if item is None else decode_item(item, _budget_of_user)
    in_force = {letter: budget for letter, budget in budgets.items() if budget is not None and budget.counts(month)}
    if not in_force:
        return ()
    names: dict[str, CounterKey] = {
        letter: (spender.account_id, sort_key)
        for letter in in_force
        for sort_key in spend_keys.counters_of(letter, counted_on, spender.line_id, spender.user_id or "", "")
    }
    limiting = {names[letter]: one for letter, one in in_force.items() if one.monthly_micros is not None}
    counters = ensure_spend_counters(client, table_name, limiting) if limiting else {}
    found = []
    for letter, budget in in_force.items():
        counter = counters.get(names[letter], SpendCounter(*names[letter], is_counting=True))
        refuses = budget.refuses and not counter.is_counting
        limit = SpendLimit(_REASONS[letter], letter, counter.left_micros, refuses)
        found.append(replace(limit, counter=counter.sort_key, was_refused=counter.was_refused))
    return tuple(found)


def _budget_of_user(attributes: dict[str, Any]) -> Budget | None:
    return user_from_item(from_attributes(attributes)).budget
