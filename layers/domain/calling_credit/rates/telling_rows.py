"""The few rows of a country that tell most about its prices: landlines, mobile phones, and the dearest of the rest."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from calling_credit.rates.deck import ANY_ORIGIN, INCLUDED_CATEGORY, RateRow

MAX_TELLING_ROWS: Final = 3
_MOBILE: Final = re.compile(r"\b(mobile|cell(ular)?|gsm|pcs)\b", re.IGNORECASE)
_FIXED: Final = re.compile(r"\b(land ?lines?|fixed|proper|geographic)\b", re.IGNORECASE)
"""How carriers name the destinations of their decks."""


@dataclass(frozen=True, slots=True)
class Offer:
    """The rows of a country that say the same but for the prefix: the first of them, and how many there are."""

    row: RateRow
    count: int

    @property
    def is_mobile(self) -> bool:
        """Whether the destination is named as one of mobile phones."""
        return _MOBILE.search(self.row.destination) is not None

    @property
    def is_fixed(self) -> bool:
        """Whether the destination is named as one of landlines."""
        return _FIXED.search(self.row.destination) is not None and not self.is_mobile


def telling_rows(rows: Iterable[RateRow], origins: Sequence[str] | None) -> list[RateRow]:
    """Return at most three of the current rows of a country: landlines, mobile phones, and the dearest of the rest, in
    this order. Where no destination is named for landlines, the row of the shortest prefix stands for them.

    Args:
        origins: the countries of the callers; None for any. The prices of `*` come first, then those of the first
            origin.
    """
    left = list(_offers(rows, origins))
    chosen = []
    for find in (_fixed, _mobile, _dearest):
        offer = find(left)
        if offer is not None:
            chosen.append(offer.row)
            left = [other for other in left if not _says_the_same(other.row, offer.row)]
    return chosen


def _offers(rows: Iterable[RateRow], origins: Sequence[str] | None) -> Iterator[Offer]:
    """The offers, those of the first origin first, the shortest prefix first."""
    ranks = {ANY_ORIGIN: 0} | {origin: 1 + rank for rank, origin in enumerate(origins or ()) if origin != ANY_ORIGIN}
    groups: dict[tuple[object, ...], list[RateRow]] = {}
    for row in rows:
        groups.setdefault((row.origin, *_saying(row)), []).append(row)
    offers = [Offer(min(group, key=lambda row: (len(row.prefix), row.prefix)), len(group)) for group in groups.values()]
    last = len(ranks)
    yield from sorted(
        offers,
        key=lambda offer: (
            ranks.get(offer.row.origin, last),
            offer.row.origin,
            len(offer.row.prefix),
            offer.row.prefix,
        ),
    )


def _fixed(offers: Sequence[Offer]) -> Offer | None:
    named = [offer for offer in offers if offer.is_fixed]
    return _widest(named) or next((offer for offer in offers if not offer.is_mobile), None)


def _mobile(offers: Sequence[Offer]) -> Offer | None:
    return _widest([offer for offer in offers if offer.is_mobile])


def _dearest(offers: Sequence[Offer]) -> Offer | None:
    priced = [offer for offer in offers if offer.row.category != INCLUDED_CATEGORY]
    return max(priced, key=lambda offer: (_highest_rate(offer.row), offer.row.connection_fee_micros), default=None)


def _highest_rate(row: RateRow) -> int:
    return max(row.rate_micros_per_minute, *(step.rate_micros_per_minute for step in row.rate_steps), 0)


def _widest(offers: Sequence[Offer]) -> Offer | None:
    """The offer of the first origin with the most prefixes."""
    own = [offer for offer in offers if offer.row.origin == offers[0].row.origin]
    return max(own, key=lambda offer: offer.count, default=None)


def _says_the_same(one: RateRow, other: RateRow) -> bool:
    return _saying(one) == _saying(other)


def _saying(row: RateRow) -> tuple[object, ...]:
    """What a row says to a customer, but for its prefix and origin."""
    price = (row.rate_micros_per_minute, row.connection_fee_micros, row.minimum_seconds, row.increment_seconds)
    return (row.destination, *price, row.category, row.rate_steps)
