"""The words of an event in a mail: looked up by its codes, or of a form that cannot hold words. Sends nothing.

A mail in our name must say nothing that someone else wrote. The sentences of an event, which other systems show, are
therefore never printed: a mail has its own for each code. Amounts, times, and ids are printed only in their exact form.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from calling_credit.admission.request import WORDS as DENIALS
from calling_credit.errors import BadRequest, ProblemCode
from calling_credit.ids import is_id
from calling_credit.recharge.settings import WORDS as SUSPENSIONS
from calling_credit.topups.declines import message_of

Data = Mapping[str, Any]

BRANDS: Final[Mapping[str, str]] = {
    "amex": "Amex",
    "cartes_bancaires": "Cartes Bancaires",
    "diners": "Diners Club",
    "discover": "Discover",
    "eftpos_au": "eftpos",
    "interac": "Interac",
    "jcb": "JCB",
    "mastercard": "Mastercard",
    "unionpay": "UnionPay",
    "visa": "Visa",
}
"""Stripe's brands of cards (docs.stripe.com/api/payment_methods/object, `card.brand`) as people write them."""
OTHER_BRAND: Final = "Card"
OTHER_DENIAL: Final = "A limit of your account refused the call."
OTHER_SUSPENSION: Final = "Open the Billing page to see the reason."
_MONEY: Final = re.compile(r"-?[0-9]{1,12}\.[0-9]{2,6}")
_LAST4: Final = re.compile(r"[0-9]{4}")
_MASKED: Final = re.compile(r"([A-Z]{2}|001)…([0-9]{2})")
_PLAIN_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PAYMENT_ID: Final = re.compile(r"tu_[0-9A-Za-z]{1,40}")
_INSTANT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")


def money(data: Data, field: str) -> str:
    """An amount in dollars with its sign, such as `$25.00`.

    Raises:
        BadRequest: malformed_event, as every function of this module does for a field of another form.
    """
    return f"${_of_form(_MONEY, data, field)}"


def card(data: Data) -> str:
    """The card of a payment, such as `Visa ending 4242`."""
    shown = data["payment_method"]
    brand, last4 = BRANDS.get(str(shown["brand"]), OTHER_BRAND), str(shown["last4"])
    return f"{brand} ending {last4}" if _LAST4.fullmatch(last4) else brand


def payment(data: Data) -> tuple[str, str]:
    """The amount and the card of a payment."""
    return money(data, "amount"), card(data)


def instant(data: Data, field: str) -> datetime:
    """A time."""
    text = _of_form(_INSTANT, data, field)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise _malformed(field) from None


def month(data: Data, field: str) -> datetime:
    """The beginning of a month, such as `2034-11`."""
    try:
        return datetime.strptime(str(data[field]), "%Y-%m").replace(tzinfo=UTC)
    except ValueError:
        raise _malformed(field) from None


def payment_id(data: Data) -> str:
    """The id of a payment."""
    return _of_form(_PAYMENT_ID, data, "topup_id")


def account(event: Data) -> str:
    """The account of an event. Only the operator chooses its id."""
    account_id = event["account_id"]
    if not isinstance(account_id, str) or not is_id(account_id):
        raise _malformed("account_id")
    return account_id


def line(data: Data) -> str:
    """The line of a call. Ids that could be read as an address are left out."""
    line_id = data["line_id"]
    is_plain = isinstance(line_id, str) and _PLAIN_ID.fullmatch(line_id)
    return f"line {line_id}" if is_plain else "one of your lines"


def destination(data: Data) -> str:
    """The destination of a call, which the event shows as its country and the last two digits of the number."""
    found = _MASKED.fullmatch(str(data["to"]))
    return f"a number in {found[1]} ending in {found[2]}" if found else "another country"


def decline(failure: Data) -> str:
    """The sentence about a failed payment; for an unknown code, that the card was declined."""
    return message_of(str(failure["code"]))


def suspension(data: Data) -> str:
    """The sentence about a suspension."""
    return SUSPENSIONS.get(str(data["reason"]), OTHER_SUSPENSION).replace("{card}", card(data))


def denial(data: Data) -> str:
    """The sentence about a refused call."""
    return DENIALS.get(str(data["reason"]), OTHER_DENIAL)


LIMITS: Final[Mapping[str, str]] = {
    "daily_spend": "spending of a day",
    "call_price": "price of one call",
    "simultaneous_calls": "calls at the same time",
    "high_cost": "price of a minute",
    "blocked": "blocked destinations",
    "high_cost_allowed": "expensive destinations",
    "daily_top_up": "payments of a day",
}
"""The limits, as the API names them, in words."""
_CHANGERS: Final[Mapping[str, str]] = dict.fromkeys(("user", "link"), "A user of your account")
OTHER_CHANGER: Final = "Your phone company"


def limits(data: Data) -> str:
    """The limits of a change, such as `spending of a day, price of one call`."""
    loosened = names(data, "limits")
    named = [LIMITS[name] for name in LIMITS if name in loosened]
    return ", ".join(named) or "one of your limits"


def names(data: Data, field: str) -> list[object]:
    """A list of names, to be looked up and never printed."""
    value = data[field]
    if not isinstance(value, list):
        raise _malformed(field)
    return value


def changer(data: Data) -> str:
    """Who made a change: a user of the account, or the phone company. Names and addresses are left out."""
    return _CHANGERS.get(str(data["by"]).partition(":")[0], OTHER_CHANGER)


def _of_form(form: re.Pattern[str], data: Data, field: str) -> str:
    text = data[field]
    if not isinstance(text, str) or form.fullmatch(text) is None:
        raise _malformed(field)
    return text


def _malformed(field: str) -> BadRequest:
    return BadRequest(
        ProblemCode.MALFORMED_EVENT,
        f"{field} of the event has another form than docs/events describes; no mail is sent.",
    )
