"""A correction of a charged call: an operator states its true duration, or waives its charge. Does not read the table.

A correction takes back the current charge and charges the call again under its own key, as rerating does. It prices by
the row of the current charge, so it never changes the price list that was promised to the call.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from numbers import Real
from typing import Any, Final

from calling_credit.calls import MAX_DURATION_SECONDS
from calling_credit.charging.rerating import INCREMENTS, RatedAgain, replacing_entries
from calling_credit.errors import InvalidValue, NotFound, ProblemCode
from calling_credit.instants import format_instant, parse_instant
from calling_credit.ledger.charged_calls import ChargedCall
from calling_credit.money import format_money
from calling_credit.rates.covered_calls import costs, cover
from calling_credit.rates.deck import RateRow
from calling_credit.rates.pricing import RatedCall, row_price, seconds_to_bill
from calling_credit.request_fields import read_text

MAX_REASON_CHARACTERS: Final = 200
FACTS: Final = "correction"
"""The facts hash of the entries of a correction: no event has it."""
_CALL_KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:@+-]{0,95}")


@dataclass(frozen=True, slots=True)
class CorrectionRequest:
    """What an operator states about a call. `duration_seconds` is None if the charge is waived."""

    call_key: str
    happened_at: str
    duration_seconds: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Figures:
    """The duration of a call, and its price in micro-dollars."""

    duration_seconds: int
    price_micros: int


@dataclass(frozen=True, slots=True)
class Correction:
    """A posted correction: the call before and after it."""

    request: CorrectionRequest
    before: Figures
    after: Figures
    goodwill_micros: int = 0
    """The goodwill for the call that the correction took back, because the charge no longer covers it."""

    @property
    def difference_micros(self) -> int:
        """The change of the customer's balance."""
        return self.before.price_micros - self.after.price_micros - self.goodwill_micros


def parse_correction(call_key: str, body: Mapping[str, Any]) -> CorrectionRequest:
    """Parse a correction from `{started_at, duration_seconds | waive, reason}`.

    Raises:
        NotFound: `unknown_call`, no call can have this key.
        InvalidValue: missing_field, invalid_timestamp, invalid_duration, invalid_field.
    """
    if not _CALL_KEY.fullmatch(call_key):
        raise unknown_call()
    started_at = body.get("started_at")
    if started_at is None:
        raise InvalidValue(ProblemCode.MISSING_FIELD, "started_at is missing; send the call's, as GET /usage shows it.")
    started = parse_instant(started_at) if isinstance(started_at, str) else None
    if started is None:
        detail = "started_at must be RFC 3339 with an offset, such as 2026-11-23T10:00:00.000Z."
        raise InvalidValue(ProblemCode.INVALID_TIMESTAMP, detail)
    duration = _read_duration(body)
    return CorrectionRequest(
        call_key, format_instant(started), duration, read_text(dict(body), "reason", MAX_REASON_CHARACTERS)
    )


def _read_duration(body: Mapping[str, Any]) -> int | None:
    """The duration; None if the charge is waived."""
    duration: Any = body.get("duration_seconds")
    waive = body.get("waive")
    if duration is None and waive is None:
        detail = "duration_seconds is missing; send the true duration, or waive: true to charge nothing."
        raise InvalidValue(ProblemCode.MISSING_FIELD, detail)
    if waive is not None:
        if waive is not True or duration is not None:
            detail = "waive must be true, without duration_seconds; or send only duration_seconds."
            raise InvalidValue(ProblemCode.INVALID_FIELD, detail)
        return None
    is_number = isinstance(duration, Real) and not isinstance(duration, bool)
    if not is_number or not 0 <= duration <= MAX_DURATION_SECONDS or duration != int(duration):
        detail = f"duration_seconds must be a whole number of seconds from 0 to {MAX_DURATION_SECONDS}."
        raise InvalidValue(ProblemCode.INVALID_DURATION, detail)
    return int(duration)


def unknown_call(*, waits: bool = False) -> NotFound:
    """The error for a call that was never charged; `waits` says that it waits for a price."""
    if waits:
        detail = "The call waits for a price; publish a deck that covers it, and correct the call once it is charged."
        return NotFound(ProblemCode.UNKNOWN_CALL, detail)
    detail = "No call with this key and started_at was charged; use call_key and started_at as GET /usage shows them."
    return NotFound(ProblemCode.UNKNOWN_CALL, detail)


def correction_id(account_id: str, idempotency_key: str) -> str:
    """The id of every request with this account and key: a hash with framed lengths, so no two pairs collide."""
    framed = f"{len(account_id)}:{account_id}{idempotency_key}"
    return f"cor_{hashlib.sha256(framed.encode()).hexdigest()[:32]}"


def changes_call(call: ChargedCall, request: CorrectionRequest) -> bool:
    """Whether a correction states anything new: another duration, or another answer to whether the call is waived."""
    if request.duration_seconds is None:
        return not call.is_waived
    return call.is_waived or request.duration_seconds != call.duration_seconds


def waive(call: ChargedCall, identifier: str, now: datetime) -> RatedAgain:
    """Charge a call again, at 0. The entry keeps the row of the charge, so that a later correction can price by it."""
    kept = {"promised": True} if call.is_promised else {}
    row = call.row() if call.has_row else call.row(0, 1)
    charge = RatedCall(row, call.last["deck"], call.last["origin"], 0, 0, bundle=call.bundle)
    entries = replacing_entries(call, charge, FACTS, {"correction": identifier}, now, waived=True, **kept)
    if not call.has_row:
        entries = [replace(entry, explanation=_without_increments(entry.explanation)) for entry in entries]
    return RatedAgain(call, entries)


def _without_increments(explanation: Mapping[str, str | int]) -> dict[str, str | int]:
    return {name: value for name, value in explanation.items() if name not in INCREMENTS}


def correct_duration(
    call: ChargedCall,
    row: RateRow,
    duration_seconds: int,
    identifier: str,
    tolerance: int,
    now: datetime,
    left_seconds: int = 0,
) -> RatedAgain:
    """Charge a call again for its true duration, by the row that priced the current charge. `tolerance` is the time
    beyond the hold that is not billed. `left_seconds`: the rest on the call's counter of included minutes, which
    cover a longer call further, unless it costs nothing.
    """
    kept = {"promised": True} if call.is_promised else {}
    seconds = seconds_to_bill(duration_seconds, call.granted_seconds, tolerance)
    billed, price = row_price(row, seconds)
    charge = RatedCall(row, call.last["deck"], call.last["origin"], billed, price, bundle=call.bundle)
    if costs(row):
        charge = cover(charge, seconds, call.covered_seconds + max(0, left_seconds), call.bundle)
    marks = {"correction": identifier}
    entries = replacing_entries(call, charge, FACTS, marks, now, duration_seconds=duration_seconds, **kept)
    return RatedAgain(call, entries)


def correction_view(correction: Correction, balance_micros: int) -> dict[str, Any]:
    """A correction in the form of the API. `difference` is the change of the balance: that of the price, less
    `goodwill_taken_back`, which only corrections of calls with goodwill have.
    """
    view = {
        "call_key": correction.request.call_key,
        "started_at": correction.request.happened_at,
        "before": figures_view(correction.before),
        "after": figures_view(correction.after),
        "difference": format_money(correction.difference_micros),
        "balance": format_money(balance_micros),
    }
    if correction.goodwill_micros:
        view["goodwill_taken_back"] = format_money(correction.goodwill_micros)
    return view


def figures_view(figures: Figures) -> dict[str, Any]:
    """The duration and the price of a call in the form of the API."""
    return {"duration_seconds": figures.duration_seconds, "price": format_money(figures.price_micros)}
