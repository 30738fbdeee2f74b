"""The items of the lists that only staff see in this form: refused calls and changes. Reads nothing."""

from collections.abc import Mapping
from typing import Any

from calling_credit.desk.explanation import denial_view
from calling_credit.dynamodb import keys

Item = Mapping[str, Any]


def denied_call_view(item: Item, user_names: Mapping[str, str]) -> dict[str, Any]:
    """A refused call: `{at, call_key, line_id, user, to, reason, message}`."""
    _, denied_at, call_key = item["SK"].split("#")
    user_id = item.get("user_id")
    return {
        **denial_view({**item, "at": denied_at}),
        "call_key": call_key,
        "line_id": item.get("line_id"),
        "user": {"id": user_id, "name": user_names.get(user_id or "")},
        "to": item["to"],
    }


def change_view(item: Item) -> dict[str, Any]:
    """A change of an account: `{at, action, by: {kind, id, name}, from, subject, old, new}`. Version 1.0.0 recorded
    replaced customers only, under other names.
    """
    kind, _, identity = str(item.get("by", item.get("changed_by", ""))).partition(":")
    return {
        "at": item["SK"].split("#", 2)[1],
        "action": item.get("action", "customer_replaced"),
        "by": {"kind": kind, "id": identity or None, "name": item.get("by_name")},
        "from": item.get("from"),
        "subject": item.get("subject"),
        "old": item.get("old", item.get("before")),
        "new": item.get("new", item.get("after")),
    }


def user_ids_of(items: list[Item]) -> set[str]:
    """The users that items name."""
    return {item["user_id"] for item in items if item.get("user_id")}


def sort_key_of(item: Item) -> str:
    """Where a list continues after an item."""
    return str(item["SK"])


def is_mail_id(text: str) -> bool:
    """Whether a text can name a mail."""
    mailed_at, separator, hashed = text.partition("_")
    return bool(separator) and mailed_at.isascii() and hashed.isalnum() and keys.AFTER not in text and "#" not in text
