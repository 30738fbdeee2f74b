"""Whether an automatic recharge may charge now, and how much: a rule, what is remembered, and a list of reasons to
stop.

The rule of the product: when the balance falls below the threshold (strictly), buy the amount. Level-triggered, so it
holds whatever woke it. One charge closes the gap: the fewest whole multiples of the amount that bring the balance and
what is already on its way to the threshold, as far as the caps leave room.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Final

from calling_credit.instants import format_instant, local_date, zone
from calling_credit.money import MICROS_PER_DOLLAR
from calling_credit.recharge.attempts import SPENT, Attempt, State, SuspensionReason, spent_micros
from calling_credit.topups.topup import TopUp

DEFAULT_HOURLY_COUNT: Final = 3
DEFAULT_DAILY_LIMIT_MICROS: Final = 200 * MICROS_PER_DOLLAR
DEFAULT_MONTHLY_LIMIT_MICROS: Final = 1_000 * MICROS_PER_DOLLAR
MAX_DECLINES: Final = 4
DECLINES_COUNT_FOR: Final = timedelta(days=30)
"""Visa fines merchants past 20 tries of a declined card in 30 days, Mastercard past 35; this stops long before."""
HOUR: Final = timedelta(hours=1)
BEGUN: Final = SPENT | {"canceled"}
"""Attempts that count in their hour: canceled ones too, or one that is canceled again and again would go on for ever.
After a decline the back-off counts.
"""


class StopReason(StrEnum):
    """Why a rule does not charge now."""

    DISABLED = "disabled"
    ACCOUNT_CLOSED = "account_closed"
    ACCOUNT_FROZEN = "account_frozen"
    ABOVE_THRESHOLD = "above_threshold"
    IN_FLIGHT = "in_flight"
    BACKING_OFF = "backing_off"
    DECLINED_TOO_OFTEN = "card_declined_too_often"
    HOURLY_COUNT = "hourly_count"
    DAILY_LIMIT = "daily_limit"
    MONTHLY_LIMIT = "monthly_limit"
    TOP_UP_MAXIMUM = "top_up_maximum"


@dataclass(frozen=True, slots=True)
class Rule:
    """What the customer set. Money in micro-dollars; `fingerprint` is the card's, by which the same card is known."""

    enabled: bool
    threshold_micros: int
    amount_micros: int
    payment_method_id: str
    brand: str
    last4: str
    fingerprint: str
    hourly_count: int = DEFAULT_HOURLY_COUNT
    daily_limit_micros: int = DEFAULT_DAILY_LIMIT_MICROS
    monthly_limit_micros: int = DEFAULT_MONTHLY_LIMIT_MICROS
    version: int = 0


@dataclass(frozen=True, slots=True)
class Situation:
    """All that a decision depends on. `pending_micros` is money of other payments that is already on its way."""

    rule: Rule
    state: State
    posted_micros: int
    pending_micros: int
    is_closed: bool
    time_zone: str
    maximum_micros: int
    now: datetime
    is_frozen: bool = False


@dataclass(frozen=True, slots=True)
class Stop:
    """A reason not to charge: a stable code, and when it ends by itself (None: when somebody changes something)."""

    code: str
    until: str | None = None


@dataclass(frozen=True, slots=True)
class Resume:
    """The recharge under way has lost its worker: go on with the same payment, request and keys."""

    topup_id: str


@dataclass(frozen=True, slots=True)
class Charge:
    """Charge so much now."""

    amount_micros: int


def decide(situation: Situation) -> Stop | Resume | Charge:
    """The first reason to stop, the recharge to go on with, or the charge to make."""
    state, now = situation.state, format_instant(situation.now)
    for stop in _reasons(situation):
        lost = state.in_flight is not None and state.in_flight.lease_until <= now
        if stop.code == StopReason.IN_FLIGHT and state.in_flight is not None and lost:
            return Resume(state.in_flight.topup_id)
        return stop
    return _charge(situation)


def _reasons(s: Situation) -> Iterator[Stop]:
    rule, state = s.rule, s.state
    if not rule.enabled:
        yield Stop(StopReason.DISABLED)
    if s.is_closed:
        yield Stop(StopReason.ACCOUNT_CLOSED)
    if s.is_frozen:
        yield Stop(StopReason.ACCOUNT_FROZEN)
    if state.suspended_reason is not None:
        yield Stop(state.suspended_reason)
    if s.posted_micros + s.pending_micros >= rule.threshold_micros:
        yield Stop(StopReason.ABOVE_THRESHOLD)
    if state.in_flight is not None:
        yield Stop(StopReason.IN_FLIGHT)
    if state.is_backing_off(s.now):
        yield Stop(StopReason.BACKING_OFF, state.not_before)
    declines = [
        a for a in _since(s, DECLINES_COUNT_FOR) if (a.outcome, a.fingerprint) == ("declined", rule.fingerprint)
    ]
    if len(declines) >= MAX_DECLINES:
        yield Stop(StopReason.DECLINED_TOO_OFTEN, _after(declines[-MAX_DECLINES], DECLINES_COUNT_FOR))
    lately = [a for a in _since(s, HOUR) if a.outcome in BEGUN]
    if len(lately) >= rule.hourly_count:
        yield Stop(StopReason.HOURLY_COUNT, _after(lately[-rule.hourly_count], HOUR))


def _charge(s: Situation) -> Stop | Charge:
    """The fewest multiples that close the gap, or as many as the caps leave; the cap's own code if they leave none."""
    rule = s.rule
    gap = rule.threshold_micros - s.posted_micros - s.pending_micros
    today = local_date(s.now, s.time_zone)
    room = {
        StopReason.DAILY_LIMIT: rule.daily_limit_micros
        - spent_micros(a for a in s.state.recent if _date(a, s) == today),
        StopReason.MONTHLY_LIMIT: rule.monthly_limit_micros
        - spent_micros(a for a in s.state.recent if _date(a, s)[:7] == today[:7]),
        StopReason.TOP_UP_MAXIMUM: s.maximum_micros,
    }
    until = {
        StopReason.DAILY_LIMIT: _next_day(s),
        StopReason.MONTHLY_LIMIT: _next_month(s),
        StopReason.TOP_UP_MAXIMUM: None,
    }
    for code, left in room.items():
        if left < rule.amount_micros:
            return Stop(code, until[code])
    most = min(room.values()) // rule.amount_micros * rule.amount_micros
    return Charge(min(_closing(rule, gap), most))


def _closing(rule: Rule, gap: int) -> int:
    """The fewest whole multiples of the amount that close a gap, in micros; 0 where there is none."""
    return -(-max(gap, 0) // rule.amount_micros) * rule.amount_micros


def _since(s: Situation, span: timedelta) -> list[Attempt]:
    oldest = format_instant(s.now - span)
    return [attempt for attempt in s.state.recent if attempt.at > oldest]


def _after(attempt: Attempt, span: timedelta) -> str:
    return format_instant(datetime.fromisoformat(attempt.at) + span)


def _date(attempt: Attempt, s: Situation) -> str:
    return local_date(datetime.fromisoformat(attempt.at), s.time_zone)


def _next_day(s: Situation) -> str:
    tomorrow = s.now.astimezone(zone(s.time_zone)).date() + timedelta(days=1)
    return format_instant(datetime.combine(tomorrow, time(), zone(s.time_zone)))


def _next_month(s: Situation) -> str:
    today = s.now.astimezone(zone(s.time_zone)).date()
    first = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    return format_instant(datetime.combine(first, time(), zone(s.time_zone)))


def armed_threshold(rule: Rule, state: State, now: datetime) -> int | None:
    """The threshold that headroom is measured from; None while no fall of the balance may wake the recharge."""
    waits = state.next_attempt_at is not None and state.next_attempt_at > format_instant(now)
    if not rule.enabled or state.suspended_reason is not None or waits or state.stopped == StopReason.TOP_UP_MAXIMUM:
        return None
    return rule.threshold_micros


def is_unwanted(rule: Rule | None, state: State, posted_micros: int, topup: TopUp, time_zone: str) -> bool:
    """Whether an attempt that was left halfway must not be gone on with: the rule is off, suspended or has another card
    by now, or it would not charge as much: the balance needs less, or nothing, or a cap was lowered.
    """
    if rule is None or not rule.enabled or state.suspended_reason is not None:
        return True
    if rule.payment_method_id != topup.card.payment_method_id:
        return True
    needed = _closing(rule, rule.threshold_micros - posted_micros)
    return topup.amount_micros > needed or _is_over_a_cap(rule, state, topup, time_zone)


def _is_over_a_cap(rule: Rule, state: State, topup: TopUp, time_zone: str) -> bool:
    """Whether its day or month has more than the rule allows, the attempt itself counted as it is since its claim."""
    made = local_date(datetime.fromisoformat(topup.created_at), time_zone)
    dated = [(local_date(datetime.fromisoformat(attempt.at), time_zone), attempt) for attempt in state.recent]
    of_day = spent_micros(attempt for date, attempt in dated if date == made)
    of_month = spent_micros(attempt for date, attempt in dated if date[:7] == made[:7])
    return of_day > rule.daily_limit_micros or of_month > rule.monthly_limit_micros


def after_payment(rule: Rule, before: State, after: State, topup: TopUp) -> State:
    """What the end of a payment made of the state, under the rule as it stands by then. An attempt with a card that the
    rule has no more is over, but says nothing of the card that it has now.
    """
    card = topup.card
    is_gone = after.suspended_reason == SuspensionReason.REMOVED and before.suspended_reason is None
    is_former = card.payment_method_id != rule.payment_method_id if is_gone else card.fingerprint != rule.fingerprint
    if topup.kind == "manual" or not is_former:
        return after
    return replace(before, in_flight=after.in_flight, recent=after.recent)
