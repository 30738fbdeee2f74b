"""How much of each lot calls have used, replayed over stored values of the running sum of call charges. Pure.

Calls use the lot that expires earliest, then lots that never expire, the oldest first, and bought credit last. Charges
that were taken back return in the reverse order: to bought credit first. Refunds, reversals, transfers, and adjustments
touch no lot.

The law: used + expired never exceeds the amount of a lot. A lot absorbs at most what has not expired.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from calling_credit.lots.lot import Lot

NEVER = "~"
"""Sorts after every instant."""


def used_micros(lots: Iterable[Lot], charged_micros: int) -> dict[str, int]:
    """What calls have used of each lot of an account, by the lot's id, when the running sum has this value."""
    replay = _Replay()
    for _, _, lot_id, charged, lot in sorted(_events(lots), key=lambda event: event[:3]):
        replay.advance(charged)
        if lot is None:
            replay.live.pop(lot_id, None)
        else:
            replay.add(lot)
    replay.advance(charged_micros)
    return replay.used


def unused_micros(lots: Iterable[Lot], charged_micros: int) -> dict[str, int]:
    """The rest of each lot that has not ended, by the lot's id: neither used nor expired."""
    known = list(lots)
    used = used_micros(known, charged_micros)
    return {lot.lot_id: lot.spendable_micros - used[lot.lot_id] for lot in known if lot.ended_at is None}


def _events(lots: Iterable[Lot]) -> Iterable[tuple[str, int, str, int, Lot | None]]:
    """Grants and ends in time, with the running sum of each; a grant carries its lot."""
    for lot in lots:
        yield lot.granted_at, 0, lot.lot_id, lot.charged_at_grant, lot
        if lot.ended_at is not None:
            yield lot.ended_at, 1, lot.lot_id, lot.charged_at_end, None


@dataclass(slots=True)
class _Replay:
    """The live lots, what is used of each lot, and what calls have used of other credit since the first lot."""

    live: dict[str, Lot] = field(default_factory=dict)
    used: dict[str, int] = field(default_factory=dict)
    beyond: int = 0
    charged: int | None = None

    def add(self, lot: Lot) -> None:
        """Begin to use a lot."""
        self.live[lot.lot_id] = lot
        self.used[lot.lot_id] = 0

    def advance(self, charged: int) -> None:
        """Account for the charges, or the returns, until the running sum has a value."""
        change = 0 if self.charged is None else charged - self.charged
        self.charged = charged
        ordered = sorted(self.live.values(), key=lambda lot: (lot.ends_at or NEVER, lot.granted_at, lot.lot_id))
        if change >= 0:
            for lot in ordered:
                taken = min(change, lot.spendable_micros - self.used[lot.lot_id])
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
