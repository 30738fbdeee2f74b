"""Goodwill for a call: credit that staff give once for a call, up to its standing charge. Does not read the table.

The law: goodwill that stands is at most the standing charge of the call. So goodwill, and what corrections, waivers,
and reratings took back, never exceed what was charged together. A correction that lowers the charge below the goodwill
takes the excess of the goodwill back in its own transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from calling_credit.categories import GOODWILL
from calling_credit.errors import Conflict, InvalidValue, ProblemCode
from calling_credit.instants import format_instant, parse_instant
from calling_credit.ledger.charged_calls import ChargedCall
from calling_credit.ledger.entries import Entry, EntryKind, local_date_of
from calling_credit.money import format_money, parse_money
from calling_credit.request_fields import read_text

MAX_REASON_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class GoodwillRequest:
    """What staff ask for: a call of an account, by its key and, if known, its time; the amount; and the reason."""

    account_id: str
    call_key: str
    started_at: str | None
    amount_micros: int
    reason: str

    @property
    def facts(self) -> dict[str, str | int | None]:
        """What a repeated request must state again."""
        return {
            "kind": "goodwill",
            "call_key": self.call_key,
            "started_at": self.started_at,
            "amount_micros": self.amount_micros,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class Goodwill:
    """The goodwill of one call: what was given, what of it stands, and how often some of it was taken back."""

    account_id: str
    call_key: str
    happened_at: str
    goodwill_id: str
    given_micros: int
    standing_micros: int
    given_at: str
    local_date: str
    reason: str
    takings: int = 0


def parse_goodwill(account_id: str, call_key: str, body: Mapping[str, Any]) -> GoodwillRequest:
    """Parse a goodwill from `{amount, reason[, started_at]}`.

    Raises:
        InvalidValue: missing_field, invalid_amount, amount_out_of_range, invalid_timestamp, invalid_field.
    """
    if "amount" not in body:
        raise InvalidValue(ProblemCode.MISSING_FIELD, 'amount is missing; send a decimal string such as "0.30".')
    amount = parse_money(body["amount"])
    if amount <= 0:
        raise InvalidValue(ProblemCode.AMOUNT_OUT_OF_RANGE, "amount must be above 0, at most what the call costs.")
    started_at = body.get("started_at")
    started = parse_instant(started_at) if isinstance(started_at, str) else None
    if started_at is not None and started is None:
        detail = "started_at must be RFC 3339 with an offset, such as 2026-11-23T10:00:00.000Z."
        raise InvalidValue(ProblemCode.INVALID_TIMESTAMP, detail)
    reason = read_text(dict(body), "reason", MAX_REASON_CHARACTERS)
    return GoodwillRequest(account_id, call_key, format_instant(started) if started else None, amount, reason)


def give(request: GoodwillRequest, call: ChargedCall, goodwill_id: str, time_zone: str, now: datetime) -> Goodwill:
    """Return the goodwill for a call that has none yet.

    Raises:
        InvalidValue: amount_out_of_range, more than the standing charge.
    """
    if request.amount_micros > call.charged_micros:
        charged = format_money(call.charged_micros)
        raise InvalidValue(
            ProblemCode.AMOUNT_OUT_OF_RANGE, f"amount must be at most {charged}, what the call costs now."
        )
    happened_at, call_key = call.call
    given_at = format_instant(now)
    return Goodwill(
        request.account_id,
        call_key,
        happened_at,
        goodwill_id,
        request.amount_micros,
        request.amount_micros,
        given_at,
        local_date_of(given_at, time_zone),
        request.reason,
    )


def goodwill_given() -> Conflict:
    """The error of a second goodwill for a call."""
    return Conflict(
        ProblemCode.GOODWILL_GIVEN, "Goodwill was given for this call already; correct or waive the call instead."
    )


def goodwill_entry(goodwill: Goodwill) -> Entry:
    """The entry that gives a goodwill."""
    return _entry(goodwill, goodwill.goodwill_id, EntryKind.GOODWILL_GIVEN, goodwill.given_micros, goodwill.given_at)


def lower(goodwill: Goodwill, charge_micros: int) -> Goodwill:
    """The goodwill after the charge of its call has changed; the same if it is still covered by the charge."""
    if goodwill.standing_micros <= charge_micros:
        return goodwill
    return replace(goodwill, standing_micros=charge_micros, takings=goodwill.takings + 1)


def taken_back_entry(before: Goodwill, after: Goodwill, now: datetime) -> Entry:
    """The entry that takes back what `after` no longer gives, on the day of the goodwill."""
    taken = before.standing_micros - after.standing_micros
    cause_id = f"{after.goodwill_id}.back.{after.takings}"
    return _entry(after, cause_id, EntryKind.GOODWILL_TAKEN_BACK, -taken, format_instant(now))


def _entry(goodwill: Goodwill, cause_id: str, kind: EntryKind, amount_micros: int, recorded_at: str) -> Entry:
    return Entry(
        account_id=goodwill.account_id,
        happened_at=goodwill.given_at,
        cause_id=cause_id,
        kind=kind,
        category=GOODWILL,
        amount_micros=amount_micros,
        local_date=goodwill.local_date,
        recorded_at=recorded_at,
        facts_hash=cause_id,
        explanation={
            "reason": goodwill.reason,
            "call_key": goodwill.call_key,
            "started_at": goodwill.happened_at,
        },
    )
