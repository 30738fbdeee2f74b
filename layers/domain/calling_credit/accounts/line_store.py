"""Stores an account's lines, with the assignments of their numbers. Each change of international calling adds an item
with the actor, the time, and the IP address, in the same transaction. These items never change.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from calling_credit.accounts.account import Line
from calling_credit.accounts.bundles import bundles_to_item
from calling_credit.accounts.freezing import account_frozen, read_item, unknown_account, unless_frozen_action
from calling_credit.accounts.line_items import (
    changes_of,
    is_on,
    line_from_item,
    line_key,
    record_switch,
    unchanged_condition,
    version_of,
)
from calling_credit.accounts.line_numbers import LEAD, LineNumbers, not_on_this_line
from calling_credit.accounts.loosening import line_loosens
from calling_credit.accounts.minute_counters import line_minute_actions
from calling_credit.accounts.number_history import LineName
from calling_credit.accounts.recorded_changes import line_change
from calling_credit.budgets.budget import budget_attributes
from calling_credit.changes.actor import Actor
from calling_credit.changes.change import change_action
from calling_credit.changes.sign_in import SignIn
from calling_credit.changes.sign_in_reader import read_item_signed_in
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import Item, to_attribute, to_attributes
from calling_credit.dynamodb.retries import retry_on_race
from calling_credit.dynamodb.transactions import put, transact, update
from calling_credit.errors import Conflict, InvalidValue, NotFound, ProblemCode
from calling_credit.instants import format_instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class LineStore:
    """The lines in the table."""

    def __init__(self, client: "DynamoDBClient", table_name: str, lead: timedelta = LEAD) -> None:
        self._client = client
        self._table_name = table_name
        self._numbers = LineNumbers(client, table_name, lead)

    def store_line(
        self,
        account_id: str,
        line_id: str,
        change: Callable[[Line | None], Line],
        actor: Actor,
        now: datetime,
        move_from: LineName | None = None,
        sign_in: SignIn | None = None,
    ) -> tuple[Line, bool]:
        """Store the line that `change` makes of the current one. Return it, and whether it is new. A closed line is
        opened like a new one.

        Args:
            move_from: The line that has the number now. It is closed when the move takes effect, LeadSeconds after
                `now`, in the same transaction.

        Raises:
            NotFound: `unknown_account`; `unknown_line`, if `move_from` does not have the number.
            InvalidValue: `unknown_user`, the line is given to a user without an item. Conflict: `number_taken`.
            Forbidden: `signed_out`.
            Unavailable: `busy`, or the table did not answer in time.
        """

        def attempt() -> tuple[Line, bool] | None:
            item = self._item(account_id, line_id, sign_in)
            before = None if item is None else line_from_item(item)
            current = before if before is not None and before.closes_at is None else None
            version, budget = (before.version, before.budget) if before else (0, None)
            line = replace(change(current), version=version, budget=budget)
            line = line if before == line else replace(line, version=version + 1)
            try:
                plan = self._numbers.plan(account_id, current, line, now, move_from)
            except Conflict:
                if read_item(self._client, self._table_name, account_id, keys.account_sk()) is None:
                    raise unknown_account() from None
                raise
            actions = [
                self._exists(account_id, keys.account_sk()),
                self._put(account_id, line, item, actor, now),
                *plan.actions,
            ]
            user = None if current and current.user_id == line.user_id else len(actions)
            if user is not None:
                actions.append(self._exists(account_id, keys.user_sk(line.user_id)))
            if line.international_calling != is_on(item):
                actions.append(record_switch(self._table_name, account_id, line, changes_of(item), actor, now))
            if move_from is not None and plan.closes_at is not None:
                actions += self._close(move_from, line.number, plan.closes_at, actor, now)
            actions += self._changed(account_id, before, line, actor, now)
            actions += line_minute_actions(self._client, self._table_name, account_id, current, line, now)
            failed = transact(self._client, actions)
            if 0 in failed:
                raise unknown_account()
            if user in failed:
                raise _unknown_user()
            return None if failed else (line, current is None)

        return retry_on_race("The line is", attempt)

    def switch_line(
        self,
        account_id: str,
        line_id: str,
        enabled: bool,
        actor: Actor,
        now: datetime,
        check: Callable[[Line], None] = lambda _: None,
        sign_in: SignIn | None = None,
    ) -> tuple[Line, bool]:
        """Turn a line's international calling on or off. Return the line, and whether this call changed it: it writes
        nothing if the line is already so. `check` raises an error for a line that must not be changed.

        Raises:
            NotFound: `unknown_line`. Forbidden: `signed_out`; `account_frozen`, if it would be turned on.
            Unavailable: `busy`, or the table did not answer in time.
        """

        def attempt() -> tuple[Line, bool] | None:
            item = self._item(account_id, line_id, sign_in)
            if item is None or "closes_at" in item:
                raise NotFound(
                    ProblemCode.UNKNOWN_LINE, "This account has no line with this id; GET /lines lists them."
                )
            line = line_from_item(item)
            if line.international_calling == enabled:
                return line, False
            check(line)
            switched = replace(line, international_calling=enabled, version=line.version + 1)
            actions = [
                self._switch(account_id, switched, item, actor, now),
                record_switch(self._table_name, account_id, switched, changes_of(item), actor, now),
                *self._changed(account_id, line, switched, actor, now),
            ]
            loosens = line_loosens(line.international_calling, enabled)
            if loosens:
                actions.append(unless_frozen_action(self._table_name, account_id))
            failed = transact(self._client, actions)
            if loosens and len(actions) - 1 in failed:
                raise account_frozen()
            return None if failed else (switched, True)

        return retry_on_race("The line is", attempt)

    def _switch(
        self, account_id: str, line: Line, before: dict[str, Any], actor: Actor, now: datetime
    ) -> dict[str, Any]:
        condition, values = unchanged_condition(before)
        attributes: Item = {
            "international_calling": line.international_calling,
            "changed_by": actor.by,
            "changed_at": format_instant(now),
            "changes": changes_of(before) + 1,
            "line_version": line.version,
        }
        return update(
            self._table_name,
            line_key(account_id, line.line_id),
            "SET " + ", ".join(f"{name} = :{name}" for name in attributes),
            condition,
            values | {f":{name}": to_attribute(value) for name, value in attributes.items()},
        )

    def _put(
        self, account_id: str, line: Line, before: dict[str, Any] | None, actor: Actor, now: datetime
    ) -> dict[str, Any]:
        is_change = line.international_calling != is_on(before)
        item: Item = {
            "PK": keys.account_pk(account_id),
            "SK": keys.line_sk(line.line_id),
            "number": line.number,
            "user_id": line.user_id,
            "international_calling": line.international_calling,
            "changed_by": actor.by,
            "changed_at": format_instant(now),
            "changes": changes_of(before) + is_change or None,
            "line_version": line.version,
            "bundles": bundles_to_item(line.bundles, format_instant(now)),
            **budget_attributes(line.budget),
        }
        action = put(self._table_name, to_attributes(item))
        if before is not None:
            condition, values = unchanged_condition(before)
            action["Put"] |= {"ConditionExpression": condition, "ExpressionAttributeValues": values}
        return action

    def _close(self, name: LineName, number: str, closes_at: str, actor: Actor, now: datetime) -> list[dict[str, Any]]:
        """The actions that close the line from which a number moves away, and record it. The line keeps the number as
        its last one.

        Raises:
            NotFound: `unknown_line`.
        """
        item = self._item(name.account_id, name.line_id)
        if item is None or item["number"] != number or "closes_at" in item:
            raise not_on_this_line()
        condition, values = unchanged_condition(item)
        attributes: Item = {
            "closes_at": closes_at,
            "changed_by": actor.by,
            "changed_at": format_instant(now),
            "line_version": version_of(item) + 1,
        }
        close = update(
            self._table_name,
            line_key(*name),
            "SET " + ", ".join(f"{name} = :{name}" for name in attributes),
            condition,
            values | {f":{name}": to_attribute(value) for name, value in attributes.items()},
        )
        before = line_from_item(item)
        closed = replace(before, closes_at=closes_at, version=before.version + 1)
        return [close, *self._changed(name.account_id, before, closed, actor, now)]

    def _changed(
        self, account_id: str, before: Line | None, line: Line, actor: Actor, now: datetime
    ) -> list[dict[str, Any]]:
        """The action that records a change of a line; none if nothing differs."""
        change = line_change(before, line)
        return [change_action(self._table_name, account_id, change, actor, now)] if change else []

    def _exists(self, account_id: str, sort_key: str) -> dict[str, Any]:
        return {
            "ConditionCheck": {
                "TableName": self._table_name,
                "Key": {"PK": {"S": keys.account_pk(account_id)}, "SK": {"S": sort_key}},
                "ConditionExpression": "attribute_exists(PK)",
            }
        }

    def _item(self, account_id: str, line_id: str, sign_in: SignIn | None = None) -> dict[str, Any] | None:
        key = (keys.account_pk(account_id), keys.line_sk(line_id))
        return read_item_signed_in(self._client, self._table_name, key, sign_in)


def _unknown_user() -> InvalidValue:
    return InvalidValue(
        ProblemCode.UNKNOWN_USER,
        "user_id names no user of this account; create the user first with PUT /accounts/{account_id}/users/{user_id}.",
    )
