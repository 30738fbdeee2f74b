"""The id that joins what a request or a call caused: log lines, entries, top-ups, changes, events, and mails.

It is API Gateway's id of a request, or the id that a message of the call queue brings: the `correlation_id` among its
attributes, else its message id. Items store the id of what wrote them first. It is no fact: without it, or with a
damaged one, everything else works, and a repeated request leaves the stored id alone.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

CORRELATION_ID: Final = "correlation_id"
"""The name of the id: as an attribute of items and of messages, in events, and in logs."""

_ALLOWED: Final = re.compile(r"[A-Za-z0-9_.:=+/-]{1,64}", re.ASCII)
_current: ContextVar[str | None] = ContextVar(CORRELATION_ID, default=None)


def current_correlation() -> str | None:
    """Return the id of what is being handled now; None outside a request and a message."""
    return _current.get()


def stored_correlation() -> str:
    """Return the id for an item that many requests change. Without one it is "", which is no id, so that the item does
    not keep the id of an earlier request.
    """
    return current_correlation() or ""


@contextmanager
def correlated(correlation_id: object) -> Iterator[None]:
    """Handle a request under an id. Anything but a valid id counts as none."""
    token = _current.set(valid_correlation(correlation_id))
    try:
        yield
    finally:
        _current.reset(token)


def valid_correlation(value: object) -> str | None:
    """Return the id if it is one: 1 to 64 letters, digits, and `_.:=+/-`; else None."""
    return value if isinstance(value, str) and _ALLOWED.fullmatch(value) else None


def correlation_of(item: Mapping[str, Any]) -> str | None:
    """Return the id that an item (plain values) or an event brings; None if it has none."""
    return valid_correlation(item.get(CORRELATION_ID))


def new_correlation_of(old: Mapping[str, Any], new: Mapping[str, Any]) -> str | None:
    """Return the id that a change set in an item that many requests change; None if it set none."""
    found = correlation_of(new)
    return found if found != correlation_of(old) else None
