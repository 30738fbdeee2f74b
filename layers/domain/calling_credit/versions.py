"""Versions of settings. A change may name the version that it was made from; if the settings have changed since, it is
refused, so that an older browser tab overwrites nothing that it has not shown.
"""

from collections.abc import Mapping
from typing import Any

from calling_credit.errors import Conflict, InvalidValue, ProblemCode


def read_version(body: Mapping[str, Any]) -> int | None:
    """Return the version that a change was made from; None if it names none, so that the last write wins.

    Raises:
        InvalidValue: `invalid_field`.
    """
    value = body.get("version")
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
        raise InvalidValue(
            ProblemCode.INVALID_FIELD, "version must be the whole number that the API showed with these settings."
        )
    return value


def is_outdated(version: int | None, stored: int) -> bool:
    """Whether the settings have another version than the one that a change was made from."""
    return version is not None and version != stored


def changed_meanwhile(subject: str, current: Mapping[str, Any]) -> Conflict:
    """Return the error of an outdated change, with the current values. `subject` begins its sentence."""
    return Conflict(
        ProblemCode.CHANGED_MEANWHILE,
        f"{subject} changed after you opened it. Check the current values, then save your change again.",
        extra={"current": current},
    )
