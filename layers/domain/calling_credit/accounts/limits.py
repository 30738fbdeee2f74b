"""Limits against toll fraud: spend per day, price per call, simultaneous calls, and destinations. The defaults apply to
every account. Parsing, views, and stored form.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from calling_credit.accounts.caps import CAPS, parse_cap, show_cap
from calling_credit.accounts.places import names_place, parse_allowed_places, parse_places
from calling_credit.errors import InvalidValue, ProblemCode
from calling_credit.money import MICROS_PER_DOLLAR, format_money, parse_money
from calling_credit.rates.deck import RateRow
from calling_credit.rates.pricing import billed_seconds, unrounded_price

MAX_LIMIT_MICROS: Final = 1_000_000 * MICROS_PER_DOLLAR
MAX_SIMULTANEOUS_CALLS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of an account, money in micro-dollars.

    Places are countries (`CU`) or prefixes (`+1900`). Calls to `blocked` places are refused. A call whose first billed
    minute, fee included, or whose billed minute in any rate step costs more than `high_cost_micros` is refused unless
    `high_cost_allowed` names its place. The caps are None while they are off (`accounts.caps`).
    """

    daily_spend_micros: int = 200 * MICROS_PER_DOLLAR
    call_price_micros: int = 50 * MICROS_PER_DOLLAR
    simultaneous_calls: int = 30
    high_cost_micros: int = 2 * MICROS_PER_DOLLAR
    blocked: tuple[str, ...] = ()
    high_cost_allowed: tuple[str, ...] = ()
    daily_top_up_micros: int = 2_000 * MICROS_PER_DOLLAR
    first_country_cap_micros: int | None = None
    young_money_cap_micros: int | None = None

    def blocks(self, digits: str, country: str) -> bool:
        """Whether calls to this number (digits, no +) of this country are refused."""
        return names_place(self.blocked, digits, country)

    def refuses_cost(self, row: RateRow, digits: str, public_minute: int = 0) -> bool:
        """Whether the destination has a high cost and is not allowed."""
        if not self.is_high_cost(row, public_minute):
            return False
        return not names_place(self.high_cost_allowed, digits, row.country)

    def is_high_cost(self, row: RateRow, public_minute: int = 0) -> bool:
        """Whether a billed minute, or that of the deck (`public_minute`, in the unit of `dearest_minute`), exceeds the
        high-cost limit.
        """
        return max(dearest_minute(row), public_minute) > 60 * self.high_cost_micros


def dearest_minute(row: RateRow) -> int:
    """The price of the first billed minute, fee included, or of a billed minute in a later step if that costs more, in
    sixtieths of a micro-dollar.
    """
    later = (billed_seconds(60, 0, step.increment_seconds) * step.rate_micros_per_minute for step in row.rate_steps)
    return max(unrounded_price(row, 60), *later) if row.rate_steps else unrounded_price(row, 60)


DEFAULT_LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class AccountLimits:
    """The operator's limits, the customer's in their stored form, whether the account is frozen, and the version of the
    customer's limits.
    """

    operator: Limits
    customer: dict[str, Any]
    is_frozen: bool
    version: int = 0


def parse_limits(fields: object, current: Limits) -> Limits:
    """Parse the operator's `{daily_spend?, call_price?, simultaneous_calls?, high_cost?, blocked?, high_cost_allowed?,
    daily_top_up?, first_country_cap?, young_money_cap?}`. Absent fields keep their value; null restores the default.

    Raises:
        InvalidValue: invalid_limits, invalid_amount, amount_out_of_range, invalid_place.
    """
    if not isinstance(fields, dict) or set(fields) - set(_OPERATORS_FIELDS):
        raise InvalidValue(
            ProblemCode.INVALID_LIMITS, f"limits must be an object with any of {', '.join(_OPERATORS_FIELDS)}."
        )
    changes = {}
    for name, value in fields.items():
        attribute, parse, _ = _OPERATORS_FIELDS[name]
        changes[attribute] = getattr(DEFAULT_LIMITS, attribute) if value is None else parse(name, value)
    return replace(current, **changes)


def parse_customer_limits(fields: dict[str, Any], current: Mapping[str, Any], operator: Limits) -> dict[str, Any]:
    """Parse a customer's limits into their stored form. Numbers must not exceed the operator's; null removes the
    customer's limit, and so does an empty list. Customers may block any place, and allow high-cost places.

    Raises:
        InvalidValue: invalid_limits, invalid_amount, amount_out_of_range, invalid_place, above_operators_limit.
    """
    parsed = parse_limits({name: value for name, value in fields.items() if value is not None}, operator)
    limits = dict(current)
    for name, value in fields.items():
        attribute, _, show = _field(name)
        if value in (None, []):
            if limits.get(attribute) != []:  # An earlier release stored empty lists.
                limits.pop(attribute, None)
            continue
        new, maximum = getattr(parsed, attribute), getattr(operator, attribute)
        if not isinstance(new, tuple) and new > maximum:
            detail = f"{name} must be at most {show(maximum)} for this account. Ask your provider to raise it."
            raise InvalidValue(ProblemCode.ABOVE_OPERATORS_LIMIT, detail)
        limits[attribute] = list(new) if isinstance(new, tuple) else new
    return limits


def _field(name: str) -> tuple[str, Callable[[str, object], Any], Callable[[Any], Any]]:
    if name not in _FIELDS:
        raise InvalidValue(ProblemCode.INVALID_LIMITS, f"Unknown limit. The limits are {', '.join(_FIELDS)}.")
    return _FIELDS[name]


def customer_limits_view(customer: Mapping[str, Any]) -> dict[str, Any]:
    """The customer's limits as the API shows them."""
    return {name: show(customer[attribute]) for name, (attribute, _, show) in _FIELDS.items() if attribute in customer}


def limits_view(limits: Limits) -> dict[str, Any]:
    """Limits as the API shows them."""
    return {name: show(getattr(limits, attribute)) for name, (attribute, _, show) in _FIELDS.items()}


def operators_limits_view(limits: Limits) -> dict[str, Any]:
    """Limits as the operator's API shows them."""
    return {name: show(getattr(limits, attribute)) for name, (attribute, _, show) in _OPERATORS_FIELDS.items()}


def account_limits_view(limits: AccountLimits) -> dict[str, Any]:
    """The limits that apply, the operator's, and the customer's own, as staff see them."""
    return {
        "effective": limits_view(effective_limits(limits_to_item(limits.operator), limits.customer)),
        "operator": operators_limits_view(limits.operator),
        "own": customer_limits_view(limits.customer),
        "own_version": limits.version,
    }


def limits_to_item(limits: Limits) -> dict[str, Any] | None:
    """The stored form without the caps: only values unlike the defaults, so that new defaults reach every account."""
    changed = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in asdict(limits).items()
        if name not in CAPS and value != getattr(DEFAULT_LIMITS, name)
    }
    return changed or None


def caps_to_item(limits: Limits) -> dict[str, Any] | None:
    """The stored form of the caps; None if both are off. They are apart from the limits because the previous release
    reads no others there.
    """
    caps = {name: getattr(limits, name) for name in CAPS}
    return {name: micros for name, micros in caps.items() if micros is not None} or None


def limits_from_item(stored: Mapping[str, Any] | None, caps: Mapping[str, Any] | None = None) -> Limits:
    """The limits of their stored form."""
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in (stored or {}).items()
    }
    values |= {name: int(micros) for name, micros in (caps or {}).items() if name in CAPS}
    return Limits(**values)


def effective_limits(
    stored: Mapping[str, Any] | None, customer: Mapping[str, Any] | None, caps: Mapping[str, Any] | None = None
) -> Limits:
    """Combine the operator's limits (`stored`, `caps`) and the customer's: the lower numbers, the places of both."""
    limits = limits_from_item(stored, caps)
    combined: dict[str, Any] = {
        name: tuple(sorted({*getattr(limits, name), *value}))
        if isinstance(value, list)
        else min(getattr(limits, name), value)
        for name, value in (customer or {}).items()
    }
    return replace(limits, **combined)


def _money(name: str, value: object) -> int:
    micros = parse_money(value, field=name, decimals=4)
    if not 0 <= micros <= MAX_LIMIT_MICROS:
        maximum = format_money(MAX_LIMIT_MICROS)
        raise InvalidValue(ProblemCode.AMOUNT_OUT_OF_RANGE, f"{name} must lie between 0.00 and {maximum} US dollars.")
    return micros


def _count(name: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_SIMULTANEOUS_CALLS:
        raise InvalidValue(
            ProblemCode.INVALID_LIMITS, f"{name} must be a whole number from 0 to {MAX_SIMULTANEOUS_CALLS}."
        )
    return value


_FIELDS: Final[dict[str, tuple[str, Callable[[str, object], Any], Callable[[Any], Any]]]] = {
    "daily_spend": ("daily_spend_micros", _money, format_money),
    "call_price": ("call_price_micros", _money, format_money),
    "simultaneous_calls": ("simultaneous_calls", _count, int),
    "high_cost": ("high_cost_micros", _money, format_money),
    "blocked": ("blocked", parse_places, list),
    "high_cost_allowed": ("high_cost_allowed", parse_allowed_places, list),
}
_OPERATORS_FIELDS: Final = (
    _FIELDS
    | {"daily_top_up": ("daily_top_up_micros", _money, format_money)}
    | {name.removesuffix("_micros"): (name, parse_cap, show_cap) for name in CAPS}
)
"""Only the operator sets these. `daily_top_up` limits manual payments: customers do not pay more than they want to. The
caps guard against a stolen sign-in and a stolen card, so no sign-in of a customer may loosen them.
"""
