"""One change of an account as an immutable item."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from calling_credit.changes.actions import ChangeAction
from calling_credit.changes.actor import Actor
from calling_credit.correlation import CORRELATION_ID, current_correlation
from calling_credit.dynamodb import change_keys, keys
from calling_credit.dynamodb.attributes import Plain, to_attributes
from calling_credit.dynamodb.change_keys import CHANGE
from calling_credit.dynamodb.transactions import put
from calling_credit.instants import format_instant


@dataclass(frozen=True, slots=True)
class Change:
    """A change: its `action`, such as `limits_changed`, its `subject`, such as `limits` or `line:line_1`, and the
    values before and after it, in the form of the API. A missing value is None.

    `change_id` makes the change unique among those of its millisecond. It is the id of the written object or its
    version, never a random number, so that a repeated transaction writes the same item. `loosened` names the fields
    whose new value allows what the old one refused.
    """

    action: ChangeAction
    subject: str
    change_id: str
    old: Plain = None
    new: Plain = None
    loosened: tuple[str, ...] = ()


def difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields whose values differ, with their values before and after; a missing field is None. Both are empty if
    nothing differs.
    """
    names = [name for name in dict.fromkeys((*old, *new)) if old.get(name) != new.get(name)]
    return {name: old.get(name) for name in names}, {name: new.get(name) for name in names}


def change_item(account_id: str, change: Change, actor: Actor, at: datetime) -> dict[str, Any]:
    """Return the item of a change in attribute values."""
    changed_at = format_instant(at)
    return to_attributes(
        {
            "PK": keys.account_pk(account_id),
            "SK": change_keys.activity_sk(changed_at, change.change_id),
            "kind": CHANGE,
            "action": change.action,
            "subject": change.subject,
            "old": change.old,
            "new": change.new,
            "loosened": list(change.loosened) or None,
            "by": actor.by,
            "by_name": actor.name or None,
            "from": actor.address or None,
            "at": changed_at,
            CORRELATION_ID: current_correlation(),
        }
    )


def change_action(table_name: str, account_id: str, change: Change, actor: Actor, at: datetime) -> dict[str, Any]:
    """Return the action that stores a change. It belongs into the transaction of the write that it records."""
    return put(table_name, change_item(account_id, change, actor, at))
