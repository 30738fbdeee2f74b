"""The fields of an event that a mail prints, each only in its exact form.

Every function raises BadRequest, malformed_event, for a field of another form than docs/events describes.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from calling_credit.errors import BadRequest, ProblemCode
from calling_credit.ids import is_id

Data = Mapping[str, Any]
"""The data of an event, or a part of it."""
_PAYMENT_ID: Final = re.compile(r"tu_[0-9A-Za-z]{1,40}")
_INSTANT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")


def payment_id(data: Data) -> str:
    """The id of a payment."""
    return of_form(_PAYMENT_ID, data, "topup_id")


def account(event: Data) -> str:
    """The account of an event. Only the operator chooses its id."""
    account_id = event["account_id"]
    if not isinstance(account_id, str) or not is_id(account_id):
        raise malformed("account_id")
    return account_id


def names(data: Data, field: str) -> list[object]:
    """A list of names, to be looked up and never printed."""
    value = data[field]
    if not isinstance(value, list):
        raise malformed(field)
    return value


def parts(data: Data, field: str) -> list[Data]:
    """A list of objects."""
    value = names(data, field)
    found = [one for one in value if isinstance(one, Mapping)]
    if not found or len(found) < len(value):
        raise malformed(field)
    return found


def instant(data: Data, field: str) -> datetime:
    """A time in UTC with milliseconds."""
    text = of_form(_INSTANT, data, field)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise malformed(field) from None


def of_form(form: re.Pattern[str], data: Data, field: str) -> str:
    """A field whose whole text has a form."""
    text = data[field]
    if not isinstance(text, str) or form.fullmatch(text) is None:
        raise malformed(field)
    return text


def malformed(field: str) -> BadRequest:
    """The error of a field that has another form."""
    return BadRequest(
        ProblemCode.MALFORMED_EVENT,
        f"{field} of the event has another form than docs/events describes; no mail is sent.",
    )
