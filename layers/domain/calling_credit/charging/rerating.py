"""Charges a call again: two more entries reverse the current charge and make the new one. Does not read the table.

The entries of a call sort together, and each replacement is numbered after the previous ones, so of two concurrent
replacements of a charge only one succeeds. A call that has the right price and category already gets no entries, so a
repeated run changes nothing.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from calling_credit.budgets.capped import young_part
from calling_credit.budgets.spending import YOUNG_PART
from calling_credit.categories import GOODWILL
from calling_credit.dynamodb import keys, rerate_keys
from calling_credit.instants import format_instant
from calling_credit.ledger.call_entries import covered_part, price_explanation
from calling_credit.ledger.charged_calls import ChargedCall
from calling_credit.ledger.entries import Entry, EntryKind, balance_change
from calling_credit.ledger.paid_parts import taken_from
from calling_credit.numbering import is_e164
from calling_credit.rates.pricing import Free, RatedCall
from calling_credit.rates.stored_rows import PRICE_FACTS

CREDIT, DEBIT = "credit", "debit"
"""The sides of an entry's key. They sort in the order of their writing."""
INCREMENTS: Final = ("minimum_seconds", "increment_seconds")
"""What entries of version 1.0.0 do not store."""
_OF_THE_CALL: Final = (
    "line_id",
    "user_id",
    "call_id",
    "to",
    "duration_seconds",
    "granted_seconds",
    "sums",
    "counted",
    YOUNG_PART,
)
_OF_THE_PRICE: Final = (
    "origin",
    "destination",
    "country",
    "prefix",
    "rate_micros_per_minute",
    "connection_fee_micros",
    *INCREMENTS,
    "deck",
    *PRICE_FACTS,
)
Explanation = Mapping[str, str | int]


class Group(StrEnum):
    """What a rerating does with a call. Only `changed` calls get entries."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    PROMISED = "promised"
    CORRECTED = "corrected"
    WAIVED = "waived"
    NOT_COVERED = "not_covered"
    ERASED = "erased"


LEFT_ALONE: Final = (Group.PROMISED, Group.CORRECTED, Group.WAIVED, Group.NOT_COVERED, Group.ERASED)
"""The groups of calls that keep their price, although it may differ from the deck's."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The calls of a range that a run rerates. `prefix` (digits) and `destination` narrow it; empty ones do not."""

    prefix: str = ""
    destination: str = ""
    even_promised: bool = False
    even_corrected: bool = False

    def includes(self, call: ChargedCall) -> bool:
        """Whether a call is in the selection. An erased number is found by the prefix that priced it."""
        number = call.last["to"]
        digits = number[1:] if is_e164(number) else call.last["prefix"]
        return digits.startswith(self.prefix) and self.destination in ("", call.last["destination"])

    def group_left_alone(self, call: ChargedCall, *, is_promised: bool) -> Group | None:
        """The group of a call that keeps its price under any deck; None for any other."""
        if call.is_corrected and not self.even_corrected:
            return Group.WAIVED if call.is_waived else Group.CORRECTED
        if is_promised and not self.even_promised:
            return Group.PROMISED
        return None if is_e164(call.last["to"]) else Group.ERASED


@dataclass(frozen=True, slots=True)
class RatedAgain:
    """A call and the entries that bring it to its new price."""

    call: ChargedCall
    entries: list[Entry]

    @property
    def change_micros(self) -> int:
        """The change of the customer's balance."""
        return balance_change(self.entries)

    @property
    def charge_change_micros(self) -> int:
        """By how much the charge of the call falls. Goodwill that is taken back does not count."""
        return balance_change(entry for entry in self.entries if entry.category != GOODWILL)

    @property
    def returned(self) -> list[tuple[str, int]]:
        """What returns of the standing charge, the latest part first: when it was posted, and how much of it."""
        return taken_from(self.call.paid, self.charge_change_micros)


@dataclass(slots=True)
class Round:
    """The result of one round over a range. `position` is where the next round continues; None at the end."""

    groups: Counter[Group] = field(default_factory=Counter)
    changes: list[RatedAgain] = field(default_factory=list)
    position: str | None = None


def rerated_entries(call: ChargedCall, priced: RatedCall | Free, run: str, now: datetime) -> list[Entry]:
    """The entries that bring a call to this price, category, and included minutes; none if it has them already."""
    charge = priced if isinstance(priced, RatedCall) else None
    standing = (call.charged_micros, call.last["category"], call.covered_seconds) if call.is_charged else None
    if (None if charge is None else (charge.price_micros, charge.row.category, charge.covered_seconds)) == standing:
        return []
    marks: dict[str, str | int] = {"run": run}
    if call.is_corrected:
        marks["correction"] = call.last["correction"]
    if call.last.get("suspicious"):
        marks["suspicious"] = True
    return replacing_entries(call, charge, run, marks, now)


def replacing_entries(
    call: ChargedCall, charge: RatedCall | None, facts_hash: str, marks: Explanation, now: datetime, **facts: str | int
) -> list[Entry]:
    """The entries that take back the current charge of a call, if it has one, and charge it again (None: do not).

    Args:
        marks: why, in both entries.
        facts: facts of the call that only the new charge has.
    """
    entries: list[Entry] = []
    of_the_call = {name: call.last[name] for name in _OF_THE_CALL if name in call.last}
    if call.is_charged:
        price = {name: call.last[name] for name in _OF_THE_PRICE if name in call.last}
        billed, micros = -call.last["billed_seconds"], call.charged_micros
        returned = covered_part(call.bundle, -call.covered_seconds)
        explanation = {**of_the_call, **price, **returned, **marks}
        entries.append(_entry(call, CREDIT, call.last["category"], billed, micros, facts_hash, explanation, now))
    if charge is not None:
        young = young_part(call.last, call.charged_micros, charge.price_micros)
        explanation = {**of_the_call, **price_explanation(charge), **young, **marks, **facts}
        billed, micros = charge.billed_seconds, -charge.price_micros
        entries.append(_entry(call, DEBIT, charge.row.category, billed, micros, facts_hash, explanation, now))
    return entries


def _entry(
    call: ChargedCall,
    side: str,
    category: str,
    billed: int,
    micros: int,
    facts_hash: str,
    explanation: Explanation,
    now: datetime,
) -> Entry:
    """One side of a replacement, on the day of the first charge."""
    happened_at, call_id = call.call
    number = rerate_keys.rerating_of(call.last["SK"]) + 1
    return Entry(
        account_id=keys.account_of(call.last["PK"]),
        happened_at=happened_at,
        cause_id=rerate_keys.rerated_id(call_id, number, side),
        kind=EntryKind.CALL_TAKEN_BACK if side == CREDIT else EntryKind.CALL_CHARGED,
        category=category,
        amount_micros=micros,
        local_date=call.last["local_date"],
        recorded_at=format_instant(now),
        facts_hash=facts_hash,
        billed_seconds=billed,
        explanation=explanation,
    )
