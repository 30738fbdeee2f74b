"""Charged calls, derived from their entries in plain values. Does not read the table."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from calling_credit.dynamodb import keys
from calling_credit.instants import format_instant
from calling_credit.ledger.entries import EntryKind
from calling_credit.numbering import is_e164
from calling_credit.rates.deck import Deck
from calling_credit.rates.pricing import Free, RatedCall, late_row, price_by


@dataclass(frozen=True, slots=True)
class ChargedCall:
    """A call that was charged at least once, known by the last of its entries."""

    last: Mapping[str, Any]

    @property
    def call(self) -> tuple[str, str]:
        """The call's time and id."""
        return keys.call_of(self.last["SK"])

    @property
    def is_charged(self) -> bool:
        """Whether the call is charged; not if a rerating made it free."""
        return bool(self.last["kind"] == EntryKind.CALL_CHARGED)

    @property
    def charged_micros(self) -> int:
        """The current charge."""
        return -self.last["amount_micros"] if self.is_charged else 0

    def priced_by(self, deck: Deck, now: datetime) -> RatedCall | Free | None:
        """The price by a deck; None if the deck does not cover the call, or the number was erased."""
        number, origin = self.last["to"], self.last["origin"]
        if not is_e164(number):
            return None
        row = late_row(deck, number[1:], origin, self.call[0], format_instant(now))
        return (
            None
            if row is None
            else price_by(row, deck.version, origin, self.last["duration_seconds"], is_home=deck.is_home(number[1:]))
        )


def charged_calls(items: Iterable[Mapping[str, Any]]) -> Iterator[ChargedCall]:
    """The calls of entries, which come in the order of their keys."""
    for _, entries in groupby(items, key=lambda item: keys.call_of(item["SK"])):
        yield ChargedCall(list(entries)[-1])


def current_entries(entries: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Entries, newest first, with only the current charge of each call; other entries unchanged."""
    for _, of_cause in groupby(entries, key=lambda item: keys.call_of(item["SK"])):
        last = next(of_cause)
        if last["kind"] != EntryKind.CALL_TAKEN_BACK:
            yield last
