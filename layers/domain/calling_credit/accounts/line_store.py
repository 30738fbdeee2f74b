"""Stores an account's lines. Each change of international calling adds an item with the actor, the time, and the IP
address, in the same transaction. These items never change.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from calling_credit.accounts.account import Line
from calling_credit.accounts.freezing import account_frozen, unless_frozen_action
from calling_credit.accounts.loosening import line_loosens
from calling_credit.dynamodb import change_keys, keys
from calling_credit.dynamodb.attributes import Item, from_attributes, to_attribute, to_attributes
from calling_credit.dynamodb.retries import retry_on_race
from calling_credit.dynamodb.transactions import put, transact, update
from calling_credit.errors import NotFound, ProblemCode
from calling_credit.instants import format_instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class Source:
    """Who makes a change (`user:<sub>`, `staff:<sub>`, `client:<client id>`), and from which IP address."""

    by: str
    address: str


class LineStore:
    """The lines in the table."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def store_line(
        self, account_id: str, line_id: str, change: Callable[[Line | None], Line], source: Source, now: datetime
    ) -> tuple[Line, bool]:
        """Store the line that `change` makes of the current one. Return it, and whether it is new.

        Raises:
            NotFound: `unknown_account`. Unavailable: `busy`, or the table did not answer in time.
        """

        def attempt() -> tuple[Line, bool] | None:
            item = self._item(account_id, line_id)
            before = None if item is None else line_from_item(item)
            line = change(before)
            version = before.version if before else 0
            line = replace(line, version=version if before == replace(line, version=version) else version + 1)
            actions = [self._account_exists(account_id), self._put(account_id, line, item, source, now)]
            if line.international_calling != _is_on(item):
                actions.append(self._record(account_id, line, _changes(item), source, now))
            failed = transact(self._client, actions)
            if 0 in failed:
                raise NotFound(
                    ProblemCode.UNKNOWN_ACCOUNT,
                    "This account does not exist; create it with PUT /accounts/{account_id}.",
                )
            return None if failed else (line, item is None)

        return retry_on_race("The line is", attempt)

    def switch_line(
        self,
        account_id: str,
        line_id: str,
        enabled: bool,
        source: Source,
        now: datetime,
        check: Callable[[Line], None] = lambda _: None,
    ) -> Line:
        """Turn a line's international calling on or off, and return the line. Write nothing if it is already so.
        `check` raises an error for a line that must not be changed.

        Raises:
            NotFound: `unknown_line`. Forbidden: `account_frozen`, if it would be turned on.
            Unavailable: `busy`, or the table did not answer in time.
        """

        def attempt() -> Line | None:
            item = self._item(account_id, line_id)
            if item is None:
                raise NotFound(
                    ProblemCode.UNKNOWN_LINE, "This account has no line with this id; GET /lines lists them."
                )
            line = line_from_item(item)
            if line.international_calling == enabled:
                return line
            check(line)
            switched = replace(line, international_calling=enabled, version=line.version + 1)
            actions = [
                self._switch(account_id, switched, item, source, now),
                self._record(account_id, switched, _changes(item), source, now),
            ]
            if line_loosens(line.international_calling, enabled):
                actions.append(unless_frozen_action(self._table_name, account_id))
            failed = transact(self._client, actions)
            if 2 in failed:
                raise account_frozen()
            return None if failed else switched

        return retry_on_race("The line is", attempt)

    def _switch(
        self, account_id: str, line: Line, before: dict[str, Any], source: Source, now: datetime
    ) -> dict[str, Any]:
        condition, values = _unchanged_condition(before)
        attributes: Item = {
            "international_calling": line.international_calling,
            "changed_by": source.by,
            "changed_at": format_instant(now),
            "changes": _changes(before) + 1,
            "line_version": line.version,
        }
        return update(
            self._table_name,
            _line_key(account_id, line.line_id),
            "SET " + ", ".join(f"{name} = :{name}" for name in attributes),
            condition,
            values | {f":{name}": to_attribute(value) for name, value in attributes.items()},
        )

    def _put(
        self, account_id: str, line: Line, before: dict[str, Any] | None, source: Source, now: datetime
    ) -> dict[str, Any]:
        is_change = line.international_calling != _is_on(before)
        item: Item = {
            "PK": keys.account_pk(account_id),
            "SK": keys.line_sk(line.line_id),
            "number": line.number,
            "user_id": line.user_id,
            "international_calling": line.international_calling,
            "changed_by": source.by,
            "changed_at": format_instant(now),
            "changes": _changes(before) + is_change or None,
            "line_version": line.version,
        }
        action = put(self._table_name, to_attributes(item))
        if before is not None:
            condition, values = _unchanged_condition(before)
            action["Put"] |= {"ConditionExpression": condition, "ExpressionAttributeValues": values}
        return action

    def _record(self, account_id: str, line: Line, count: int, source: Source, now: datetime) -> dict[str, Any]:
        at = format_instant(now)
        item: Item = {
            "PK": keys.account_pk(account_id),
            "SK": change_keys.change_sk(line.line_id, at, f"{count + 1:06d}"),
            "international_calling": line.international_calling,
            "changed_by": source.by,
            "changed_from": source.address,
        }
        return put(self._table_name, to_attributes(item))

    def _account_exists(self, account_id: str) -> dict[str, Any]:
        return {
            "ConditionCheck": {
                "TableName": self._table_name,
                "Key": {"PK": {"S": keys.account_pk(account_id)}, "SK": {"S": keys.account_sk()}},
                "ConditionExpression": "attribute_exists(PK)",
            }
        }

    def _item(self, account_id: str, line_id: str) -> dict[str, Any] | None:
        answer = self._client.get_item(
            TableName=self._table_name, Key=_line_key(account_id, line_id), ConsistentRead=True
        )
        return from_attributes(answer["Item"]) if "Item" in answer else None


def _line_key(account_id: str, line_id: str) -> dict[str, Any]:
    return {"PK": {"S": keys.account_pk(account_id)}, "SK": {"S": keys.line_sk(line_id)}}


def _is_on(item: dict[str, Any] | None) -> bool:
    return item is not None and bool(item["international_calling"])


def _changes(item: dict[str, Any] | None) -> int:
    """The number of changes recorded so far."""
    return 0 if item is None else int(item.get("changes", 0))


def _version(item: dict[str, Any]) -> int:
    """The version of a line. Earlier releases counted only its switches."""
    return int(item.get("line_version", item.get("changes", 0)))


def _unchanged_condition(item: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The condition that the line has not changed since it was read, and its values."""
    values = {":was": to_attribute(item["international_calling"])}
    parts = ["international_calling = :was"]
    for name in ("changes", "line_version"):
        if name in item:
            values[f":read_{name}"] = to_attribute(item[name])
            parts.append(f"{name} = :read_{name}")
        else:
            parts.append(f"attribute_not_exists({name})")
    return " AND ".join(parts), values


def line_from_item(item: dict[str, Any]) -> Line:
    """The line of an item."""
    return Line(keys.id_of(item["SK"]), item["number"], item["user_id"], item["international_calling"], _version(item))


def change_view(item: dict[str, Any]) -> dict[str, Any]:
    """A change as the API shows it."""
    _, _, changed_at, _ = item["SK"].split("#")
    fields = {name: item[name] for name in ("international_calling", "changed_by", "changed_from")}
    return {"changed_at": changed_at, **fields}
