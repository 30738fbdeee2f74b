"""Checks of request fields that all contexts share."""

from typing import Any

from calling_credit.errors import InvalidValue, ProblemCode


def read_text(body: dict[str, Any], field: str, maximum: int) -> str:
    """Return a required text of at most `maximum` characters.

    Raises:
        InvalidValue: missing_field, invalid_field.
    """
    value = body.get(field)
    if value is None:
        raise InvalidValue(ProblemCode.MISSING_FIELD, f"{field} is missing; send it.")
    if not isinstance(value, str) or not value.strip() or not value.isprintable() or _is_longer(value, maximum):
        detail = f"{field} must be 1 to {maximum} printable characters, at most {3 * maximum} bytes."
        raise InvalidValue(ProblemCode.INVALID_FIELD, detail)
    return value


def _is_longer(value: str, maximum: int) -> bool:
    """Limit characters for people, and bytes because an entry with the maximum reason must fit one write unit."""
    return len(value) > maximum or len(value.encode()) > 3 * maximum
