"""The automatic recharge rule as customers set and see it: parsing of PUT, views of GET, and messages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from calling_credit.errors import InvalidValue, ProblemCode
from calling_credit.instants import format_instant
from calling_credit.money import MICROS_PER_DOLLAR, Bounds, format_money, parse_money
from calling_credit.recharge import acceptance, attempts, decision
from calling_credit.recharge.arming import is_arming
from calling_credit.recharge.attempts import State
from calling_credit.recharge.decision import Rule
from calling_credit.recharge.rule_tax import start_tax
from calling_credit.recharge.suspensions import forgive_refunds
from calling_credit.recharge.words import message_of
from calling_credit.tax.calculation import NO_TAX, Taxation
from calling_credit.topups.parsing import parse_payment_method_id
from calling_credit.topups.topup import Card

MAX_THRESHOLD_MICROS: Final = 10_000 * MICROS_PER_DOLLAR
MAX_LIMIT_MICROS: Final = 10_000 * MICROS_PER_DOLLAR
MAX_HOURLY_COUNT: Final = 20


class RechargeStatus(StrEnum):
    """The state of automatic recharge that customers see."""

    DISABLED = "disabled"
    ACTIVE = "active"
    CHARGING = "charging"
    PAUSED = "paused"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class RuleSettings:
    """The settings of a PUT, before the card is checked."""

    enabled: bool
    threshold_micros: int
    amount_micros: int
    payment_method_id: str
    hourly_count: int
    daily_limit_micros: int
    monthly_limit_micros: int


def parse_rule_settings(
    body: dict[str, Any], current: Rule | None, bounds: Bounds, tax: Taxation = NO_TAX
) -> RuleSettings:
    """Parse `{enabled, threshold, amount, payment_method_id, hourly_count?, daily_limit?, monthly_limit?}`. Absent
    fields keep their value; limits that were never set have defaults. The limits of a rule that is on must allow the
    amount with its tax, if that can be calculated.

    Raises:
        InvalidValue: missing_field, invalid_field, invalid_amount, amount_out_of_range, invalid_payment_method,
            limit_below_amount.
    """
    fields = _settings_view(current) | {name: value for name, value in body.items() if value is not None}
    enabled = fields.get("enabled")
    if not isinstance(enabled, bool):
        code = ProblemCode.MISSING_FIELD if enabled is None else ProblemCode.INVALID_FIELD
        raise InvalidValue(code, "enabled must be true or false.")
    for name in ("threshold", "amount"):
        if name not in fields:
            raise InvalidValue(ProblemCode.MISSING_FIELD, f'{name} is missing; send a decimal string such as "25.00".')
    settings = RuleSettings(
        enabled,
        _money(fields, "threshold", MAX_THRESHOLD_MICROS),
        _amount(fields, current, bounds),
        parse_payment_method_id(fields),
        _hourly_count(fields.get("hourly_count", decision.DEFAULT_HOURLY_COUNT)),
        _money(fields, "daily_limit", MAX_LIMIT_MICROS),
        _money(fields, "monthly_limit", MAX_LIMIT_MICROS),
    )
    for name, limit in (("daily_limit", settings.daily_limit_micros), ("monthly_limit", settings.monthly_limit_micros)):
        if limit < _least_charge(settings, tax):
            taxed = f" plus {tax.percent} % tax" if tax.is_due else ""
            detail = f"{name} is below amount{taxed}, so no recharge could happen; raise it, or lower amount."
            raise InvalidValue(ProblemCode.LIMIT_BELOW_AMOUNT, detail)
    return settings


def _least_charge(settings: RuleSettings, tax: Taxation) -> int:
    """What a card pays for the amount. The tax is left out of a rule that is off, which can always be stored."""
    amount = settings.amount_micros
    return tax.gross_micros(amount) if settings.enabled and tax.is_available else amount


def apply_settings(
    settings: RuleSettings,
    card: Card,
    rule: Rule | None,
    state: State,
    now: datetime,
    accepted_micros: int | None = None,
    tax: Taxation = NO_TAX,
) -> tuple[Rule, State]:
    """Apply new settings: the new rule and its state. Another card ends a suspension, switching on again ends a soft
    one, and the limits are checked again; a back-off continues. `accepted_micros` limits the first charge. Arming
    begins the tax on the rule's charges.
    """
    new = Rule(
        enabled=settings.enabled,
        threshold_micros=settings.threshold_micros,
        amount_micros=settings.amount_micros,
        payment_method_id=card.payment_method_id,
        brand=card.brand,
        last4=card.last4,
        fingerprint=card.fingerprint,
        card_expires=card.expires,
        hourly_count=settings.hourly_count,
        daily_limit_micros=settings.daily_limit_micros,
        monthly_limit_micros=settings.monthly_limit_micros,
        version=rule.version if rule else 0,
    )
    is_new_card = rule is None or rule.payment_method_id != card.payment_method_id
    state = attempts.assign_card(state, card.fingerprint, is_new=is_new_card)
    if settings.enabled and rule is not None and not rule.enabled:
        state = attempts.switch_on(state)
    if is_arming(rule, new):
        state = start_tax(acceptance.arm(forgive_refunds(state), accepted_micros), tax, now)
    elif accepted_micros is not None:
        state = acceptance.accept_charge(state, accepted_micros)
    return new, state if state.is_backing_off(now) else attempts.wake(state)


def _amount(fields: dict[str, Any], current: Rule | None, bounds: Bounds) -> int:
    """The amount to buy. A rule can always be switched off, even if its amount is now out of bounds."""
    micros = parse_money(fields["amount"], decimals=2)
    is_unchanged = current is not None and micros == current.amount_micros and fields["enabled"] is False
    return micros if is_unchanged else bounds.check(micros)


def _money(fields: dict[str, Any], field: str, maximum: int) -> int:
    micros = parse_money(fields[field], field=field, decimals=2)
    if not 0 <= micros <= maximum:
        raise InvalidValue(
            ProblemCode.AMOUNT_OUT_OF_RANGE, f"{field} must lie between 0.00 and {format_money(maximum)} US dollars."
        )
    return micros


def _hourly_count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MAX_HOURLY_COUNT:
        raise InvalidValue(
            ProblemCode.INVALID_FIELD, f"hourly_count must be a whole number from 1 to {MAX_HOURLY_COUNT}."
        )
    return value


def _settings_view(rule: Rule | None) -> dict[str, Any]:
    """The settings in the form of GET and PUT."""
    if rule is None:
        return {
            "hourly_count": decision.DEFAULT_HOURLY_COUNT,
            "daily_limit": format_money(decision.DEFAULT_DAILY_LIMIT_MICROS),
            "monthly_limit": format_money(decision.DEFAULT_MONTHLY_LIMIT_MICROS),
        }
    return {
        "enabled": rule.enabled,
        "threshold": format_money(rule.threshold_micros),
        "amount": format_money(rule.amount_micros),
        "payment_method_id": rule.payment_method_id,
        "hourly_count": rule.hourly_count,
        "daily_limit": format_money(rule.daily_limit_micros),
        "monthly_limit": format_money(rule.monthly_limit_micros),
    }


def rule_view(
    rule: Rule | None, state: State, now: datetime, *, is_closed: bool = False, is_frozen: bool = False
) -> dict[str, Any]:
    """The rule and its state, as `GET /auto-recharge` returns them. `message` puts `reason` into words."""
    nothing = {"enabled": False, "threshold": None, "amount": None, "payment_method_id": None}
    card = None if rule is None else {"brand": rule.brand, "last4": rule.last4}
    return (
        nothing
        | _settings_view(rule)
        | {"payment_method": card, "version": 0 if rule is None else rule.version}
        | status_view(rule, state, now, is_closed=is_closed, is_frozen=is_frozen)
    )


def status_view(
    rule: Rule | None, state: State, now: datetime, *, is_closed: bool = False, is_frozen: bool = False
) -> dict[str, Any]:
    """`{status, reason, message, next_attempt_at}`: status is disabled, suspended, charging, paused or active."""
    status, reason = _status(rule, state, now, is_closed=is_closed, is_frozen=is_frozen)
    next_attempt_at = state.next_attempt_at if status is RechargeStatus.PAUSED else None
    message = None if reason is None or rule is None else message_of(reason, rule.brand, rule.last4)
    return {"status": status, "reason": reason, "message": message, "next_attempt_at": next_attempt_at}


def _status(
    rule: Rule | None, state: State, now: datetime, *, is_closed: bool, is_frozen: bool
) -> tuple[RechargeStatus, str | None]:
    if rule is None or not rule.enabled:
        return RechargeStatus.DISABLED, None
    if is_closed:
        return RechargeStatus.PAUSED, decision.StopReason.ACCOUNT_CLOSED
    if is_frozen:
        return RechargeStatus.PAUSED, decision.StopReason.ACCOUNT_FROZEN
    if state.suspended_reason is not None:
        return RechargeStatus.SUSPENDED, state.suspended_reason
    if state.in_flight is not None:
        return RechargeStatus.CHARGING, decision.StopReason.IN_FLIGHT
    waits = state.next_attempt_at is None or state.next_attempt_at > format_instant(now)
    if state.stopped is not None and waits:
        return RechargeStatus.PAUSED, state.stopped
    return RechargeStatus.ACTIVE, None


def balance_view(
    rule: Rule | None, state: State, now: datetime, *, is_closed: bool = False, is_frozen: bool = False
) -> Mapping[str, Any]:
    """The automatic recharge part of `GET /balance`."""
    view = rule_view(rule, state, now, is_closed=is_closed, is_frozen=is_frozen)
    return {name: view[name] for name in ("enabled", "threshold", "amount", "status", "reason", "next_attempt_at")}
