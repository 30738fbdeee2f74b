"""Stores the budget of a line or a user, with the counters of the months that it counts.

The law: the budget, the limit of its counters, and the recorded change are one transaction.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from calling_credit.accounts.freezing import account_key
from calling_credit.accounts.line_items import line_from_item, line_key, unchanged_condition
from calling_credit.accounts.user import user_from_item
from calling_credit.budgets.budget import Budget, budget_attributes
from calling_credit.budgets.settings import counter_actions
from calling_credit.dynamodb import keys, spend_keys
from calling_credit.dynamodb.attributes import to_attribute, to_attributes
from calling_credit.dynamodb.transactions import update
from calling_credit.instants import format_instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def line_budget_actions(
    client: "DynamoDBClient",
    table_name: str,
    item: Mapping[str, Any],
    after: Budget,
    time_zone: str,
    now: datetime,
) -> list[dict[str, Any]]:
    """The actions that give a line, whose plain item was read, the budget that `change_budget` made: its item first,
    then the counters. A condition fails if one of them has changed since it was read.

    Raises:
        Unavailable: the table throttles. UnreadableItem: a counter cannot be read.
    """
    account_id, line = keys.account_of(item["PK"]), line_from_item(dict(item))
    condition, values = unchanged_condition(dict(item))
    version = {"line_version": line.version + 1}
    store = _store(table_name, line_key(account_id, line.line_id), after, version, condition, values)
    owner = (spend_keys.LINE, line.line_id)
    return [store, *counter_actions(client, table_name, account_id, owner, line.budget, after, time_zone, now)]


def user_budget_actions(
    client: "DynamoDBClient",
    table_name: str,
    account: Mapping[str, Any],
    item: Mapping[str, Any],
    after: Budget,
    now: datetime,
) -> list[dict[str, Any]]:
    """The actions that give a user, whose plain item was read with that of the account, a budget: the user's item
    first, then the counters, and the mark that the account has budgets of users. Raises the errors of
    `line_budget_actions`.
    """
    account_id, user = keys.account_of(item["PK"]), user_from_item(item)
    count = "changes = :changes" if "changes" in item else "attribute_not_exists(changes)"
    values = to_attributes({":read": item["name"], ":changes": item.get("changes")})
    changed = {"changed_at": format_instant(now), "changes": item.get("changes", 0) + 1}
    key = {"PK": {"S": keys.account_pk(account_id)}, "SK": {"S": keys.user_sk(user.user_id)}}
    store = _store(table_name, key, after, changed, f"#name = :read AND {count}", values, {"#name": "name"})
    owner, zone = (spend_keys.USER, user.user_id), account["time_zone"]
    counters = counter_actions(client, table_name, account_id, owner, user.budget, after, zone, now)
    if "has_user_budgets" in account:
        return [store, *counters]
    expression, value = "SET has_user_budgets = :true", {":true": to_attribute(True)}
    return [store, *counters, update(table_name, account_key(account_id), expression, "attribute_exists(PK)", value)]


def _store(
    table_name: str,
    key: dict[str, Any],
    budget: Budget,
    changed: Mapping[str, Any],
    condition: str,
    values: Mapping[str, Any],
    names: dict[str, str] | None = None,
) -> dict[str, Any]:
    """The action that sets the attributes of a budget, and of the change of its item."""
    attributes = budget_attributes(budget)
    stored = {name: value for name, value in {**attributes, **changed}.items() if value is not None}
    absent = [name for name, value in attributes.items() if value is None]
    expression = "SET " + ", ".join(f"{name} = :{name}" for name in stored)
    expression += f" REMOVE {', '.join(absent)}" if absent else ""
    new = {f":{name}": to_attribute(value) for name, value in stored.items()}
    return update(table_name, key, expression, condition, {**new, **values}, names)
