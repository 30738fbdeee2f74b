"""Whether a call may be connected, for how long, and the amount held for it: an ordered list of reasons to refuse, and
whole numbers. Reads no table and no clock.

The held amount is the price of the longest allowed call, by the function that charges it: quote = hold = charge.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from calling_credit.accounts.limits import Limits
from calling_credit.admission.reasons import DenialReason
from calling_credit.call_events import MAX_DURATION_SECONDS
from calling_credit.errors import Conflict, ProblemCode
from calling_credit.instants import format_instant
from calling_credit.ledger.holds import LIVE, RELEASED, Hold, price_of
from calling_credit.numbering import country_of, is_short_code
from calling_credit.rates.deck import INCLUDED_CATEGORY, RateRow
from calling_credit.rates.pricing import PRICE_STEP_MICROS

SENT_AGAIN_WITHIN: Final = timedelta(seconds=30)
"""The same request within this time, and within half of the requested seconds, repeats the last one."""


AGAINST_FRAUD: Final = frozenset(
    {
        DenialReason.ACCOUNT_FROZEN,
        DenialReason.BLOCKED,
        DenialReason.HIGH_COST,
        DenialReason.SIMULTANEOUS_CALLS,
        DenialReason.CALL_PRICE,
        DenialReason.DAILY_SPEND,
    }
)
"""Refusals that are announced, because they may be fraud."""


@dataclass(frozen=True, slots=True)
class Ask:
    """The request of the switch to connect a call, or to extend one."""

    call_id: str
    account_id: str
    line_id: str
    dialled_number: str
    requested_seconds: int


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """The facts of an account that admission needs; `holds` says whether credit is held for its calls."""

    is_closed: bool
    is_frozen: bool
    holds: bool
    limits: Limits


@dataclass(frozen=True, slots=True)
class Credit:
    """An account's money at one moment, in micro-dollars, and how many of its calls run. `spent_micros` is what calls
    of the account's day have cost so far; `may_recharge`: a rule may bring more soon.
    """

    available_micros: int = 0
    held_micros: int = 0
    live_holds: int = 0
    spent_micros: int = 0
    may_recharge: bool = False


@dataclass(frozen=True, slots=True)
class AdmissionContext:
    """Everything that the decision depends on. None means that the account, line, rate row, or hold does not exist."""

    ask: Ask
    account: AccountStatus | None
    may_call_abroad: bool | None
    origin: str
    row: RateRow | None
    deck_version: str
    hold: Hold | None
    credit: Credit
    now: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """What the switch is told. `max_seconds` and `held_micros` are of the whole call; `reason` says why it is refused,
    `limited_by` why it may not be as long as asked for. `hold` is what must stand for the decision to be good (None:
    nothing is held, or the present hold is enough).
    """

    reason: str | None
    max_seconds: int
    row: RateRow | None = None
    held_micros: int = 0
    limited_by: str | None = None
    hold: Hold | None = None


def short_code(ask: Ask) -> Decision | None:
    """Emergency and other short codes cost nothing and are never refused; None for other numbers."""
    return Decision(None, ask.requested_seconds) if is_short_code(ask.dialled_number) else None


def decide_admission(s: AdmissionContext) -> Decision:
    """Decide: the first reason to refuse, or the allowed length of the call and the amount to hold.

    Raises:
        Conflict: `call_id_reused`, a call to another number, or of another line, has this id.
    """
    hold = s.hold
    if hold is None and s.row is not None and s.row.category == INCLUDED_CATEGORY:
        return Decision(None, s.ask.requested_seconds, s.row)
    if hold is not None and not (hold.is_for(s.ask.dialled_number) and hold.line_id == s.ask.line_id):
        detail = "Another call has this call_id; give each call its own, and the same to and line_id to its extensions."
        raise Conflict(ProblemCode.CALL_ID_REUSED, detail)
    for reason in _refusals(s):
        return _as_it_stands(s, reason)
    assert s.account is not None
    row = hold.row if hold is not None else s.row
    assert row is not None
    return _grant(s, s.account, row)


def depends_on_the_day(s: AdmissionContext, decision: Decision) -> bool:
    """Whether a decision may be another one if the account's day has cost more than the situation says."""
    if decision.reason is not None:
        return decision.reason in (DenialReason.INSUFFICIENT_CREDIT, DenialReason.RECHARGING)
    is_included = decision.row is not None and decision.row.category == INCLUDED_CATEGORY
    return decision.hold is not None or (s.hold is None and not is_included)


def _refusals(s: AdmissionContext) -> Iterator[str]:
    account, row = s.account, s.hold.row if s.hold is not None else s.row
    if s.hold is not None and s.hold.status != LIVE:
        yield DenialReason.CALL_FINISHED if s.hold.status == RELEASED else DenialReason.HOLD_EXPIRED
    if account is None:
        yield DenialReason.UNKNOWN_ACCOUNT
        return
    if account.is_closed or account.is_frozen:
        yield DenialReason.ACCOUNT_CLOSED if account.is_closed else DenialReason.ACCOUNT_FROZEN
    if not s.may_call_abroad:
        yield DenialReason.UNKNOWN_LINE if s.may_call_abroad is None else DenialReason.INTERNATIONAL_OFF
    digits = s.ask.dialled_number[1:]
    country = row.country if row is not None else country_of(digits)
    if account.limits.blocks(digits, country) or account.limits.blocks(digits, country_of(digits)):
        yield DenialReason.BLOCKED
    if row is None:
        yield DenialReason.UNRATED
    elif account.limits.refuses_cost(row, digits):
        yield DenialReason.HIGH_COST
    if s.hold is None and s.credit.live_holds >= account.limits.simultaneous_calls:
        yield DenialReason.SIMULTANEOUS_CALLS


def _grant(s: AdmissionContext, account: AccountStatus, row: RateRow) -> Decision:
    """As many seconds as asked for, as far as the limits and the credit go."""
    hold, asked = s.hold, s.ask.requested_seconds
    now = format_instant(s.now)
    if hold is not None and _is_sent_again(hold, asked, s.now):
        return _as_it_stands(s, None)
    wanted = min(asked if hold is None else _seconds_run(hold, asked, s.now) + asked, MAX_DURATION_SECONDS)
    own, granted = (hold.amount_micros, hold.max_seconds) if hold is not None else (0, 0)
    if wanted <= granted:
        return _as_it_stands(s, None)
    rooms = {
        DenialReason.CALL_PRICE: account.limits.call_price_micros,
        DenialReason.DAILY_SPEND: account.limits.daily_spend_micros
        - s.credit.spent_micros
        - (s.credit.held_micros - own),
        DenialReason.INSUFFICIENT_CREDIT: s.credit.available_micros + own,
    }
    limited_by = None
    seconds = wanted
    for code, room in rooms.items():
        most = affordable_seconds(row, room, wanted)
        if most <= granted:
            return _as_it_stands(
                s,
                DenialReason.RECHARGING if code == DenialReason.INSUFFICIENT_CREDIT and s.credit.may_recharge else code,
            )
        if most < seconds:
            seconds, limited_by = most, code
    amount = price_of(row, seconds)
    if hold is None and (amount == 0 or not account.holds):
        return Decision(None, seconds, row, 0, limited_by)
    held = Hold(
        account_id=s.ask.account_id,
        call_id=s.ask.call_id,
        line_id=s.ask.line_id,
        dialled_number=s.ask.dialled_number,
        origin=s.origin,
        status=LIVE,
        amount_micros=amount,
        max_seconds=seconds,
        deck_version=s.deck_version,
        row=row,
        authorized_at=now,
        asked_at=now,
        asked_seconds=asked,
    )
    if hold is not None:
        held = replace(hold, amount_micros=amount, max_seconds=seconds, asked_at=now, asked_seconds=asked)
    return Decision(None, seconds, row, amount, limited_by, held)


def _as_it_stands(s: AdmissionContext, reason: str | None) -> Decision:
    """A refusal takes nothing away: a call that runs may run as long as it was told before."""
    if s.hold is None:
        return Decision(reason, 0, s.row)
    if s.hold.status != LIVE:
        return Decision(reason, 0, s.hold.row)
    return Decision(reason, s.hold.max_seconds, s.hold.row, s.hold.amount_micros)


def _is_sent_again(hold: Hold, asked_seconds: int, now: datetime) -> bool:
    return hold.asked_seconds == asked_seconds and now - datetime.fromisoformat(hold.asked_at) < _within(asked_seconds)


def _seconds_run(hold: Hold, asked_seconds: int, now: datetime) -> int:
    """Return the most seconds the call can have run; a request at its beginning covers the whole call."""
    since = now - datetime.fromisoformat(hold.authorized_at)
    return 0 if since < _within(asked_seconds) else since // timedelta(seconds=1)


def _within(asked_seconds: int) -> timedelta:
    return min(SENT_AGAIN_WITHIN, timedelta(seconds=asked_seconds) // 2)


def affordable_seconds(row: RateRow, credit_micros: int, most: int) -> int:
    """The longest call, up to `most` seconds, that this credit pays for; 0 if it does not pay for the shortest one."""
    least = row.minimum_seconds or row.increment_seconds
    if price_of(row, least) > credit_micros:
        return 0
    if row.rate_micros_per_minute == 0:
        return most
    step = 60 * PRICE_STEP_MICROS
    sixtieths = (
        step * (credit_micros // PRICE_STEP_MICROS + 1) - step // 2 - 1
    )  # The most that is rounded to the credit.
    billed = (sixtieths - 60 * row.connection_fee_micros) // row.rate_micros_per_minute
    increments = (billed - row.minimum_seconds) // row.increment_seconds
    return min(most, row.minimum_seconds + increments * row.increment_seconds)
