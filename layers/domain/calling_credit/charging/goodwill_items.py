"""The item of a call's goodwill, and the actions by which goodwill and corrections of the call exclude each other.

Goodwill puts the item and requires that the charge it saw still stands. A correction or rerating requires the item that
it saw, or that there is none. So of two at once one writes first, and the other reads again.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from calling_credit.charging.goodwill import Goodwill, lower, taken_back_entry
from calling_credit.charging.rerating import CREDIT, RatedAgain
from calling_credit.dynamodb import keys, move_keys, rerate_keys
from calling_credit.dynamodb.attributes import from_attributes, to_attribute, to_attributes
from calling_credit.dynamodb.batch_get import read_many
from calling_credit.dynamodb.transactions import put, update
from calling_credit.ledger.charged_calls import ChargedCall
from calling_credit.ledger.posting_plan import ActionName

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mypy_boto3_dynamodb import DynamoDBClient

_PLAIN: Final = (
    "goodwill_id",
    "given_micros",
    "standing_micros",
    "given_at",
    "local_date",
    "reason",
    "takings",
)

WithGoodwill = tuple[RatedAgain, Goodwill | None]
"""The replacement of a call's charge, and the goodwill for the call after it."""


def goodwill_name(call: ChargedCall) -> ActionName:
    """The name of the one action on a call's goodwill."""
    return "goodwill", *call.call


def put_goodwill_action(table_name: str, goodwill: Goodwill, by: str) -> dict[str, Any]:
    """The action that stores the goodwill of a call that has none."""
    values = {name: value for name, value in asdict(goodwill).items() if name in _PLAIN}
    item = {**_key(goodwill.account_id, goodwill.happened_at, goodwill.call_key), **values, "by": by}
    return put(table_name, to_attributes(item))


def standing_charge_action(table_name: str, call: ChargedCall) -> dict[str, Any]:
    """The condition that nothing has replaced the charge of a call."""
    happened_at, call_key = call.call
    following = rerate_keys.rerated_id(call_key, rerate_keys.rerating_of(call.last["SK"]) + 1, CREDIT)
    key = {"PK": call.last["PK"], "SK": keys.entry_sk(happened_at, following)}
    return _check(table_name, key, "attribute_not_exists(PK)", {})


def read_goodwill(
    client: "DynamoDBClient", table_name: str, account_id: str, calls: "Iterable[ChargedCall]"
) -> dict[tuple[str, str], Goodwill]:
    """The goodwill of calls of one account that have some, consistently, by the call's time and key."""
    pk = keys.account_pk(account_id)
    wanted = {(pk, move_keys.goodwill_sk(*call.call)): call.call for call in calls}
    found = read_many(client, table_name, list(wanted))
    return {wanted[key]: _from_item(account_id, wanted[key], item) for key, item in found.items()}


def with_goodwill(again: RatedAgain, goodwill: Goodwill | None, now: datetime) -> WithGoodwill:
    """A replaced charge with the entry that takes excess goodwill back, and the goodwill afterwards."""
    if goodwill is None or not again.entries:
        return again, goodwill
    after = lower(goodwill, again.call.charged_micros - again.charge_change_micros)
    if after == goodwill:
        return again, goodwill
    return RatedAgain(again.call, [*again.entries, taken_back_entry(goodwill, after, now)]), after


def goodwill_action(
    table_name: str, call: ChargedCall, before: Goodwill | None, after: Goodwill | None
) -> dict[str, Any]:
    """The action on a call's goodwill beside the replacement of its charge."""
    key = _key(keys.account_of(call.last["PK"]), *call.call)
    if before is None or after is None:
        return _check(table_name, key, "attribute_not_exists(PK)", {})
    values = {":seen": to_attribute(before.standing_micros), ":takings": to_attribute(before.takings)}
    condition = "standing_micros = :seen AND takings = :takings"
    if before == after:
        return _check(table_name, key, condition, values)
    values |= {":standing": to_attribute(after.standing_micros), ":now": to_attribute(after.takings)}
    expression = "SET standing_micros = :standing, takings = :now"
    return update(table_name, to_attributes(key), expression, condition, values)


def _key(account_id: str, happened_at: str, call_key: str) -> dict[str, Any]:
    return {"PK": keys.account_pk(account_id), "SK": move_keys.goodwill_sk(happened_at, call_key)}


def _from_item(account_id: str, call: tuple[str, str], attributes: Mapping[str, Any]) -> Goodwill:
    item = from_attributes(attributes)
    happened_at, call_key = call
    plain = {name: item[name] for name in _PLAIN}
    return Goodwill(account_id=account_id, call_key=call_key, happened_at=happened_at, **plain)


def _check(table_name: str, key: dict[str, Any], condition: str, values: dict[str, Any]) -> dict[str, Any]:
    check: dict[str, Any] = {"TableName": table_name, "Key": to_attributes(key), "ConditionExpression": condition}
    if values:
        check["ExpressionAttributeValues"] = values
    return {"ConditionCheck": check}
