"""How much of each lot calls have used, replayed over stored values of the running sum of call charges. Pure.

Calls use the lot that expires earliest, then lots that never expire, the oldest first, and bought credit last. Charges
that were taken back return in the reverse order: to bought credit first, and to no lot that was granted after them.
Refunds, reversals, transfers, and adjustments touch no lot, except an adjustment that names the lot from which it takes
back.

The law: used + expired + removed never exceeds the amount of a lot. Grants, parts that expire or are removed, and ends
are replayed in the order in which they were posted, each with the running sum of its moment. So a new one changes
nothing that calls have used.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Final, NamedTuple

from calling_credit.instants import format_instant
from calling_credit.lots.lot import Lot
from calling_credit.lots.returns import returned_later

NEVER = "~"
"""Sorts after every instant."""
_TICK: Final = timedelta(milliseconds=1)


class _Step(IntEnum):
    """What happened to a lot."""

    GRANTED = 0
    EXPIRED = 1
    ENDED = 2
    REMOVED = 3


class _Event(NamedTuple):
    """A step of a lot, with the running sum of its moment. Events sort by time."""

    at: str
    step: _Step
    lot_id: str
    number: int
    charged_micros: int


def used_micros(lots: Iterable[Lot], charged_micros: int | None) -> dict[str, int]:
    """What calls have used of each lot of an account, by the lot's id, when the running sum has this value; None: at
    the time of the last step.
    """
    known = {lot.lot_id: lot for lot in lots}
    replay = _Replay()
    for event in _events(known.values()):
        replay.advance(event.charged_micros)
        replay.take(event, known[event.lot_id])
    if charged_micros is not None:
        replay.advance(charged_micros)
    return replay.used


def unused_micros(lots: Iterable[Lot], charged_micros: int) -> dict[str, int]:
    """The rest of each lot that has not ended, by the lot's id: neither used nor expired."""
    known = list(lots)
    used = used_micros(known, charged_micros)
    return {lot.lot_id: max(0, lot.spendable_micros - used[lot.lot_id]) for lot in known if lot.ended_at is None}


def next_time(lots: Iterable[Lot], charged_micros: int, now: datetime) -> str:
    """The time to store for what happens to a lot now, when the running sum has this value: after everything that has
    happened, also if the clock of another writer is ahead.
    """
    known = list(lots)
    last = max((event for lot in known for event in _stored_events(lot)), default=None)
    at = format_instant(now)
    latest_return = max((one.at for lot in known for one in lot.returns), default="")
    if last is None or last.at < at or last.at < latest_return or last.charged_micros != charged_micros:
        return time_of_return(known, now)
    return last.at


def time_of_return(lots: Iterable[Lot], now: datetime) -> str:
    """The time to store for charges that are taken back now: later than everything that has happened."""
    known = list(lots)
    last = max([*steps_of(known), *(one.at for lot in known for one in lot.returns)], default="")
    at = format_instant(now)
    return at if last < at else format_instant(datetime.fromisoformat(last) + _TICK)


def steps_of(lots: Iterable[Lot]) -> list[str]:
    """The times of all steps of lots."""
    return [event.at for lot in lots for event in _stored_events(lot)]


def is_followed(lots: Iterable[Lot], untraced_micros: int) -> bool:
    """Whether no earlier release has moved credit beside the lots that have not ended, or beside lots that shared time
    with them. An earlier release does not add what it charges to the running sum.
    """
    known = {lot.lot_id: lot for lot in lots}
    live: set[str] = set()
    before, is_known = untraced_micros, True
    for event in _events(known.values()):
        lot = known[event.lot_id]
        if event.step in (_Step.EXPIRED, _Step.REMOVED):
            continue
        seen = lot.untraced_at_grant if event.step == _Step.GRANTED else lot.untraced_at_end
        is_known = not live or (is_known and seen == before)
        before = seen
        live ^= {event.lot_id}
    return not live or (is_known and untraced_micros == before)


def _events(lots: Iterable[Lot]) -> list[_Event]:
    """All grants, parts that have expired or were removed, and ends, in the order of their times."""
    return sorted(event for lot in lots for event in _events_of(lot))


def _events_of(lot: Lot) -> Iterator[_Event]:
    """The events of a lot, without the charges that were taken back since although they are older."""
    for event in _stored_events(lot):
        yield event._replace(charged_micros=event.charged_micros - returned_later(lot.returns, event.at))


def _stored_events(lot: Lot) -> Iterator[_Event]:
    yield _Event(lot.granted_at, _Step.GRANTED, lot.lot_id, 0, lot.charged_at_grant)
    for number, part in enumerate(lot.parts):
        yield _Event(part.at, _Step.EXPIRED, lot.lot_id, number, part.charged_micros)
    for number, removed in enumerate(lot.removed):
        yield _Event(removed.at, _Step.REMOVED, lot.lot_id, number, removed.charged_micros)
    if lot.ended_at is not None:
        yield _Event(lot.ended_at, _Step.ENDED, lot.lot_id, 0, lot.charged_at_end)


@dataclass(slots=True)
class _Replay:
    """The live lots and what calls can use of them, what is used of each lot, and what calls have used of other credit
    since the first lot.
    """

    live: dict[str, Lot] = field(default_factory=dict)
    spendable: dict[str, int] = field(default_factory=dict)
    used: dict[str, int] = field(default_factory=dict)
    beyond: int = 0
    charged: int | None = None

    def take(self, event: _Event, lot: Lot) -> None:
        """Begin to use a lot, lower what calls can use of it, or end its use."""
        if event.step == _Step.GRANTED:
            self.live[lot.lot_id] = lot
            self.spendable[lot.lot_id] = lot.amount_micros
            self.used[lot.lot_id] = 0
        elif event.step == _Step.EXPIRED:
            self.spendable[lot.lot_id] -= lot.parts[event.number].amount_micros
        elif event.step == _Step.REMOVED:
            self.spendable[lot.lot_id] -= lot.removed[event.number].amount_micros
        else:
            self.live.pop(lot.lot_id, None)

    def advance(self, charged: int) -> None:
        """Account for the charges, or the returns, until the running sum has a value."""
        change = 0 if self.charged is None else charged - self.charged
        self.charged = charged
        ordered = sorted(self.live.values(), key=lambda lot: (lot.ends_at or NEVER, lot.granted_at, lot.lot_id))
        if change >= 0:
            for lot in ordered:
                taken = min(change, max(0, self.spendable[lot.lot_id] - self.used[lot.lot_id]))
                self.used[lot.lot_id] += taken
                change -= taken
            self.beyond += change
            return
        returned = min(-change, self.beyond)
        self.beyond -= returned
        change += returned
        for lot in reversed(ordered):
            returned = min(-change, self.used[lot.lot_id])
            self.used[lot.lot_id] -= returned
            change += returned
