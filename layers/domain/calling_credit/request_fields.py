"""Checks of request fields that all contexts share."""

from typing import Any

from calling_credit.errors import InvalidValue, ProblemCode


def read_text(body: dict[str, Any], field: str, maximum: int, max_bytes: int | None = None) -> str:
    """Return a required text of at most `maximum` characters and `max_bytes` bytes (by default three a character).
    Characters are limited for people, and bytes because an entry with the longest reason must fit one write unit.

    Raises:
        InvalidValue: missing_field, invalid_field.
    """
    value = body.get(field)
    if value is None:
        raise InvalidValue(ProblemCode.MISSING_FIELD, f"{field} is missing; send it.")
    most = 3 * maximum if max_bytes is None else max_bytes
    is_text = isinstance(value, str) and bool(value.strip()) and value.isprintable()
    if not is_text or len(value) > maximum or len(value.encode()) > most:
        detail = f"{field} must be 1 to {maximum} printable characters, at most {most} bytes."
        raise InvalidValue(ProblemCode.INVALID_FIELD, detail)
    return str(value)
