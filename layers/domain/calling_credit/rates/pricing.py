"""The price of a call: the deck's row, the billed seconds, and the price in integers, rounded once at the end."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from calling_credit.call_events import Call
from calling_credit.numbering import country_of
from calling_credit.rates.deck import INCLUDED_CATEGORY, Deck, RateRow

PRICE_STEP_MICROS: Final = 100
"""Prices are multiples of a ten-thousandth of a dollar."""


@dataclass(frozen=True, slots=True)
class RatedCall:
    """A priced call, with the row, the deck version, and the billed seconds that explain `price_micros`."""

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
    """No row prices the destination at that time. The call is stored and rated later; its price is never zero."""

    origin: str


def billed_seconds(duration: int, minimum: int, increment: int) -> int:
    """Return the billed seconds: 0 for 0, else the minimum, then whole increments ("60/60", "30/6", "1/1")."""
    if duration == 0:
        return 0
    return minimum + -(-max(0, duration - minimum) // increment) * increment


def price_micros(billed: int, rate_micros_per_minute: int, connection_fee_micros: int) -> int:
    """Return connection fee + billed seconds * rate / 60, rounded half up to four decimals of a dollar.

    Zero seconds cost nothing, not even the fee.
    """
    if billed == 0:
        return 0
    sixtieths = connection_fee_micros * 60 + billed * rate_micros_per_minute
    step = 60 * PRICE_STEP_MICROS
    return (sixtieths + step // 2) // step * PRICE_STEP_MICROS


def needs_deck(call: Call) -> bool:
    """Whether the price of a finished call depends on a deck: an answered call to a number, not to a short code."""
    return call.direction != "inbound" and call.duration_seconds > 0 and call.dialled_number.startswith("+")


def rate_call(call: Call, deck: Deck) -> RatedCall | Free | Unrated:
    """Price a finished call by the deck (`Deck.find` says which row applies)."""
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
    """Return the row for a call that is rated late: the one in effect when it was made, else the first one since."""
    row = deck.find(digits, origin, at)
    if row is not None:
        return row
    first = next(iter(deck.announced(digits, origin, at)), None)
    return first if first is not None and first.effective_from <= now else None


def price_by(row: RateRow, deck_version: str, origin: str, duration_seconds: int) -> RatedCall | Free:
    """Price an answered call by a row."""
    if row.category == INCLUDED_CATEGORY:
        return Free(FreeReason.INCLUDED)
    billed = billed_seconds(duration_seconds, row.minimum_seconds, row.increment_seconds)
    price = price_micros(billed, row.rate_micros_per_minute, row.connection_fee_micros)
    return RatedCall(row, deck_version, origin, billed, price) if price else Free(FreeReason.ZERO_PRICE)
