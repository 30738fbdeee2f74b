"""Calls that were charged, as their entries show them. Works on plain items and reads nothing itself."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from calling_credit.dynamodb import keys
from calling_credit.instants import format_instant
from calling_credit.ledger.entries import CALL_CHARGED, CALL_TAKEN_BACK
from calling_credit.numbering import is_e164
from calling_credit.rates.deck import Deck
from calling_credit.rates.pricing import Free, RatedCall, late_row, price_by


@dataclass(frozen=True, slots=True)
class ChargedCall:
    """A call that was charged at least once: the last of its entries, how often it was priced again, and whether a
    charge stands.
    """

    last: Mapping[str, Any]

    @property
    def call(self) -> tuple[str, str]:
        """When it happened and its id."""
        return keys.call_of(self.last["SK"])

    @property
    def is_charged(self) -> bool:
        """Whether its last charge stands; it does not where the call was priced at nothing."""
        return bool(self.last["kind"] == CALL_CHARGED)

    @property
    def charged_micros(self) -> int:
        """What it costs now."""
        return -self.last["amount_micros"] if self.is_charged else 0

    def priced_by(self, deck: Deck, now: datetime) -> RatedCall | Free | None:
        """What a deck makes of it; None if the deck does not cover it, or its number was erased."""
        number, origin = self.last["to"], self.last["origin"]
        if not is_e164(number):
            return None
        row = late_row(deck, number[1:], origin, self.call[0], format_instant(now))
        return None if row is None else price_by(row, deck.version, origin, self.last["duration_seconds"])


def charged_calls(items: Iterable[Mapping[str, Any]]) -> Iterator[ChargedCall]:
    """The calls behind entries of calls in the order of their keys."""
    for _, entries in groupby(items, key=lambda item: keys.call_of(item["SK"])):
        yield ChargedCall(list(entries)[-1])


def as_they_stand(entries: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Entries, newest first, with each call only as it is charged now; everything else as it is."""
    for _, of_cause in groupby(entries, key=lambda item: keys.call_of(item["SK"])):
        last = next(of_cause)
        if last["kind"] != CALL_TAKEN_BACK:
            yield last
