"""The form of ids: accounts, lines, users, calls, and payments."""

import re
from typing import Final

from calling_credit.errors import InvalidValue, ProblemCode

ID_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9_.:@+-]{0,63}$"
CALL_ID_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9_.:@+-]{0,95}$"
_CALL_ID: Final = re.compile(CALL_ID_PATTERN.strip("^$"))


def is_call_id(text: str) -> bool:
    """Return whether the text can be the id of a call."""
    return _CALL_ID.fullmatch(text) is not None


_ID = re.compile(ID_PATTERN)


def check_id(value: str, field: str) -> str:
    """Return the id if it has a valid form.

    Raises:
        InvalidValue: `invalid_id`.
    """
    if not _ID.fullmatch(value):
        raise InvalidValue(ProblemCode.INVALID_ID, f"{field} must be 1 to 64 letters, digits, or _ . : @ + -.")
    return value


def is_topup_id(text: str) -> bool:
    """Return whether the text can be the id of a payment."""
    return re.fullmatch(r"tu_[0-9a-f]{32}", text) is not None
