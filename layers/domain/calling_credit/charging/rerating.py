"""A charged call is priced again: its charge is taken back and it is charged anew, as two more entries of the book.
Works on plain `ENTRY#` items handed in; reads nothing itself.

The entries of a call stand together under its key, each pricing numbered by the ones before it. So two who price the
same call again at once write the same key, and only one of them can; and what is right already is left alone, so the
same run again changes nothing.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from calling_credit.dynamodb import keys
from calling_credit.instants import format_instant
from calling_credit.ledger.call_entries import explained
from calling_credit.ledger.charged_calls import ChargedCall
from calling_credit.ledger.entries import CALL_CHARGED, CALL_TAKEN_BACK, Entry
from calling_credit.rates.pricing import Free, RatedCall

CREDIT, DEBIT = "credit", "debit"
"""The sides of an entry's key; they sort in the order in which they are written."""
_OF_THE_CALL: Final = ("line_id", "user_id", "to", "duration_seconds")
_OF_THE_PRICE: Final = (
    "origin",
    "destination",
    "country",
    "prefix",
    "rate_micros_per_minute",
    "connection_fee_micros",
    "deck",
)


@dataclass(frozen=True, slots=True)
class Correction:
    """A call, what it costs and what it will."""

    call: ChargedCall
    entries: list[Entry]

    @property
    def change_micros(self) -> int:
        """What the customer's balance gains, or loses if negative."""
        return sum(entry.amount_micros for entry in self.entries)


@dataclass(slots=True)
class Round:
    """What one look at a range found; `position` is where the next one goes on, None at the end."""

    looked_at: int = 0
    left_alone: int = 0
    corrections: list[Correction] = field(default_factory=list)
    position: str | None = None


def corrections(call: ChargedCall, priced: RatedCall | Free, run: str, now: datetime) -> list[Entry]:
    """The entries that bring a call to this price; none if it has it already, in the same category."""
    price = priced.price_micros if isinstance(priced, RatedCall) else 0
    category = priced.row.category if isinstance(priced, RatedCall) else None
    if (price, category) == (call.charged_micros, call.last["category"] if call.is_charged else None):
        return []
    entries: list[Entry] = []
    if call.is_charged:
        said = {name: call.last[name] for name in _OF_THE_PRICE}
        entries.append(_entry(call, CREDIT, call.last["category"], -call.last["billed_seconds"], said, run, now))
    if isinstance(priced, RatedCall):
        charge = explained(priced) | {"price_micros": priced.price_micros}
        entries.append(_entry(call, DEBIT, priced.row.category, priced.billed_seconds, charge, run, now))
    return entries


def _entry(
    call: ChargedCall, side: str, category: str, billed: int, said: dict[str, str | int], run: str, now: datetime
) -> Entry:
    """One side; it stands on the day on which the call was charged first."""
    happened_at, call_id = call.call
    number = keys.rerating_of(call.last["SK"]) + 1
    micros = call.charged_micros if side == CREDIT else -int(said.pop("price_micros"))
    return Entry(
        account_id=keys.account_of(call.last["PK"]),
        happened_at=happened_at,
        cause_id=keys.rerated_id(call_id, number, side),
        kind=CALL_TAKEN_BACK if side == CREDIT else CALL_CHARGED,
        category=category,
        amount_micros=micros,
        local_date=call.last["local_date"],
        recorded_at=format_instant(now),
        facts_hash=run,
        billed_seconds=billed,
        explanation={**{name: call.last[name] for name in _OF_THE_CALL}, **said, "run": run},
    )
