"""Reads single fields of a record, and refuses by name each field that cannot be read."""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final
from urllib.parse import unquote

from calling_credit import ids
from calling_credit.calls import MAX_DURATION_SECONDS
from calling_credit.rejection_codes import Rejection, RejectionCode

MAX_NUMBER: Final = 255
"""Characters of a calling or called party. A SIP URI fits."""
_SECONDS: Final = re.compile(r"[0-9]{1,18}(?:[.,][0-9]{0,30})?(?:[eE][+-]?[0-9]{1,2})?")
_URI: Final = re.compile(r"(?:sips?|tel):([^@;?]*)[^ ]*", re.IGNORECASE)


class FieldError(Exception):
    """A field of a record cannot be read. The rejection names the field as the source does."""

    def __init__(self, code: RejectionCode, detail: str) -> None:
        super().__init__(detail)
        self.rejection = Rejection(code, detail)


class Members(dict[str, Any]):
    """The members of a record, also those whose name occurs more than once."""

    __slots__ = ("_pairs",)

    def __init__(self, pairs: Iterable[tuple[str, Any]] = ()) -> None:
        pairs = list(pairs)
        super().__init__(pairs)
        self._pairs = pairs if len(self) != len(pairs) else []

    def every(self, name: str) -> list[Any]:
        """Return each value of a name. FreeSWITCH before version 1.4 repeats `callflow` for a transferred call."""
        if self._pairs:
            return [value for key, value in self._pairs if key == name]
        return [self[name]] if name in self else []

    def one(self, name: str) -> Any:
        """Return the value of a name; None if it is absent.

        Raises:
            FieldError: `duplicate_key`, the record names it twice, so it is unclear which value counts.
        """
        values = self.every(name)
        if len(values) > 1:
            raise FieldError(RejectionCode.DUPLICATE_KEY, f"The record names {name} twice; send it once.")
        return values[0] if values else None


def text_of(record: Members, *names: str) -> str:
    """Return the first of these fields that is not empty, without blanks around it; "" if there is none.

    Raises:
        FieldError: `duplicate_key`; `malformed_record`, a field is neither text nor a number.
    """
    for name in names:
        value = record.one(name)
        if value is None:
            continue
        if not isinstance(value, str):
            raise FieldError(RejectionCode.MALFORMED_RECORD, f"{name} must be text or a number; correct the record.")
        if value.strip():
            return value.strip()
    return ""


def call_id_of(text: str, field: str) -> str:
    """Return the id of a call.

    Raises:
        FieldError: `missing_field`, `invalid_id`.
    """
    if not text:
        raise FieldError(RejectionCode.MISSING_FIELD, f"{field} is missing; it is the id of the call.")
    if not ids.is_call_id(text):
        detail = f"{field} must be 1 to 255 characters without control characters or line breaks."
        raise FieldError(RejectionCode.INVALID_ID, detail)
    return text


def seconds_of(text: str, field: str, per_second: int = 1) -> int | None:
    """Return a duration as whole seconds, a fraction rounded up; None if the field is empty.

    Leading zeros, a decimal comma, and an exponent are accepted. `per_second`: the units of the field in a second.

    Raises:
        FieldError: `invalid_duration`, it is negative, over 7 days, or not a number.
    """
    if not text:
        return None
    if _SECONDS.fullmatch(text) is not None:
        amount = Decimal(text.replace(",", "."))
        if amount <= MAX_DURATION_SECONDS * per_second:
            whole, rest = divmod(amount, per_second)
            return int(whole) + (1 if rest else 0)
    detail = f"{field} must be a duration from 0 to 7 days, without a sign; correct the record and send it again."
    raise FieldError(RejectionCode.INVALID_DURATION, detail)


def number_of(text: str, field: str) -> str:
    """Return the number that a field names as it was dialed. Of a SIP or tel URI, it is the user part.

    Raises:
        FieldError: `invalid_number`, it is too long for a number.
    """
    if len(text) > MAX_NUMBER:
        raise FieldError(
            RejectionCode.INVALID_NUMBER, f"{field} must be a phone number of up to {MAX_NUMBER} characters."
        )
    uri = _URI.fullmatch(text)
    return text if uri is None else unquote(uri[1]).strip()
