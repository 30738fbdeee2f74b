"""Which deck prices the calls of which time. Every function reads the same timeline, so all switch at one instant.

An entry is never changed or removed while a call of its time may still arrive, and a new one begins a lead time ahead.
A timeline that was read at some instant is therefore complete for calls until shortly after that instant.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

from calling_credit.call_event_checks import MAX_AGE
from calling_credit.instants import format_instant

START_OF_TIME: Final = "0001-01-01T00:00:00.000Z"
"""From when a stack's first deck prices calls."""
HISTORY: Final = MAX_AGE + timedelta(days=1)
"""How long a replaced deck is listed: as long as a call of its time may still arrive."""
MAX_DECKS_IN_FORCE: Final = 1_000
"""The entries of a timeline of decks or short codes: eleven a day. The oldest ones are dropped first."""
TICK: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class DeckInForce:
    """A deck and the instant from which it prices calls, until the next one's. The hashes are those of its files."""

    version: str
    in_force_from: str
    sha256: str = ""
    compiled_sha256: str = ""


InForce = TypeVar("InForce", bound=DeckInForce)


@dataclass(frozen=True, slots=True)
class PairInForce(DeckInForce):
    """A deck and a version of a price list, from the instant when both price calls until the next pair's."""

    deck: DeckInForce = field(kw_only=True)
    price_list: DeckInForce = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class Interval(Generic[InForce]):
    """The time of a deck: from its instant until the next deck's; `until` is empty for the last one."""

    deck: InForce
    until: str

    def has_ended(self, at: str) -> bool:
        """Whether another deck was in force at an instant, or before it."""
        return bool(self.until) and self.until <= at


def put_in_force(
    entries: Iterable[DeckInForce], deck: DeckInForce, now: datetime, lead: timedelta, history: timedelta = HISTORY
) -> tuple[DeckInForce, ...]:
    """Add a deck to a timeline (latest first), and drop what no call can need.

    The deck is in force a lead time from now, after every other one. The first deck of a stack is in force from the
    start of time, so that nothing waits for it.
    """
    earlier = list(entries)
    if not earlier:
        return (replace(deck, in_force_from=START_OF_TIME),)
    begin = format_instant(now + lead)
    if begin <= earlier[0].in_force_from:
        begin = format_instant(datetime.fromisoformat(earlier[0].in_force_from) + TICK)
    oldest = format_instant(now - history)
    needed = [entry for entry, newer in zip(earlier[1:], earlier, strict=False) if newer.in_force_from > oldest]
    return (replace(deck, in_force_from=begin), earlier[0], *needed)[:MAX_DECKS_IN_FORCE]


def deck_at(entries: Sequence[InForce], at: str) -> InForce:
    """Return the deck in force at an instant; the oldest known one for an earlier instant."""
    return next((entry for entry in entries if entry.in_force_from <= at), entries[-1])


def intervals_since(entries: Sequence[InForce], at: str) -> Iterator[Interval[InForce]]:
    """Yield the deck in force at an instant, then every later one, in the order of time."""
    first = entries.index(deck_at(entries, at))
    for position in range(first, -1, -1):
        yield Interval(entries[position], entries[position - 1].in_force_from if position else "")


def pairs_in_force(
    decks: Sequence[DeckInForce], price_lists: Sequence[DeckInForce], oldest: str
) -> tuple[PairInForce, ...]:
    """Return the deck and the version of a list at an instant, and every later pair, latest first."""
    changes = {entry.in_force_from for entry in (*decks, *price_lists) if entry.in_force_from > oldest}
    pairs = [(at, deck_at(decks, at), deck_at(price_lists, at)) for at in sorted({*changes, oldest}, reverse=True)]
    return tuple(
        PairInForce("", at if at in changes else _common_begin(deck, own, oldest), deck=deck, price_list=own)
        for at, deck, own in pairs
    )


def _common_begin(deck: DeckInForce, price_list: DeckInForce, at: str) -> str:
    """Return since when both were in force at an instant; the start of time if none of them is known to have begun."""
    begin = max(deck.in_force_from, price_list.in_force_from)
    return begin if begin <= at else START_OF_TIME
