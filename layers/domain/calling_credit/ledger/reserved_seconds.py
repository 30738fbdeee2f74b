"""The included minutes that holds take from counters, and that their release returns.

The law: a hold and what it takes from its counter are one transaction, and so are its release and what that returns.
A counter stores the rest, because DynamoDB's conditions have no arithmetic. Only holds need minutes to be left;
posting adds without a condition.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from calling_credit.dynamodb import keys, minute_keys
from calling_credit.dynamodb.attributes import to_attribute
from calling_credit.dynamodb.transactions import update
from calling_credit.ledger.holds import Hold
from calling_credit.ledger.posting_plan import ActionName, CounterChange, Counters, Plan, counter_name, hold_name


def take_seconds(table_name: str, hold: Hold, seconds: int) -> list[dict[str, Any]]:
    """The action that takes seconds for a hold from its counter, if they are left; none for no seconds."""
    if not seconds:
        return []
    change = _change(hold, -seconds)
    key = {"PK": {"S": change.partition_key}, "SK": {"S": change.sort_key}}
    values = {":seconds": to_attribute(seconds), ":less": to_attribute(-seconds)}
    return [update(table_name, key, "ADD left_seconds :less", "left_seconds >= :seconds", values)]


def return_seconds(table_name: str, holds: Collection[Hold]) -> list[dict[str, Any]]:
    """The actions that return the seconds of released holds: one for each counter."""
    plan = Plan({hold_name(hold.call_key): None for hold in holds})
    plan.add_counters(table_name, returned_seconds(holds))
    return [action for action in plan.actions.values() if action is not None]


def returned_seconds(holds: Iterable[Hold]) -> Counters:
    """What the release of each hold returns, by the name of the release."""
    return {hold_name(hold.call_key): (_change(hold, hold.covered_seconds),) for hold in holds if hold.covered_seconds}


def with_returned_seconds(counters: Counters, holds: Iterable[Hold]) -> Counters:
    """Counters, and what the releases of these holds return."""
    returned = returned_seconds(holds)
    if not returned:
        return counters
    return {**counters, **{name: (*counters.get(name, ()), *changes) for name, changes in returned.items()}}


def counter_items(holds: Mapping[Any, Hold], key: Any) -> set[ActionName]:
    """The names of the counters that the release of a hold changes."""
    changes = returned_seconds([holds[key]]) if key in holds else {}
    return {counter_name(change) for of_hold in changes.values() for change in of_hold}


def _change(hold: Hold, seconds: int) -> CounterChange:
    sort_key = minute_keys.minutes_sk(hold.bundle)
    return CounterChange(keys.account_pk(hold.account_id), sort_key, {"left_seconds": seconds})
