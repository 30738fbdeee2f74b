"""What a changed budget changes on the counters of its months.

The law: a counter's limit is the amount of its budget and what was added to it in the month. So another amount adds the
difference to the limit and to the rest. A budget that begins leaves the entries of before to the counting step
(`counting.py`), which finds the counters by their sweep keys.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from calling_credit.budgets.budget import COUNTED_AFTER, COUNTS_AFTER, Budget, counted_months
from calling_credit.budgets.counters import (
    CounterKey,
    SpendCounter,
    counter_key,
    new_counter_action,
    read_spend_counters,
)
from calling_credit.budgets.thresholds import limit_action
from calling_credit.dynamodb import spend_keys, sweep_keys
from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.dynamodb.transactions import update
from calling_credit.instants import format_instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SPENDING_KIND: Final = "spending"
"""The kind of counters in the sweep index whose entries of before are still to be counted."""


def counter_actions(
    client: "DynamoDBClient",
    table_name: str,
    account_id: str,
    owner: tuple[str, str],
    before: Budget | None,
    after: Budget,
    time_zone: str,
    now: datetime,
) -> list[dict[str, Any]]:
    """The actions on counters that go with a change of a budget, with conditions that fail if a counter has changed
    since it was read here: then read again.

    Args:
        owner: the letter (`spend_keys.LINE` or `USER`) and the id of the line or user.
        after: the budget that `change_budget` made of `before`.

    Raises:
        Unavailable: the table throttles. UnreadableItem: a counter cannot be read.
    """
    keys = {month: _key(account_id, owner, month) for month in counted_months(now, time_zone)}
    counters = read_spend_counters(client, table_name, keys.values())
    actions = []
    for month, key in keys.items():
        continues = before is not None and before.counts(month)
        counter = counters.get(key)
        if after.monthly_micros is None:
            actions += _ended(table_name, counter)
        elif continues:
            actions += _other_limit(table_name, key, counter, before, after)
        else:
            actions.append(_begun(table_name, key, counter, after, now))
    return actions


def _key(account_id: str, owner: tuple[str, str], month: str) -> CounterKey:
    letter, name = owner
    return account_id, spend_keys.line_sk(month, name) if letter == spend_keys.LINE else spend_keys.user_sk(month, name)


def _ended(table_name: str, counter: SpendCounter | None) -> list[dict[str, Any]]:
    if counter is None or counter.limit_micros is None or counter.is_ended:
        return []
    return [limit_action(table_name, counter, 0, is_ended=True)]


def _other_limit(
    table_name: str, key: CounterKey, counter: SpendCounter | None, before: Budget | None, after: Budget
) -> list[dict[str, Any]]:
    """The action that adds the difference to a counter that counts already. One of an ended budget gets the new amount
    as its limit, so that what was added to the old one is over.
    """
    assert after.monthly_micros is not None
    if counter is None or counter.limit_micros is None:
        return [new_counter_action(table_name, key, after)]
    was = counter.limit_micros
    if before is not None and before.monthly_micros is not None and not counter.is_ended:
        was = before.monthly_micros
    more = after.monthly_micros - was
    is_same = not more and not counter.is_ended and counter.at == after.at
    return [] if is_same else [limit_action(table_name, counter, more, at=after.at)]


def _begun(
    table_name: str, key: CounterKey, counter: SpendCounter | None, after: Budget, now: datetime
) -> dict[str, Any]:
    """The action that begins to count a month: it stores the limit, and has the entries of before counted. A budget
    that counts already may begin to count one more month; posting learns that as late as it learns of a new budget.
    """
    assert after.monthly_micros is not None
    was = None if counter is None else counter.limit_micros
    begins = max(datetime.fromisoformat(after.counts_from), now + COUNTS_AFTER)
    due = format_instant(begins + COUNTED_AFTER)
    account_id, sort_key = key
    values: Mapping[str, Any] = {
        ":more": after.monthly_micros - (was or 0),
        ":from": format_instant(begins),
        ":first": spend_keys.before_all_entries(),
        ":sweep_pk": sweep_keys.sweep_pk(SPENDING_KIND, account_id),
        ":sweep_sk": f"{due}#{account_id}#{sort_key}",
        ":read": was,
        ":at": after.at,
    }
    expression = (
        "ADD limit_micros :more, left_micros :more SET counts_from = :from, budget_at = :at,"
        " counting = if_not_exists(counting, :first), sweep_pk = :sweep_pk, sweep_sk = :sweep_sk REMOVE ended"
    )
    condition = (
        "attribute_not_exists(PK) OR attribute_not_exists(limit_micros)" if was is None else "limit_micros = :read"
    )
    return update(table_name, counter_key(key), expression, condition, to_attributes(values))
