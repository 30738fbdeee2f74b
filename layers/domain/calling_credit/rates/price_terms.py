"""The price terms of an account over time: its price list, and the markup on the deck's rates. Reads no table.

Like a deck, terms are in force from an instant ahead of the request that states them (LeadSeconds), and nothing before
that instant ever changes. Terms that were read at some time are therefore complete for the calls that began until
shortly after it, and every function prices a call by the same terms, whenever it reads them.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final

from calling_credit.errors import Conflict, InvalidValue, ProblemCode
from calling_credit.instants import format_instant
from calling_credit.rates.timeline import HISTORY, TICK

WHOLE: Final = 10_000
"""A hundred percent in hundredths of a percent."""
MIN_MARKUP: Final = -5_000
MAX_MARKUP: Final = 100_000
MAX_TERMS: Final = 50
"""The terms that an account keeps."""
COST_LIST: Final = "cost"
"""The list of what the operator pays to carriers. No account has it."""
LIST_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_MARKUP: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,3})(?:\.[0-9]{1,2})?")


@dataclass(frozen=True, slots=True)
class PriceTerms:
    """The price list (None: the deck alone) and the markup, in hundredths of a percent, of an account from `since` on,
    an instant in the form of keys, until its next terms.
    """

    price_list: str | None
    markup_hundredths: int
    since: str

    @property
    def is_plain(self) -> bool:
        """Whether the account pays the deck's prices."""
        return self.price_list is None and self.markup_hundredths == 0


def terms_at(terms: Iterable[PriceTerms], at: str) -> PriceTerms | None:
    """Return the terms that price a call which began at an instant, from terms with the latest first; None if the
    account paid the deck's prices then.
    """
    found = next((one for one in terms if one.since <= at), None)
    return None if found is None or found.is_plain else found


def are_known(terms: Sequence[PriceTerms], at: str) -> bool:
    """Return whether the terms of an account, latest first, tell what priced a call which began at an instant. If it
    has had too many, those of old calls were dropped.
    """
    return len(terms) < MAX_TERMS or terms[-1].since <= at


def add_terms(
    terms: Sequence[PriceTerms], price_list: str | None, markup_hundredths: int, now: datetime, lead: timedelta
) -> tuple[PriceTerms, ...]:
    """Add terms, in force a lead time from now, to an account's terms, latest first. The same ones change nothing.

    If there are too many, the oldest ones are dropped, but none by which a call may still arrive.

    Raises:
        Conflict: `too_many_price_terms`.
    """
    latest = terms[0] if terms else PriceTerms(None, 0, "")
    if (price_list, markup_hundredths) == (latest.price_list, latest.markup_hundredths):
        return tuple(terms)
    since = format_instant(now + lead)
    if since <= latest.since:
        since = format_instant(datetime.fromisoformat(latest.since) + TICK)
    if len(terms) >= MAX_TERMS and terms[MAX_TERMS - 2].since > format_instant(now - HISTORY):
        raise Conflict(
            ProblemCode.TOO_MANY_PRICE_TERMS,
            f"The price list and markup of this account have changed {MAX_TERMS} times within {HISTORY.days} days; "
            "change them less often, and publish a new version of the list instead.",
        )
    return (PriceTerms(price_list, markup_hundredths, since), *terms)[:MAX_TERMS]


def marked_up(micros: int, markup_hundredths: int) -> int:
    """Return a rate or a fee with its markup, rounded up to a whole micro-dollar."""
    return -(-micros * (WHOLE + markup_hundredths) // WHOLE)


def highest_base(micros: int, markup_hundredths: int) -> int:
    """Return the highest rate that costs this much with its markup."""
    return micros * WHOLE // (WHOLE + markup_hundredths)


def terms_from_item(values: Sequence[Mapping[str, Any]]) -> tuple[PriceTerms, ...]:
    """Return the terms of the attribute `price_terms` in plain values.

    Raises:
        LookupError, ValueError, TypeError: The attribute is damaged.
    """
    terms = tuple(_term_from_item(one) for one in values)
    if any(newer.since <= older.since for newer, older in pairwise(terms)):
        raise ValueError("terms in no order of time")
    return terms


def _term_from_item(one: Mapping[str, Any]) -> PriceTerms:
    terms = PriceTerms(one.get("price_list"), one["markup_hundredths"], one["from"])
    if format_instant(datetime.fromisoformat(terms.since)) != terms.since:
        raise ValueError("an instant of another form, which does not compare")
    if type(terms.markup_hundredths) is not int or not MIN_MARKUP <= terms.markup_hundredths <= MAX_MARKUP:
        raise ValueError("no markup, or one beyond its bounds")
    if "price_list" in one and (not LIST_NAME.fullmatch(one["price_list"]) or terms.price_list == COST_LIST):
        raise ValueError("no name of an account's price list")
    return terms


def terms_to_item(terms: Iterable[PriceTerms]) -> list[dict[str, str | int]]:
    """Return terms as the attribute `price_terms`."""
    return [_term_to_item(one) for one in terms]


def _term_to_item(terms: PriceTerms) -> dict[str, str | int]:
    content: dict[str, str | int] = {"markup_hundredths": terms.markup_hundredths, "from": terms.since}
    return content if terms.price_list is None else {"price_list": terms.price_list, **content}


def parse_price_list(value: object) -> str | None:
    """Parse the field `price_list`: the name of a price list, or null. Whether it is stored is not checked.

    Raises:
        InvalidValue: `invalid_price_list`, `reserved_price_list`.
    """
    if value is None:
        return None
    if not isinstance(value, str) or not LIST_NAME.fullmatch(value):
        raise InvalidValue(
            ProblemCode.INVALID_PRICE_LIST,
            "price_list must be null or the name of a price list: 1 to 40 of a-z, 0-9, and -, not beginning with -.",
        )
    if value == COST_LIST:
        raise InvalidValue(
            ProblemCode.RESERVED_PRICE_LIST,
            "The list cost holds what you pay to carriers, so no account can have it; name another list.",
        )
    return value


def parse_markup(value: object) -> int:
    """Parse the field `markup_percent`, such as "12.50"; return hundredths of a percent.

    Raises:
        InvalidValue: `invalid_markup`.
    """
    if isinstance(value, str) and _MARKUP.fullmatch(value):
        hundredths = int(Decimal(value) * 100)
        if MIN_MARKUP <= hundredths <= MAX_MARKUP:
            return hundredths
    raise InvalidValue(
        ProblemCode.INVALID_MARKUP,
        'markup_percent must be a string from "-50.00" to "1000.00" with at most two decimals, such as "12.50".',
    )


def format_markup(hundredths: int) -> str:
    """Return a markup as the API shows it, such as "12.50"."""
    whole, rest = divmod(abs(hundredths), 100)
    return f"{'-' if hundredths < 0 else ''}{whole}.{rest:02d}"


def terms_view(terms: Sequence[PriceTerms]) -> dict[str, str | None]:
    """Return the latest terms, which may not be in force yet, as an account's views show them."""
    latest = terms[0] if terms else PriceTerms(None, 0, "")
    return {"price_list": latest.price_list, "markup_percent": format_markup(latest.markup_hundredths)}
