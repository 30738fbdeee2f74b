"""Which deck prices the calls of which time. Every function reads the same timeline, so all switch at one instant.

An entry is never changed or removed while a call of its time may still arrive, and a new one begins a lead time ahead.
A timeline that was read at some instant is therefore complete for calls until shortly after that instant.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

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


@dataclass(frozen=True, slots=True)
class Interval:
    """The time of a deck: from its instant until the next deck's; `until` is empty for the last one."""

    deck: DeckInForce
    until: str

    def has_ended(self, at: str) -> bool:
        """Whether another deck was in force at an instant, or before it."""
        return bool(self.until) and self.until <= at


def put_in_force(
    entries: Iterable[DeckInForce], deck: DeckInForce, now: datetime, lead: timedelta
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
    oldest = format_instant(now - HISTORY)
    needed = [entry for entry, newer in zip(earlier[1:], earlier, strict=False) if newer.in_force_from > oldest]
    return (replace(deck, in_force_from=begin), earlier[0], *needed)[:MAX_DECKS_IN_FORCE]


def deck_at(entries: Sequence[DeckInForce], at: str) -> DeckInForce:
    """Return the deck in force at an instant; the oldest known one for an earlier instant."""
    return next((entry for entry in entries if entry.in_force_from <= at), entries[-1])


def intervals_since(entries: Sequence[DeckInForce], at: str) -> Iterator[Interval]:
    """Yield the deck in force at an instant, then every later one, in the order of time."""
    first = entries.index(deck_at(entries, at))
    for position in range(first, -1, -1):
        yield Interval(entries[position], entries[position - 1].in_force_from if position else "")
