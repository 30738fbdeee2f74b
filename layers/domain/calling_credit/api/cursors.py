"""Cursors of lists: opaque, signed, and valid only for the list (account, route, filters) that issued them."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable
from typing import Any, Final

from calling_credit.errors import InvalidValue, ProblemCode

MAX_CURSOR_CHARACTERS: Final = 2048
_SIGNATURE_BYTES: Final = 16


def write_cursor(secret: str, scope: list[str], position: Any) -> str:
    """Return a cursor of `position` (JSON) in the list that `scope` names."""
    payload = json.dumps(position, separators=(",", ":")).encode()
    return _text(_signature(secret, scope, payload) + payload)


def read_cursor(secret: str, scope: list[str], cursor: str | None) -> Any:
    """Return the position of a cursor; None without a cursor.

    Raises:
        InvalidValue: `invalid_cursor`, it was edited, cut, or belongs to another list.
    """
    if cursor is None:
        return None
    error = invalid_cursor()
    if len(cursor) > MAX_CURSOR_CHARACTERS or not cursor.isascii():
        raise error
    try:
        data = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise error from None
    if _text(data) != cursor:  # Base64 decodes several spellings to the same bytes; only ours is valid.
        raise error
    signature, payload = data[:_SIGNATURE_BYTES], data[_SIGNATURE_BYTES:]
    if not hmac.compare_digest(signature, _signature(secret, scope, payload)):
        raise error
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):  # Anyone can sign a cursor of a public list.
        raise error from None


def invalid_cursor() -> InvalidValue:
    """The error for every cursor that names no position of its list."""
    return InvalidValue(
        ProblemCode.INVALID_CURSOR,
        "cursor does not belong to this list; use next_cursor unchanged with the same filters.",
    )


def read_cursor_of_any(secrets: Iterable[str], scope: list[str], cursor: str | None) -> Any:
    """Return the position of a cursor that one of the secrets signed; None without a cursor.

    Raises:
        InvalidValue: `invalid_cursor`.
    """
    refused: InvalidValue | None = None
    for secret in secrets:
        try:
            return read_cursor(secret, scope, cursor)
        except InvalidValue as error:
            refused = error
    raise refused or invalid_cursor()


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _signature(secret: str, scope: list[str], payload: bytes) -> bytes:
    framed = json.dumps(scope).encode() + b"\0" + payload
    return hmac.new(secret.encode(), framed, hashlib.sha256).digest()[:_SIGNATURE_BYTES]
