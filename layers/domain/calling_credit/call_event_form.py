"""The canonical form of a call event: the fields of a call that costs, and which events cost nothing.

A call that costs must be complete. Of an event that costs nothing, only the account and the call count. Switches send
more forms than this one; `charging.canonical_events` reads them.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from calling_credit.calls import MAX_DURATION_SECONDS
from calling_credit.ids import is_call_id, is_id
from calling_credit.numbering import is_e164, is_emergency, is_short_code

MAX_BODY_CHARACTERS: Final = 16_384
OTHER_VERSION: Final = r"^(?!1(\.0)*$)[0-9]+(\.[0-9]+)*$"
"""The names of other versions. An event of such a version may claim talk time in a field that we do not know."""
SPELLINGS: Final[Mapping[str, str]] = {
    "answered": "answered",
    "answer": "answered",
    "completed": "answered",
    "noanswer": "no_answer",
    "busy": "busy",
    "failed": "failed",
    "congestion": "failed",
    "chanunavail": "failed",
    "canceled": "canceled",
    "cancelled": "canceled",
    "cancel": "canceled",
}
"""The dispositions by their spelling in lower case, without blanks, `_`, and `-`."""
ANSWERED: Final = r"^\s*[Aa][Nn][Ss][Ww][Ee][Rr][Ee][Dd]\s*$"


def whole_number(value: Any) -> Any:
    """Return 60.0 as 60, because JSON has one kind of number; any other value unchanged."""
    is_integer = None if isinstance(value, int) else getattr(value, "is_integer", None)
    return int(value) if is_integer is not None and is_integer() else value


def _is_absent(value: Any) -> bool:
    """Whether an optional field says nothing. Some switches send "" for a field that they do not know."""
    return value is None or value == ""


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and is_id(value)


def _is_call_id(value: Any) -> bool:
    return isinstance(value, str) and is_call_id(value)


def _is_dialed(value: Any) -> bool:
    return isinstance(value, str) and (is_e164(value) or is_short_code(value))


def _is_duration(value: Any) -> bool:
    seconds = whole_number(value)
    return value is None or (type(seconds) is int and 0 <= seconds <= MAX_DURATION_SECONDS)


def _is_disposition(value: Any) -> bool:
    return isinstance(value, str) and value in _DISPOSITIONS


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an event of a call that costs: whether a value has its form, and what senders are told about it. An
    optional field may be absent.
    """

    has_form: Callable[[Any], bool]
    description: str = ""
    is_optional: bool = False


_DISPOSITIONS: Final = frozenset({"answered", "no_answer", "busy", "failed", "canceled"})
FIELDS: Final[Mapping[str, Field]] = {
    "version": Field(lambda value: value == "1", "The version of this format; 1 if it is absent."),
    "call_id": Field(
        _is_call_id,
        "The switch's id of the call: 1 to 255 printable characters. With account_id and started_at, it is the call's "
        "identity.",
    ),
    "account_id": Field(_is_id),
    "line_id": Field(_is_id),
    "user_id": Field(
        lambda value: _is_absent(value) or _is_id(value),
        'The person who called; optional. "" names no user.',
        is_optional=True,
    ),
    "direction": Field(lambda value: value == "outbound", "outbound, or inbound, which costs nothing."),
    "from": Field(
        lambda _: True,
        "The caller id, in E.164 or as dialed by the line. It finds the line of an event that names none, and prices a "
        "call of an unknown line.",
        is_optional=True,
    ),
    "to": Field(
        _is_dialed,
        "E.164, a number as dialed by the line, or a short code (2 to 6 digits). Emergency calls are free.",
    ),
    "started_at": Field(
        _is_text,
        "RFC 3339; at most 1 day ahead of and 90 days behind the clock. Without an offset only from a switch with a "
        "connector key that has a time zone; so the other times, too.",
    ),
    "answered_at": Field(
        lambda value: _is_absent(value) or _is_text(value),
        'RFC 3339; optional. "" means that the time is unknown.',
        is_optional=True,
    ),
    "ended_at": Field(
        _is_text,
        "RFC 3339; not before started_at, and at most 5 minutes ahead of the clock. Without it, the duration counts "
        "from answered_at, or else from started_at.",
    ),
    "duration_seconds": Field(
        _is_duration,
        "Answered time in seconds, a number or its text. A fraction is rounded up. Without it, the time from "
        "answered_at to ended_at counts.",
        is_optional=True,
    ),
    "disposition": Field(
        _is_disposition,
        "answered, no_answer, busy, failed, or canceled, or a spelling such as ANSWERED or NO ANSWER.",
    ),
}
"""The fields of an event, as it spells them. Any other field is ignored."""


def find_wrong_field(event: Mapping[str, Any]) -> str | None:
    """Return the first field that is missing or has another form in an event of a call that costs; None if all are
    right.
    """
    for name, field in FIELDS.items():
        if name not in event:
            if not field.is_optional:
                return name
        elif not field.has_form(event[name]):
            return name
    return None


def costs_nothing(event: dict[str, Any]) -> bool:
    """Return whether an event is inbound, of an emergency call, or nothing in it claims talk time.

    Nothing claims talk time if the duration is 0, or if it is absent or null and the disposition is not `answered`.
    """
    dialed = event.get("to")
    if event.get("direction") == "inbound" or (isinstance(dialed, str) and is_emergency(dialed)):
        return True
    duration = event.get("duration_seconds")
    if duration is not None:
        return duration == 0 and not isinstance(duration, bool)
    version, disposition = event.get("version"), event.get("disposition")
    if isinstance(version, str) and re.match(OTHER_VERSION, version):
        return False
    return not (isinstance(disposition, str) and re.match(ANSWERED, disposition))
