"""Gives every call event its canonical form: one place for times, durations,
and dispositions, as `dialed_numbers` is for numbers. Reads no table and no clock.

The canonical form has only known fields, and those of them that the event has: `version`, RFC 3339 times in UTC, whole
seconds, the native dispositions, and E.164 numbers or short codes. An event in canonical form is not changed again.
"""

import re
from decimal import ROUND_CEILING, Decimal
from typing import Any, Final

from calling_credit.call_event_form import FIELDS, SPELLINGS, costs_nothing
from calling_credit.charging.local_times import TIMES, in_utc, with_end
from calling_credit.rejection_codes import Rejection

Event = dict[str, Any]

MAY_BE_EMPTY: Final = ("account_id", "line_id", "user_id", *TIMES, "duration_seconds")
"""The fields in which null and "" mean that the sender does not know the value."""
_SECONDS: Final = re.compile(r"[0-9]{1,18}(\.[0-9]{1,18})?(e-[0-9]{1,2})?")
_BETWEEN_LETTERS: Final = re.compile(r"[\s_-]+")


def canonical_facts(event: Event, zone: str | None = None) -> Event | Rejection:
    """Return an event with canonical times, duration, and disposition. Its numbers are as they were.

    Args:
        event: the fields of the event as the switch sent them.
        zone: the IANA time zone of times without one.

    Returns:
        The event; a Rejection (`invalid_timestamp`) of a call that costs if a time has no zone or does not exist.
    """
    facts = {name: event[name] for name in FIELDS if name in event and _says_something(name, event[name])}
    if facts.get("version") is None:
        facts["version"] = "1"
    if "duration_seconds" in facts:
        facts["duration_seconds"] = whole_seconds(facts["duration_seconds"])
    if isinstance(facts.get("disposition"), str):
        spelling = _BETWEEN_LETTERS.sub("", facts["disposition"]).lower()
        facts["disposition"] = SPELLINGS.get(spelling, facts["disposition"])
    timed = in_utc(facts, zone)
    if isinstance(timed, Rejection):
        return facts if costs_nothing(facts) else timed
    return with_end(timed)


def whole_seconds(value: Any) -> Any:
    """Return a duration in whole seconds, a fraction rounded up: 20.6 and "20.6" are 21. Any other value is returned
    unchanged.
    """
    is_fraction = hasattr(value, "is_integer") and not isinstance(value, int)
    text = str(value) if is_fraction else value.strip() if isinstance(value, str) else ""
    if _SECONDS.fullmatch(text) is None:
        return value
    return int(Decimal(text).to_integral_value(ROUND_CEILING))


def _says_something(name: str, value: Any) -> bool:
    """Whether a field has a value that can have a meaning."""
    if value is None:
        return name not in (*MAY_BE_EMPTY, "version", "from")
    return bool(value != "" or name not in MAY_BE_EMPTY)
