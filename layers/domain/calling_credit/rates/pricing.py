"""The price of a call: the deck's row, the billed seconds, and the price in integers, rounded once at the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from calling_credit.calls import Call
from calling_credit.numbering import UNKNOWN_COUNTRY, country_of, is_emergency
from calling_credit.rates import short_codes
from calling_credit.rates.deck import INCLUDED_CATEGORY, Deck, RateRow
from calling_credit.rates.rate_steps import RateStep, billed_parts, longest_call

PRICE_STEP_MICROS: Final = 100
"""Prices are multiples of a ten-thousandth of a dollar."""


@dataclass(frozen=True, slots=True)
class RatedCall:
    """A priced call, with the row, the deck version, and the billed seconds that explain `price_micros`. A price of 0
    makes an entry too. `granted_seconds` are those of the hold that prices the call; None without one.
    """

    row: RateRow
    deck_version: str
    origin: str
    billed_seconds: int
    price_micros: int
    granted_seconds: int | None = None
    covered_seconds: int = 0
    """The seconds that included minutes cover (`covered_calls`)."""
    bundle: str = ""
    """The counter of these minutes (`minute_keys`)."""


class FreeReason(StrEnum):
    """Why a call costs nothing."""

    EMERGENCY = "emergency"
    SHORT_CODE = "short_code"
    INCLUDED = "included"


@dataclass(frozen=True, slots=True)
class Free:
    """An answered call that is part of the subscription, or to a short code. It makes no entry."""

    reason: FreeReason


@dataclass(frozen=True, slots=True)
class Unrated:
    """No row prices the destination at that time. The call is stored and rated later; its price is never zero."""

    origin: str


def billed_seconds(duration: int, minimum: int, increment: int, steps: Sequence[RateStep] = ()) -> int:
    """Return the billed seconds: 0 for 0, else the minimum, then whole increments ("60/60", "30/6", "1/1")."""
    if steps:
        return sum(billed_parts(duration, minimum, increment, steps))
    if duration == 0:
        return 0
    return minimum + -(-max(0, duration - minimum) // increment) * increment


def price_micros(billed: int, rate_micros_per_minute: int, connection_fee_micros: int) -> int:
    """Return connection fee + billed seconds * rate / 60, rounded half up to four decimals of a dollar; for a row
    without steps (else `row_price`).

    Zero seconds cost nothing, not even the fee.
    """
    if billed == 0:
        return 0
    return _rounded(connection_fee_micros * 60 + billed * rate_micros_per_minute)


def _rounded(sixtieths: int) -> int:
    """Return an amount in sixtieths of a micro-dollar as micro-dollars, rounded half up to the price step."""
    step = 60 * PRICE_STEP_MICROS
    return (sixtieths + step // 2) // step * PRICE_STEP_MICROS


def row_price(row: RateRow, seconds: int) -> tuple[int, int]:
    """Return the billed seconds and the price in micro-dollars of a call of this length by a row, as if it were not
    included. Everything that quotes, holds, or charges a call uses it.
    """
    if not row.rate_steps:
        billed = billed_seconds(seconds, row.minimum_seconds, row.increment_seconds)
        return billed, price_micros(billed, row.rate_micros_per_minute, row.connection_fee_micros)
    billed = sum(row_parts(row, seconds))
    return billed, _rounded(unrounded_price(row, seconds)) if billed else 0


def row_parts(row: RateRow, seconds: int) -> list[int]:
    """Return the seconds that a row bills by its own rate and by that of each step."""
    return billed_parts(seconds, row.minimum_seconds, row.increment_seconds, row.rate_steps)


def unrounded_price(row: RateRow, seconds: int) -> int:
    """Return the price of a call before rounding, fee included, in sixtieths of a micro-dollar."""
    parts = row_parts(row, seconds)
    rates = (row.rate_micros_per_minute, *(step.rate_micros_per_minute for step in row.rate_steps))
    talk = sum(billed * rate for billed, rate in zip(parts, rates, strict=True))
    return 60 * row.connection_fee_micros + talk


def affordable_call(row: RateRow, credit_micros: int, maximum: int) -> int:
    """Return the longest call, up to `maximum` seconds, whose price by a row the credit covers; 0 if it covers none."""
    step = 60 * PRICE_STEP_MICROS
    # The highest unrounded price that is rounded to the credit.
    sixtieths = step * (credit_micros // PRICE_STEP_MICROS + 1) - step // 2 - 1 - 60 * row.connection_fee_micros
    return longest_call(
        sixtieths, row.rate_micros_per_minute, row.minimum_seconds, row.increment_seconds, row.rate_steps, maximum
    )


def seconds_to_bill(duration: int, granted: int | None, tolerance: int) -> int:
    """Return the seconds that a call is priced by: those that its hold granted if it ran at most `tolerance` longer.

    Switches hang up with timers of whole seconds, so an obedient switch may record a second more than was granted.
    """
    return granted if granted is not None and granted < duration <= granted + tolerance else duration


def needs_deck(call: Call) -> bool:
    """Whether the price of a finished call depends on a deck: any but one to an emergency number."""
    return not is_emergency(call.dialled_number)


def rate_call(call: Call, deck: Deck, origin: str) -> RatedCall | Free | Unrated:
    """Price a finished call from an origin (`origin_of`) by the deck (`Deck.find` says which row applies)."""
    number = call.dialled_number
    if is_emergency(number):
        return Free(FreeReason.EMERGENCY)
    row = find_row(deck, number, origin, call.happened_at)
    if row is not None:
        is_home = not number.startswith("+") or deck.is_home(number[1:])
        return price_by(row, deck.version, origin, call.duration_seconds, is_home=is_home)
    return Unrated(origin) if number.startswith("+") else Free(FreeReason.SHORT_CODE)


def origin_of(line_number: str | None, calling_number: str | None) -> str:
    """Return the country that a call is priced from: that of the line's number.

    The caller id may be forwarded, withheld, or forged, so it counts only for calls of unknown lines.
    """
    number = line_number or calling_number
    return UNKNOWN_COUNTRY if number is None else country_of(number)


def find_row(deck: Deck, number: str, origin: str, at: str) -> RateRow | None:
    """Return the row that prices a dialed number, by which calls are quoted, held, and charged.

    A short code is priced by the price list of short codes only; without a row, it is free.
    """
    if number.startswith("+"):
        return deck.find(number[1:], origin, at)
    return short_codes.find(deck.short_codes.at(at), origin, number)


def late_row(deck: Deck, digits: str, origin: str, at: str, now: str) -> RateRow | None:
    """Return the row for a call that is rated late: the one in effect when it was made, else the first one since."""
    row = deck.find(digits, origin, at)
    if row is not None:
        return row
    first = next(iter(deck.announced(digits, origin, at)), None)
    return first if first is not None and first.effective_from <= now else None


def price_by(
    row: RateRow, deck_version: str, origin: str, duration_seconds: int, *, is_home: bool = True
) -> RatedCall | Free:
    """Price an answered call by a row. Only calls to a home country can be included in the subscription: abroad, a call
    that costs nothing is priced at 0, so that it has an entry and rerating finds it.
    """
    is_included = row.category == INCLUDED_CATEGORY
    if is_included and is_home:
        return Free(FreeReason.INCLUDED)
    billed, price = row_price(row, duration_seconds)
    return RatedCall(row, deck_version, origin, billed, 0 if is_included else price)
