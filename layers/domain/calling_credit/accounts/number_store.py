"""Stores the assignments of phone numbers: one item per number, so that one action ends an assignment and begins the
next.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from calling_credit.accounts.number_history import (
    NEVER_ASSIGNED,
    Assignment,
    Holder,
    LineName,
    NumberHistory,
)
from calling_credit.dynamodb import index_keys, sweep_keys
from calling_credit.dynamodb.attributes import Item, from_attributes, to_attribute, to_attributes
from calling_credit.dynamodb.batch_get import read_many
from calling_credit.dynamodb.unreadable import OnUnreadable, decoder, raise_unreadable, readable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

AMBIGUOUS_KIND: Final = "ambiguous"
"""The kind under which the sweep index lists numbers of several lines."""


def read_histories(
    client: "DynamoDBClient",
    table_name: str,
    numbers: Iterable[str],
    sleep: Callable[[float], None] = time.sleep,
    on_unreadable: OnUnreadable = raise_unreadable,
) -> dict[str, NumberHistory]:
    """Read the histories of numbers, strongly consistent. A number without one was never assigned.
    The unreadable histories that `on_unreadable` accepts are left out.

    Raises:
        Unavailable: the table did not answer.
    """
    distinct = sorted(set(numbers))
    item_keys = [(index_keys.number_pk(one), index_keys.NUMBER_SK) for one in distinct]
    items = read_many(client, table_name, item_keys, sleep)
    histories: dict[str, NumberHistory] = dict.fromkeys(distinct, NEVER_ASSIGNED)
    for (pk, _), item in items.items():
        number = index_keys.number_of(pk)
        del histories[number]
        for history in readable([item], lambda stored: history_from_item(from_attributes(stored)), on_unreadable):
            histories[number] = history
    return histories


def history_actions(
    table_name: str, before: Mapping[str, NumberHistory], after: Mapping[str, NumberHistory]
) -> list[dict[str, Any]]:
    """The actions that store the changed histories, each on the condition that it is still as it was read."""
    return [
        _action(table_name, number, before[number], history)
        for number, history in sorted(after.items())
        if history != before[number]
    ]


@decoder
def history_from_item(item: Mapping[str, Any]) -> NumberHistory:
    """The history of a `NUMBER#…` item in plain values."""
    assignments = (Assignment(_holder(one), one["since"], one.get("until")) for one in item["assignments"])
    return NumberHistory(tuple(assignments), tuple(map(_holder, item.get("claims", []))))


def _action(table_name: str, number: str, before: NumberHistory, after: NumberHistory) -> dict[str, Any]:
    condition, values = _as_read(before)
    target: dict[str, Any] = {"TableName": table_name, "ConditionExpression": condition}
    if values:
        target["ExpressionAttributeValues"] = values
    if after == NEVER_ASSIGNED:
        return {"Delete": target | {"Key": index_keys.number_key(number)}}
    return {"Put": target | {"Item": to_attributes(_to_item(number, after))}}


def _as_read(history: NumberHistory) -> tuple[str, dict[str, Any]]:
    """The condition that a history is as it was read, and its values."""
    if history == NEVER_ASSIGNED:
        return "attribute_not_exists(PK)", {}
    values = {":assignments": to_attribute(_assignments(history))}
    if not history.claims:
        return "assignments = :assignments AND attribute_not_exists(claims)", values
    return "assignments = :assignments AND claims = :claims", values | {":claims": to_attribute(_claims(history))}


def _to_item(number: str, history: NumberHistory) -> Item:
    item: Item = {
        "PK": index_keys.number_pk(number),
        "SK": index_keys.NUMBER_SK,
        "assignments": _assignments(history),
    }
    if not history.claims:
        return item
    listed: Item = {"sweep_pk": sweep_keys.sweep_pk(AMBIGUOUS_KIND, number), "sweep_sk": number}
    return {**item, "claims": _claims(history), **listed}


def _assignments(history: NumberHistory) -> list[Any]:
    return [
        {**_of_holder(one.holder), "since": one.since, **({} if one.until is None else {"until": one.until})}
        for one in history.assignments
    ]


def _claims(history: NumberHistory) -> list[Any]:
    return [_of_holder(one) for one in history.claims]


def _of_holder(holder: Holder) -> dict[str, str]:
    return {"account_id": holder.line.account_id, "line_id": holder.line.line_id, "user_id": holder.user_id}


def _holder(stored: Mapping[str, Any]) -> Holder:
    return Holder(LineName(stored["account_id"], stored["line_id"]), stored["user_id"])
