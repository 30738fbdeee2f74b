"""The form of ids: accounts, lines, users, calls, and payments."""

import hashlib
import re
from typing import Final

from calling_credit.errors import InvalidValue, ProblemCode

ID_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9_.:@+-]{0,63}$"
CALL_ID_PATTERN: Final = r"^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]{1,255}$(?!\n)"
"""Any printable text. Each switch builds the ids of its calls in its own way."""
CALL_ID_FORM: Final = "call_id must be 1 to 255 characters without control characters or line breaks."
HASHED: Final = "h_"
"""How the key of an unusual call id begins."""
_CALL_ID: Final = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]{1,255}")
_PLAIN_CALL_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:@+-]{0,95}")
_ID: Final = re.compile(ID_PATTERN)
_SUBJECT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:@+|-]{0,127}")


def is_call_id(text: str) -> bool:
    """Return whether the text can be the id of a call: 1 to 255 characters, none of them a control character."""
    return _CALL_ID.fullmatch(text) is not None


def call_key(call_id: str) -> str:
    """Return the name of a call in keys of items and in paths: its id, or `h_` and a hash of an unusual id.

    An id is unusual if it is longer than 96 characters, has other characters than letters, digits, and `_ . : @ + -`,
    or could be mistaken for a hashed one. Authorization and call events use this function alike, so both find the same
    hold.
    """
    if is_plain_call_id(call_id):
        return call_id
    return HASHED + hashlib.blake2b(call_id.encode(), digest_size=16).hexdigest()


def is_plain_call_id(call_id: str) -> bool:
    """Return whether the id of a call is its own key."""
    return _PLAIN_CALL_ID.fullmatch(call_id) is not None and not call_id.startswith(HASHED)


def plain_id_of_v1(call_id: str) -> str | None:
    """Return the name that version 1.0.0 gave to a call, if it has another key now: ids that begin with `h_`."""
    return call_id if call_id.startswith(HASHED) and _PLAIN_CALL_ID.fullmatch(call_id) else None


def check_id(value: str, field: str) -> str:
    """Return the id if it has a valid form.

    Raises:
        InvalidValue: `invalid_id`.
    """
    if not is_id(value):
        raise InvalidValue(ProblemCode.INVALID_ID, f"{field} must be 1 to 64 letters, digits, or _ . : @ + -.")
    return value


def check_subject(value: str) -> str:
    """Return the subject of a person's tokens if it can be part of a key: identity providers use more characters in it
    than ids here have.

    Raises:
        InvalidValue: `invalid_id`.
    """
    if _SUBJECT.fullmatch(value) is None:
        raise InvalidValue(ProblemCode.INVALID_ID, "user_id must be the sub of the person's tokens.")
    return value


def is_id(text: str) -> bool:
    """Return whether the text can be the id of an account, a line, or a user."""
    return _ID.fullmatch(text) is not None


def is_topup_id(text: str) -> bool:
    """Return whether the text can be the id of a payment."""
    return re.fullmatch(r"tu_[0-9a-f]{32}", text) is not None
