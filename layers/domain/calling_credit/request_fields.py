"""Fields of a request body: what every context checks the same way."""

from typing import Any

from calling_credit.errors import InvalidValue, ProblemCode


def read_text(body: dict[str, Any], field: str, longest: int) -> str:
    """A required text of at most so many characters.

    Raises:
        InvalidValue: missing_field, invalid_field.
    """
    value = body.get(field)
    if value is None:
        raise InvalidValue(ProblemCode.MISSING_FIELD, f"{field} is missing.")
    if not isinstance(value, str) or not value.strip() or not value.isprintable() or _is_longer(value, longest):
        detail = f"{field} must be 1 to {longest} printable characters, at most {3 * longest} bytes."
        raise InvalidValue(ProblemCode.INVALID_FIELD, detail)
    return value


def _is_longer(value: str, longest: int) -> bool:
    """Characters count for people; bytes too, because an entry with the longest reason must stay one write unit."""
    return len(value) > longest or len(value.encode()) > 3 * longest
