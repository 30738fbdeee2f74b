"""Rerates charged calls: two more entries reverse the charge and charge the call again. Does not read the table.

The entries of a call sort together, and each rerating is numbered after the previous ones. Two concurrent reratings of
a call write the same key, so only one succeeds. A call with the right price gets no entries, so a repeated run changes
nothing.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from calling_credit.dynamodb import keys
from calling_credit.instants import format_instant
from calling_credit.ledger.call_entries import price_explanation
from calling_credit.ledger.charged_calls import ChargedCall
from calling_credit.ledger.entries import Entry, EntryKind
from calling_credit.rates.pricing import Free, RatedCall

CREDIT, DEBIT = "credit", "debit"
"""The sides of an entry's key. They sort in the order of their writing."""
_OF_THE_CALL: Final = ("line_id", "user_id", "call_id", "to", "duration_seconds", "granted_seconds")
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
    """A call and the entries that correct its price."""

    call: ChargedCall
    entries: list[Entry]

    @property
    def change_micros(self) -> int:
        """The change of the customer's balance."""
        return sum(entry.amount_micros for entry in self.entries)


@dataclass(slots=True)
class Round:
    """The result of one round over a range. `position` is where the next round continues; None at the end."""

    looked_at: int = 0
    left_alone: int = 0
    corrections: list[Correction] = field(default_factory=list)
    position: str | None = None


def correction_entries(call: ChargedCall, priced: RatedCall | Free, run: str, now: datetime) -> list[Entry]:
    """The entries that bring a call to this price and category; none if it has them already."""
    price = priced.price_micros if isinstance(priced, RatedCall) else 0
    category = priced.row.category if isinstance(priced, RatedCall) else None
    if (price, category) == (call.charged_micros, call.last["category"] if call.is_charged else None):
        return []
    entries: list[Entry] = []
    if call.is_charged:
        price_facts = {name: call.last[name] for name in _OF_THE_PRICE}
        entries.append(_entry(call, CREDIT, call.last["category"], -call.last["billed_seconds"], price_facts, run, now))
    if isinstance(priced, RatedCall):
        charge = price_explanation(priced) | {"price_micros": priced.price_micros}
        entries.append(_entry(call, DEBIT, priced.row.category, priced.billed_seconds, charge, run, now))
    return entries


def _entry(
    call: ChargedCall, side: str, category: str, billed: int, explanation: dict[str, str | int], run: str, now: datetime
) -> Entry:
    """One side of a rerating, on the day of the first charge."""
    happened_at, call_id = call.call
    number = keys.rerating_of(call.last["SK"]) + 1
    micros = call.charged_micros if side == CREDIT else -int(explanation.pop("price_micros"))
    return Entry(
        account_id=keys.account_of(call.last["PK"]),
        happened_at=happened_at,
        cause_id=keys.rerated_id(call_id, number, side),
        kind=EntryKind.CALL_TAKEN_BACK if side == CREDIT else EntryKind.CALL_CHARGED,
        category=category,
        amount_micros=micros,
        local_date=call.last["local_date"],
        recorded_at=format_instant(now),
        facts_hash=run,
        billed_seconds=billed,
        explanation={
            **{name: call.last[name] for name in _OF_THE_CALL if name in call.last},
            **explanation,
            "run": run,
        },
    )
