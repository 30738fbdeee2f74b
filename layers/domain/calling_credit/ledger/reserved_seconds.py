"""The included minutes that holds take from counters, and that their release returns.

The law: a hold and what it takes from its counter are one transaction, and so are its release and what that returns.
A counter stores the rest, because DynamoDB's conditions have no arithmetic. Only holds need minutes to be left;
posting adds without a condition.
"""

from collections.abc import Iterable
from typing import Any

from calling_credit.dynamodb import keys, minute_keys
from calling_credit.dynamodb.attributes import to_attribute
from calling_credit.dynamodb.transactions import update
from calling_credit.ledger.holds import Hold
from calling_credit.ledger.posting_plan import CounterChange, Counters, hold_name


def take_seconds(table_name: str, hold: Hold, seconds: int) -> list[dict[str, Any]]:
    """The action that takes seconds for a hold from its counter, if they are left; none for no seconds."""
    if not seconds:
        return []
    change = _change(hold, -seconds)
    key = {"PK": {"S": change.partition_key}, "SK": {"S": change.sort_key}}
    values = {":seconds": to_attribute(seconds), ":less": to_attribute(-seconds)}
    return [update(table_name, key, "ADD left_seconds :less", "left_seconds >= :seconds", values)]


def returned_seconds(holds: Iterable[Hold]) -> Counters:
    """What the release of each hold returns, by the name of the release."""
    return {hold_name(hold.call_key): (_change(hold, hold.covered_seconds),) for hold in holds if hold.covered_seconds}


def _change(hold: Hold, seconds: int) -> CounterChange:
    sort_key = minute_keys.minutes_sk(hold.bundle)
    return CounterChange(keys.account_pk(hold.account_id), sort_key, {"left_seconds": seconds})
