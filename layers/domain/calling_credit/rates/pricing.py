"""What a call costs: the row of the deck that covers it, the seconds billed, the price. Pure integers, rounded
once, at the end.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from calling_credit.call_events import Call
from calling_credit.numbering import country_of
from calling_credit.rates.deck import INCLUDED_CATEGORY, Deck, RateRow

PRICE_STEP_MICROS: Final = 100
"""A price is a whole number of ten-thousandths of a dollar."""


@dataclass(frozen=True, slots=True)
class RatedCall:
    """A priced call: the row, the deck's version and the arithmetic that explain `price_micros`."""

    row: RateRow
    deck_version: str
    origin: str
    billed_seconds: int
    price_micros: int


class FreeReason(StrEnum):
    """Why a call costs nothing."""

    INBOUND = "inbound"
    UNANSWERED = "unanswered"
    SHORT_CODE = "short_code"
    INCLUDED = "included"
    ZERO_PRICE = "zero_price"


@dataclass(frozen=True, slots=True)
class Free:
    """A call that costs nothing and makes no entry."""

    reason: FreeReason


@dataclass(frozen=True, slots=True)
class Unrated:
    """No row of the deck covers the destination at that time: to be kept and rated later, never priced zero."""

    origin: str


def billed_seconds(duration: int, minimum: int, increment: int) -> int:
    """Seconds charged: nothing for 0; else the minimum, then whole increments (telecom "60/60", "30/6", "1/1")."""
    if duration == 0:
        return 0
    return minimum + -(-max(0, duration - minimum) // increment) * increment


def price_micros(billed: int, rate_micros_per_minute: int, connection_fee_micros: int) -> int:
    """connection fee + billed seconds * rate / 60, half up to four decimals of a dollar; zero seconds cost nothing,
    no fee either.
    """
    if billed == 0:
        return 0
    sixtieths = connection_fee_micros * 60 + billed * rate_micros_per_minute
    step = 60 * PRICE_STEP_MICROS
    return (sixtieths + step // 2) // step * PRICE_STEP_MICROS


def rate_call(call: Call, deck: Deck) -> RatedCall | Free | Unrated:
    """Price one finished call by the deck. Longest prefix; then exact origin before `*`; then the latest row in
    effect.
    """
    if call.direction == "inbound":
        return Free(FreeReason.INBOUND)
    if call.duration_seconds == 0:
        return Free(FreeReason.UNANSWERED)
    if not call.dialled_number.startswith("+"):
        return Free(FreeReason.SHORT_CODE)
    origin = country_of(call.calling_number)
    row = deck.find(call.dialled_number[1:], origin, call.happened_at)
    return Unrated(origin) if row is None else price_by(row, deck.version, origin, call.duration_seconds)


def late_row(deck: Deck, digits: str, origin: str, at: str, now: str) -> RateRow | None:
    """The row that prices a call rated after the fact: the one in effect when it was made, or, if there was none, the
    first that has priced its number since.
    """
    row = deck.find(digits, origin, at)
    if row is not None:
        return row
    first = next(iter(deck.announced(digits, origin, at)), None)
    return first if first is not None and first.effective_from <= now else None


def price_by(row: RateRow, deck_version: str, origin: str, duration_seconds: int) -> RatedCall | Free:
    """What a row makes of an answered call."""
    if row.category == INCLUDED_CATEGORY:
        return Free(FreeReason.INCLUDED)
    billed = billed_seconds(duration_seconds, row.minimum_seconds, row.increment_seconds)
    price = price_micros(billed, row.rate_micros_per_minute, row.connection_fee_micros)
    return RatedCall(row, deck_version, origin, billed, price) if price else Free(FreeReason.ZERO_PRICE)
