"""The items of lines and of their changes."""

from datetime import datetime
from typing import Any

from calling_credit.accounts.account import Line
from calling_credit.accounts.bundles import bundles_from_item
from calling_credit.budgets.budget import budget_from_item
from calling_credit.changes.actor import Actor
from calling_credit.dynamodb import change_keys, keys
from calling_credit.dynamodb.attributes import Item, to_attribute, to_attributes
from calling_credit.dynamodb.transactions import put
from calling_credit.dynamodb.unreadable import decoder
from calling_credit.instants import format_instant


def line_key(account_id: str, line_id: str) -> dict[str, Any]:
    """The item key of a line."""
    return {"PK": {"S": keys.account_pk(account_id)}, "SK": {"S": keys.line_sk(line_id)}}


def is_on(item: dict[str, Any] | None) -> bool:
    """Whether a line may call abroad; False for a missing line."""
    return item is not None and bool(item["international_calling"])


def changes_of(item: dict[str, Any] | None) -> int:
    """The number of changes recorded so far."""
    return 0 if item is None else int(item.get("changes", 0))


def version_of(item: dict[str, Any]) -> int:
    """The version of a line. Earlier releases counted only its switches."""
    return int(item.get("line_version", item.get("changes", 0)))


def unchanged_condition(item: dict[str, Any]) -> tuple[str, dict[str, Any]]:
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


@decoder
def line_from_item(item: dict[str, Any]) -> Line:
    """The line of an item."""
    return Line(
        keys.id_of(item["SK"]),
        item["number"],
        item["user_id"],
        item["international_calling"],
        version_of(item),
        item.get("closes_at"),
        bundles_from_item(item.get("bundles", ())),
        budget_from_item(item),
    )


def record_switch(
    table_name: str, account_id: str, line: Line, count: int, actor: Actor, now: datetime
) -> dict[str, Any]:
    """The action that stores one change of a line's international calling, after `count` changes."""
    item: Item = {
        "PK": keys.account_pk(account_id),
        "SK": change_keys.change_sk(line.line_id, format_instant(now), f"{count + 1:06d}"),
        "international_calling": line.international_calling,
        "changed_by": actor.by,
        "changed_from": actor.address,
    }
    return put(table_name, to_attributes(item))


def change_view(item: dict[str, Any]) -> dict[str, Any]:
    """A change as the API shows it."""
    _, _, changed_at, _ = item["SK"].split("#")
    fields = {name: item[name] for name in ("international_calling", "changed_by", "changed_from")}
    return {"changed_at": changed_at, **fields}
