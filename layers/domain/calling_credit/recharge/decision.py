"""Decides whether an automatic recharge charges now, and how much.

The product's rule: when the balance falls strictly below the threshold, buy the amount. The decision depends on the
current balance only, not on the event that caused it. One charge closes the gap: the smallest multiple of the amount
that brings balance and open payments to the threshold, as far as the limits allow.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from calling_credit.instants import format_instant, local_date
from calling_credit.money import MICROS_PER_DOLLAR
from calling_credit.recharge.acceptance import exceeds_accepted
from calling_credit.recharge.attempts import SPENDING, Attempt, AttemptOutcome, State, SuspensionReason, spent_micros
from calling_credit.recharge.backup import due_backup
from calling_credit.recharge.limit_periods import next_day, next_month
from calling_credit.tax.calculation import NO_TAX, Taxation
from calling_credit.topups.card_history import UNUSED_CARD, CardHistory
from calling_credit.topups.topup import Card

DEFAULT_HOURLY_COUNT: Final = 3
DEFAULT_DAILY_LIMIT_MICROS: Final = 200 * MICROS_PER_DOLLAR
DEFAULT_MONTHLY_LIMIT_MICROS: Final = 1_000 * MICROS_PER_DOLLAR
HOUR: Final = timedelta(hours=1)
BUSY_WAIT: Final = timedelta(minutes=5)
"""How long to wait for other payments with the rule's card, which hold all its tries."""
TAX_WAIT: Final = timedelta(hours=1)
"""When to try again to calculate the tax. New billing details end the wait at once."""
BEGUN: Final = SPENDING | {AttemptOutcome.CANCELED}
"""Attempts that count toward the hourly limit. Canceled ones count, or a canceled attempt could repeat endlessly. After
a decline the back-off applies instead.
"""


class StopReason(StrEnum):
    """Why a rule does not charge now."""

    DISABLED = "disabled"
    ACCOUNT_CLOSED = "account_closed"
    ACCOUNT_FROZEN = "account_frozen"
    ABOVE_THRESHOLD = "above_threshold"
    IN_FLIGHT = "in_flight"
    NO_CALL_SINCE = "no_call_since"
    BACKING_OFF = "backing_off"
    CARD_BUSY = "card_busy"
    DECLINED_TOO_OFTEN = "card_declined_too_often"
    CARD_BLOCKED = "card_blocked"
    HOURLY_COUNT = "hourly_count"
    DAILY_LIMIT = "daily_limit"
    MONTHLY_LIMIT = "monthly_limit"
    TOP_UP_MAXIMUM = "top_up_maximum"
    TAX_UNAVAILABLE = "tax_unavailable"


_OF_CARD = (StopReason.CARD_BLOCKED, StopReason.DECLINED_TOO_OFTEN, SuspensionReason.UNUSABLE)
NEED_ANOTHER_CARD_OR_AMOUNT: Final = frozenset({StopReason.TOP_UP_MAXIMUM, *_OF_CARD})
"""Stops that no fall of the balance ends."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The customer's settings. Money in micro-dollars; `fingerprint` identifies the card's number, and `card_expires`
    is its last month, such as 2034-11 (empty: not read yet).
    """

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
    card_expires: str = ""


@dataclass(frozen=True, slots=True)
class RechargeContext:
    """Everything a decision depends on. `pending_micros` is the sum of other payments that are under way. `card` is the
    history of the card to charge on all paths: the rule's, or the `backup` card if that is due. `has_call_since`: a
    call has spent credit since something else lowered the balance, or since an admin armed the rule. `tax` is that on
    this charge: amount and maximum are credit, and the limits of day and month count what the card pays.
    """

    rule: Rule
    state: State
    posted_micros: int
    pending_micros: int
    is_closed: bool
    time_zone: str
    maximum_micros: int
    now: datetime
    is_frozen: bool = False
    has_call_since: bool = True
    card: CardHistory = UNUSED_CARD
    backup: Card | None = None
    tax: Taxation = NO_TAX


@dataclass(frozen=True, slots=True)
class Stop:
    """Do not charge: a stable code, and when the reason ends without action (None: never)."""

    code: str
    until: str | None = None


@dataclass(frozen=True, slots=True)
class Resume:
    """Continue the recharge whose worker was lost, with the same payment, requests, and keys."""

    topup_id: str


@dataclass(frozen=True, slots=True)
class BuyCredit:
    """Buy this credit now, with the tax on it: from `backup`, or from the rule's card without one."""

    amount_micros: int
    backup: Card | None = None
    tax_micros: int = 0

    @property
    def gross_micros(self) -> int:
        """What the card pays."""
        return self.amount_micros + self.tax_micros


def decide_recharge(context: RechargeContext) -> Stop | Resume | BuyCredit:
    """Decide: the first reason to stop, the recharge to resume, or the amount to buy."""
    state, now = context.state, format_instant(context.now)
    for stop in _reasons_to_stop(context):
        in_flight = state.in_flight
        if stop.code == StopReason.IN_FLIGHT and in_flight is not None and in_flight.lease_until <= now:
            return Resume(in_flight.topup_id)
        return stop
    purchase = _credit_to_buy(context)
    if isinstance(purchase, BuyCredit) and exceeds_accepted(state, purchase.gross_micros):
        return Stop(SuspensionReason.CHARGE_CHANGED)
    return replace(purchase, backup=_backup(context)) if isinstance(purchase, BuyCredit) else purchase


def _backup(s: RechargeContext) -> Card | None:
    return due_backup(s.state, s.rule.payment_method_id, s.rule.fingerprint, s.backup, s.now)


def _reasons_to_stop(s: RechargeContext) -> Iterator[Stop]:
    rule, state = s.rule, s.state
    halts = {
        StopReason.DISABLED: not rule.enabled,
        StopReason.ACCOUNT_CLOSED: s.is_closed,
        StopReason.ACCOUNT_FROZEN: s.is_frozen,
    }
    yield from (Stop(code) for code, applies in halts.items() if applies)
    if state.suspended_reason is not None:
        yield Stop(state.suspended_reason)
    if s.posted_micros + s.pending_micros >= rule.threshold_micros:
        yield Stop(StopReason.ABOVE_THRESHOLD)
    if state.in_flight is not None:
        yield Stop(StopReason.IN_FLIGHT)
    if not s.has_call_since:
        yield Stop(StopReason.NO_CALL_SINCE)
    backup = _backup(s)
    if backup is None and state.is_backing_off(s.now):
        yield Stop(StopReason.BACKING_OFF, state.not_before)
    yield from _reasons_of_card(rule, s.card, s.now) if backup is None else _reasons_of_backup(backup, s)
    lately = [a for a in _since(s, HOUR) if a.outcome in BEGUN]
    if len(lately) >= rule.hourly_count:
        yield Stop(StopReason.HOURLY_COUNT, _after(lately[-rule.hourly_count], HOUR))
    if not s.tax.is_available:
        yield Stop(StopReason.TAX_UNAVAILABLE, format_instant(s.now + TAX_WAIT))


def _reasons_of_card(rule: Rule, card: CardHistory, now: datetime) -> Iterator[Stop]:
    if rule.fingerprint == rule.payment_method_id:  # Stripe names no number, so its declines cannot be counted.
        yield Stop(SuspensionReason.UNUSABLE)
    if card.is_blocked:
        yield Stop(StopReason.CARD_BLOCKED)
    if card.is_busy:
        yield Stop(StopReason.CARD_BUSY, format_instant(now + BUSY_WAIT))
    if card.tries_left == 0:
        yield Stop(StopReason.DECLINED_TOO_OFTEN, card.retry_at)


def _reasons_of_backup(backup: Card, s: RechargeContext) -> Iterator[Stop]:
    if backup.fingerprint == backup.payment_method_id or s.card.refusal(is_manual=False) is not None:
        yield Stop(StopReason.BACKING_OFF, s.state.not_before)


def _credit_to_buy(s: RechargeContext) -> Stop | BuyCredit:
    """The fewest multiples that close the gap, or as many as the limits allow; the limit's code if they allow none."""
    rule = s.rule
    gap = rule.threshold_micros - s.posted_micros - s.pending_micros
    today = local_date(s.now, s.time_zone)
    dated = [(_date(attempt, s), attempt) for attempt in s.state.recent]
    of_today = spent_micros(attempt for date, attempt in dated if date == today)
    of_month = spent_micros(attempt for date, attempt in dated if date[:7] == today[:7])
    room = {
        StopReason.DAILY_LIMIT: (_credit_for(s, rule.daily_limit_micros - of_today), next_day(s.now, s.time_zone)),
        StopReason.MONTHLY_LIMIT: (
            _credit_for(s, rule.monthly_limit_micros - of_month),
            next_month(s.now, s.time_zone),
        ),
        StopReason.TOP_UP_MAXIMUM: (s.maximum_micros // rule.amount_micros * rule.amount_micros, None),
    }
    for code, (credit, until) in room.items():
        if credit <= 0:
            return Stop(code, until)
    amount = min(amount_to_close(rule, gap), *(credit for credit, _ in room.values()))
    return BuyCredit(amount, tax_micros=s.tax.tax_micros(amount))


def _credit_for(s: RechargeContext, gross_micros: int) -> int:
    """The largest multiple of the amount that a card buys for this money; 0 if it buys none."""
    return s.tax.largest_net(gross_micros, s.rule.amount_micros)


def amount_to_close(rule: Rule, gap: int) -> int:
    """The smallest multiple of the amount that closes a gap, in micro-dollars; 0 without a gap."""
    return -(-max(gap, 0) // rule.amount_micros) * rule.amount_micros


def _since(s: RechargeContext, span: timedelta) -> list[Attempt]:
    oldest = format_instant(s.now - span)
    return [attempt for attempt in s.state.recent if attempt.at > oldest]


def _after(attempt: Attempt, span: timedelta) -> str:
    return format_instant(datetime.fromisoformat(attempt.at) + span)


def _date(attempt: Attempt, s: RechargeContext) -> str:
    return local_date(datetime.fromisoformat(attempt.at), s.time_zone)


def armed_threshold(rule: Rule, state: State, now: datetime) -> int | None:
    """The threshold from which headroom is measured; None while a falling balance must not wake the recharge."""
    waits = state.next_attempt_at is not None and state.next_attempt_at > format_instant(now)
    if not rule.enabled or state.suspended_reason is not None or waits:
        return None
    if state.stopped in NEED_ANOTHER_CARD_OR_AMOUNT and state.next_attempt_at is None:
        return None
    return rule.threshold_micros
