"""Charged calls, derived from their entries in plain values. Does not read the table."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any

from calling_credit.dynamodb import keys
from calling_credit.instants import format_instant
from calling_credit.ledger.entries import EntryKind
from calling_credit.ledger.paid_parts import PaidPart, paid_parts
from calling_credit.numbering import is_e164
from calling_credit.rates.covered_calls import costs, cover
from calling_credit.rates.deck import Deck, RateRow
from calling_credit.rates.pricing import Free, RatedCall, late_row, price_by, seconds_to_bill
from calling_credit.rates.rate_steps import Steps, stored_steps
from calling_credit.rates.stored_rows import facts_from_item


@dataclass(frozen=True, slots=True)
class ChargedCall:
    """A call that was charged at least once, known by the last of its entries."""

    last: Mapping[str, Any]
    paid: tuple[PaidPart, ...] = ()
    """The parts of the standing charge, the oldest first."""

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

    @property
    def duration_seconds(self) -> int:
        """The duration: the recorded one, or that of the last correction."""
        return int(self.last["duration_seconds"])

    @property
    def granted_seconds(self) -> int | None:
        """The seconds that the hold granted which priced the call; None without such a hold, or if it is not known."""
        return self.last.get("granted_seconds")

    @property
    def covered_seconds(self) -> int:
        """The seconds that included minutes cover by the current charge."""
        return int(self.last.get("covered_seconds", 0)) if self.is_charged else 0

    @property
    def bundle(self) -> str:
        """The counter of included minutes that the call has used; "" without one."""
        return str(self.last.get("bundle", ""))

    @property
    def is_promised(self) -> bool:
        """Whether the current charge is the price of the call's hold."""
        return self.is_charged and bool(self.last.get("promised"))

    @property
    def is_corrected(self) -> bool:
        """Whether an operator has corrected or waived the call."""
        return "correction" in self.last

    @property
    def is_waived(self) -> bool:
        """Whether an operator has waived the current charge."""
        return bool(self.last.get("waived"))

    @property
    def has_row(self) -> bool:
        """Whether the entry stores the whole row that priced the call. Entries of version 1.0.0 store no increments."""
        return "minimum_seconds" in self.last

    def row(self, minimum_seconds: int | None = None, increment_seconds: int | None = None) -> RateRow:
        """The row that priced the call. Pass minimum and increment if the entry does not store them. A call that a
        rerating made free has a row without a price.
        """
        last = self.last
        return RateRow(
            prefix=last["prefix"],
            destination=last["destination"],
            country=last["country"],
            origin=last["origin"],
            rate_micros_per_minute=last["rate_micros_per_minute"] if self.is_charged else 0,
            connection_fee_micros=last["connection_fee_micros"] if self.is_charged else 0,
            minimum_seconds=last["minimum_seconds"] if minimum_seconds is None else minimum_seconds,
            increment_seconds=last["increment_seconds"] if increment_seconds is None else increment_seconds,
            effective_from="",
            category=last["category"],
            **(facts_from_item(last) if self.is_charged else {}),
        )

    @property
    def rate_steps(self) -> Steps:
        """The rate steps of the row that priced the call."""
        return stored_steps(self.last.get("rate_steps", ""))

    def is_priced_by(self, row: RateRow) -> bool:
        """Whether the entry shows this row's price and place."""
        names = ("prefix", "destination", "country", "rate_micros_per_minute", "connection_fee_micros", "category")
        return all(self.last[name] == getattr(row, name) for name in names) and self.rate_steps == row.rate_steps

    @property
    def may_be_covered_again(self) -> bool:
        """Whether the call returned its included minutes because it became free or was waived."""
        return bool(self.bundle) and self.covered_seconds == self.charged_micros == 0

    def priced_by(
        self, deck: Deck, now: datetime, tolerance: int = 0, left_seconds: int = 0
    ) -> RatedCall | Free | None:
        """The price by a deck; None if the deck does not cover the call, or the number was erased. A call that ran at
        most `tolerance` seconds longer than its hold granted is priced as the granted time. Included minutes cover the
        seconds that they cover now, or up to `left_seconds` of a call that returned them.
        """
        number, origin = self.last["to"], self.last["origin"]
        if not is_e164(number):
            return None
        row = late_row(deck, number[1:], origin, self.call[0], format_instant(now))
        if row is None:
            return None
        seconds = seconds_to_bill(self.duration_seconds, self.granted_seconds, tolerance)
        priced = price_by(row, deck.version, origin, seconds, is_home=deck.is_home(number[1:]))
        if not isinstance(priced, RatedCall):
            return priced
        if not costs(row):
            return replace(priced, bundle=self.bundle)
        minutes = max(0, left_seconds) if self.may_be_covered_again else self.covered_seconds
        return cover(priced, seconds, minutes, self.bundle)


def charged_calls(items: Iterable[Mapping[str, Any]]) -> Iterator[ChargedCall]:
    """The calls of entries, which come in the order of their keys."""
    for _, entries in groupby(items, key=lambda item: keys.call_of(item["SK"])):
        known = list(entries)
        yield ChargedCall(known[-1], paid_parts(known))


def current_entries(entries: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Entries, newest first, with only the current charge of each call; other entries unchanged."""
    for _, of_cause in groupby(entries, key=lambda item: keys.call_of(item["SK"])):
        last = next(of_cause)
        if last["kind"] != EntryKind.CALL_TAKEN_BACK:
            yield last
