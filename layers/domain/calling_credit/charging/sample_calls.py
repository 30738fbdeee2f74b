"""A fixed set of calls by which releases compare how they price: kinds of destination, rounding, and short codes."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from calling_credit.calls import Call
from calling_credit.instants import format_instant
from calling_credit.money import format_money
from calling_credit.rates.deck import Deck
from calling_credit.rates.pricing import Free, Unrated, rate_call

NUMBERS: Final = (
    "+442071838750",
    "+447400123456",
    "+33142685300",
    "+4930901820",
    "+525512345678",
    "+918041234567",
    "+819012345678",
    "+61291234567",
    "+14155550100",
    "+14165550100",
    "+18765550100",
    "+881612345678",
    "411",
    "911",
)
"""Landlines, mobiles, home, a Caribbean area of +1, a satellite, and short codes."""
ORIGINS: Final = ("US", "CA", "GB")
SECONDS: Final = (1, 6, 59, 60, 61, 3_601)


def price_samples(deck: Deck, at: datetime) -> dict[str, str]:
    """Return the price of each sample in dollars, or `included`, `short_code`, `emergency`, `unrated`; by
    "number origin seconds".
    """
    return {
        f"{number} {origin} {seconds}": _price(deck, number, origin, seconds, at)
        for number in NUMBERS
        for origin in ORIGINS
        for seconds in SECONDS
    }


def _price(deck: Deck, number: str, origin: str, seconds: int, at: datetime) -> str:
    started_at = at.astimezone(UTC)
    call = Call("c", "c", "a", "l", None, None, number, number, started_at, format_instant(at), "", "", seconds, "")
    match rate_call(call, deck, origin):
        case Free(reason):
            return str(reason)
        case Unrated():
            return "unrated"
        case rated:
            return format_money(rated.price_micros)


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Return what differs among the samples that both releases price, such as "+44… US 61: 0.0280, was 0.0140"."""
    return [
        f"{sample}: {after[sample]}, was {before[sample]}"
        for sample in sorted(before.keys() & after.keys())
        if before[sample] != after[sample]
    ]
