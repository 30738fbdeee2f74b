"""Erases a person's number from recorded changes, which never change otherwise, and records the erasure."""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from calling_credit.changes.actions import ChangeAction
from calling_credit.changes.actor import Actor
from calling_credit.changes.change import Change, change_action
from calling_credit.dynamodb import change_keys, keys
from calling_credit.dynamodb.attributes import from_attributes, to_attributes
from calling_credit.dynamodb.pages import query_pages
from calling_credit.dynamodb.transactions import transact, update

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_FIELDS: Final = ("old", "new", "by_name")


def mask_actions(
    client: "DynamoDBClient",
    table_name: str,
    account_id: str,
    mask: Callable[[str], str],
    kept_subjects: Collection[str] = (),
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the sort key of each recorded change of an account that `mask` changes, with the action that masks it.
    Changes of kept subjects remain.
    """
    low, high = change_keys.activity_range()
    query = {
        "KeyConditionExpression": "PK = :pk AND SK BETWEEN :low AND :high",
        "ExpressionAttributeValues": to_attributes({":pk": keys.account_pk(account_id), ":low": low, ":high": high}),
        "ConsistentRead": True,
    }
    for item in query_pages(client, table_name, query):
        change = from_attributes(item)
        changed = masked_fields(change, mask)
        if changed and change["subject"] not in kept_subjects:
            names = {f"#{name}": name for name in changed}
            expression = "SET " + ", ".join(f"#{name} = :{name}" for name in changed)
            values = to_attributes({f":{name}": value for name, value in changed.items()})
            key = {"PK": item["PK"], "SK": item["SK"]}
            yield item["SK"]["S"], update(table_name, key, expression, "attribute_exists(PK)", values, names)


def masked_fields(item: Mapping[str, Any], mask: Callable[[str], str]) -> dict[str, Any]:
    """The fields of a recorded change that `mask` changes, masked."""
    masked = {name: _masked(item[name], mask) for name in _FIELDS if name in item}
    return {name: value for name, value in masked.items() if value != item[name]}


def _masked(value: Any, mask: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {name: _masked(part, mask) for name, part in value.items()}
    return [_masked(part, mask) for part in value] if isinstance(value, list) else value


class ErasureRecord:
    """The recorded change of one erasure. The first transaction that erases anything writes it."""

    def __init__(self, table_name: str, account_id: str, masked_number: str, actor: Actor, now: datetime) -> None:
        self.actor = actor
        self.now = now
        self._table_name = table_name
        self._account_id = account_id
        self._masked_number = masked_number
        self._is_written = False

    def write(self, client: "DynamoDBClient", sort_key: str, actions: Sequence[dict[str, Any]]) -> bool:
        """Write the actions that erase the number from the item with this sort key. Return whether it was written.

        Raises:
            Unavailable: the table did not answer in time; the same call is safe again.
        """
        records = [] if self._is_written else [self._action(sort_key)]
        is_written = not transact(client, [*actions, *records])
        self._is_written |= is_written
        return is_written

    def _action(self, sort_key: str) -> dict[str, Any]:
        change_id = f"erased-{hashlib.sha256(sort_key.encode()).hexdigest()[:12]}"
        change = Change(ChangeAction.NUMBER_ERASED, "number", change_id, new={"number": self._masked_number})
        return change_action(self._table_name, self._account_id, change, self.actor, self.now)
