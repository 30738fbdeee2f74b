"""Decides whether a call may be connected, for how long, and how much credit is held. Reads no table and no clock.

The held amount is the price of the longest allowed call, by the function that charges it: quote = hold = charge.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from calling_credit.admission.hold_times import elapsed_seconds, is_retry
from calling_credit.admission.minutes_left import MinutesLeft, seconds_for_call
from calling_credit.admission.reasons import AFTER_DAILY_SPEND, DenialReason
from calling_credit.admission.refusals import AccountStatus, account_refusals, destination_refusals, public_minute
from calling_credit.admission.spending_limits import SpendLimit, counted_hold, spending_left
from calling_credit.errors import Conflict, ProblemCode
from calling_credit.ids import call_key
from calling_credit.instants import format_instant
from calling_credit.ledger.holds import Hold, HoldStatus, affordable_with_minutes, price_of_covered
from calling_credit.numbering import is_emergency, is_short_code
from calling_credit.rates.covered_calls import costs
from calling_credit.rates.deck import INCLUDED_CATEGORY, RateRow

MAX_GRANTED_SECONDS: Final = 24 * 3600
"""The longest call that is authorized."""


@dataclass(frozen=True, slots=True)
class AdmissionRequest:
    """The request of the switch to connect or extend a call."""

    call_id: str
    account_id: str
    line_id: str
    dialled_number: str
    requested_seconds: int

    @property
    def call_key(self) -> str:
        """The name of the call in keys, as call events find it."""
        return call_key(self.call_id) if self.call_id else ""


@dataclass(frozen=True, slots=True)
class Credit:
    """An account's credit at one moment, in micro-dollars.

    `live_holds` counts its calls in progress, `spent_micros` is the cost of the day's calls so far, and `may_recharge`
    says that a recharge may follow soon.
    """

    available_micros: int = 0
    held_micros: int = 0
    live_holds: int = 0
    spent_micros: int = 0
    may_recharge: bool = False


@dataclass(frozen=True, slots=True)
class AdmissionContext:
    """Everything that the decision depends on. None: the account, line, row, hold, or bundle does not exist.

    `spending` are the counters in which the call counts, `counted_on` its local date, and `user_id` the user of its
    line; both are empty without a counter.
    """

    request: AdmissionRequest
    account: AccountStatus | None
    may_call_abroad: bool | None
    origin: str
    row: RateRow | None
    deck_version: str
    stored_hold: Hold | None
    credit: Credit
    now: datetime
    minutes: MinutesLeft | None = None
    public_row: RateRow | None = None
    spending: tuple[SpendLimit, ...] = ()
    counted_on: str = ""
    user_id: str = ""

    @property
    def hold(self) -> Hold | None:
        """The hold of this attempt; None before the first request, and after an attempt that was not answered."""
        stored = self.stored_hold
        return None if stored is None or stored.is_of_unanswered_call else stored


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer for the switch.

    `max_seconds`, `held_micros`, and `covered_seconds` describe the whole call. `reason` says why the call is denied,
    `limited_by` why it is shorter than requested. The decision is valid once `hold` is stored; None means that nothing
    is held or that the present hold is enough.
    """

    reason: str | None
    max_seconds: int
    row: RateRow | None = None
    held_micros: int = 0
    limited_by: str | None = None
    hold: Hold | None = None
    covered_seconds: int = 0


def emergency(request: AdmissionRequest) -> Decision | None:
    """Allow a call to an emergency number, which is free and never refused; None for other numbers."""
    return Decision(None, request.requested_seconds) if is_emergency(request.dialled_number) else None


def decide_admission(s: AdmissionContext) -> Decision:
    """Return the first reason to deny the call, or its allowed length and the amount to hold.

    Raises:
        Conflict: `call_id_reused`, the id belongs to a call to another number or of another line.
    """
    hold = s.hold
    if hold is None and _is_free(s):
        reason = next(account_refusals(s.account), None)
        return Decision(reason, 0 if reason else s.request.requested_seconds, s.row)
    if hold is not None and not (hold.is_for(s.request.dialled_number) and hold.line_id == s.request.line_id):
        detail = (
            "Another call has this call_id. Use a new id for each call, and the same to and line_id to extend a call."
        )
        raise Conflict(ProblemCode.CALL_ID_REUSED, detail)
    for reason in _refusals(s):
        return _unchanged(s, reason)
    assert s.account is not None
    row = hold.row if hold is not None else s.row
    assert row is not None
    return _grant(s, s.account, row)


def depends_on_spending(s: AdmissionContext, decision: Decision) -> bool:
    """Return whether the day's spending can change the decision."""
    if decision.reason is not None:
        return decision.reason in AFTER_DAILY_SPEND
    moves_credit = decision.hold is not None and not decision.hold.repeated_at
    return moves_credit or (s.hold is None and not _is_free(s))


def _is_free(s: AdmissionContext) -> bool:
    """Return whether the call costs nothing, so that neither line, limits, nor credit matter."""
    if s.row is None:
        return is_short_code(s.request.dialled_number)
    return s.row.category == INCLUDED_CATEGORY


def _refusals(s: AdmissionContext) -> Iterator[str]:
    account, row = s.account, s.hold.row if s.hold is not None else s.row
    if s.hold is not None and s.hold.status != HoldStatus.LIVE:
        yield DenialReason.CALL_FINISHED if s.hold.status == HoldStatus.RELEASED else DenialReason.HOLD_EXPIRED
    yield from account_refusals(account)
    if account is None:
        return
    if s.may_call_abroad is None:
        yield DenialReason.UNKNOWN_LINE
    if not is_short_code(s.request.dialled_number):
        if s.may_call_abroad is False:
            yield DenialReason.INTERNATIONAL_OFF
        minute = public_minute(s.hold, s.public_row)
        yield from destination_refusals(s.request.dialled_number[1:], row, account.limits, minute)
    if s.hold is None and s.credit.live_holds >= account.limits.simultaneous_calls:
        yield DenialReason.SIMULTANEOUS_CALLS


def _grant(s: AdmissionContext, account: AccountStatus, row: RateRow) -> Decision:
    """Allow the requested seconds, or as many as the limits and the credit permit."""
    hold, requested = s.hold, s.request.requested_seconds
    if hold is not None and is_retry(hold, requested, s.now):
        return replace(_unchanged(s, None), hold=hold.repeated(s.now))
    elapsed = 0 if hold is None else elapsed_seconds(hold, requested, s.now)
    wanted = min(elapsed + requested, MAX_GRANTED_SECONDS)
    held_already, granted = (hold.amount_micros, hold.max_seconds) if hold is not None else (0, 0)
    limited_by: str | None = DenialReason.MAXIMUM_DURATION if elapsed + requested > wanted else None
    if hold is not None and wanted <= granted:
        return replace(_unchanged(s, None), limited_by=limited_by, hold=hold.repeated(s.now))
    budgets = {
        DenialReason.CALL_PRICE: account.limits.call_price_micros,
        DenialReason.DAILY_SPEND: account.limits.daily_spend_micros
        - s.credit.spent_micros
        - (s.credit.held_micros - held_already),
        **dict(spending_left(s.spending, hold)),
        DenialReason.INSUFFICIENT_CREDIT: s.credit.available_micros + held_already,
    }
    seconds, minutes_seconds = wanted, seconds_for_call(s.minutes, hold)
    for code, budget_micros in budgets.items():
        affordable = affordable_with_minutes(row, budget_micros, wanted, minutes_seconds)
        if affordable <= granted:
            is_recharging = code == DenialReason.INSUFFICIENT_CREDIT and s.credit.may_recharge
            return _unchanged(s, DenialReason.RECHARGING if is_recharging else code)
        if affordable < seconds:
            seconds, limited_by = affordable, code
    covered = min(seconds, minutes_seconds)
    amount = price_of_covered(row, seconds, covered)
    if hold is None and not (account.holds and costs(row)):  # A row with a price is held, also an amount of 0.
        return Decision(None, seconds, row, 0, limited_by, covered_seconds=covered)
    held = replace(_hold(s, row, amount, seconds, limited_by), covered_seconds=covered)
    held = counted_hold(held, s.spending, s.counted_on, s.user_id)
    return Decision(None, seconds, row, amount, limited_by, held, covered)


def _hold(s: AdmissionContext, row: RateRow, amount: int, seconds: int, limited_by: str | None) -> Hold:
    """The hold of a new call, or of an extended one, without its covered seconds."""
    now, requested = format_instant(s.now), s.request.requested_seconds
    if s.hold is None:
        return Hold(
            account_id=s.request.account_id,
            call_key=s.request.call_key,
            call_id=s.request.call_id,
            line_id=s.request.line_id,
            dialled_number=s.request.dialled_number,
            origin=s.origin,
            status=HoldStatus.LIVE,
            amount_micros=amount,
            max_seconds=seconds,
            deck_version=s.deck_version,
            row=row,
            authorized_at=now,
            asked_at=now,
            asked_seconds=requested,
            limited_by=limited_by,
            bundle=s.minutes.counter if s.minutes is not None and s.minutes.left_seconds > 0 else "",
            deck_minute=public_minute(None, s.public_row) if row.price_list else 0,
        )
    return replace(
        s.hold,
        amount_micros=amount,
        max_seconds=seconds,
        asked_at=now,
        asked_seconds=requested,
        limited_by=limited_by,
        repeated_at="",
    )


def _unchanged(s: AdmissionContext, reason: str | None) -> Decision:
    """Return a decision that changes no hold, and why a call in progress gets no more seconds."""
    if s.hold is None:
        return Decision(reason, 0, s.row)
    if s.hold.status != HoldStatus.LIVE:
        return Decision(reason, 0, s.hold.row)
    limited_by, covered = reason or s.hold.limited_by, s.hold.covered_seconds
    return Decision(reason, s.hold.max_seconds, s.hold.row, s.hold.amount_micros, limited_by, None, covered)
