"""The limits of an account by the contract: the operator's and the customer's, what a change loosens, and places."""

from typing import Any

from tests.laws.driver import Driver

DOLLAR = 1_000_000
DEFAULTS: dict[str, Any] = {
    "daily_spend": 200 * DOLLAR,
    "call_price": 50 * DOLLAR,
    "simultaneous_calls": 30,
    "high_cost": 2 * DOLLAR,
    "blocked": [],
    "high_cost_allowed": [],
}
MONEY = ("daily_spend", "call_price", "high_cost")
PLACES = ("blocked", "high_cost_allowed")
Limits = dict[str, Any]
"""Limits by their names in the API; money in micro-dollars."""


def stored(limits: Limits) -> Limits:
    """The stored form of limits."""
    return {f"{name}_micros" if name in MONEY else name: value for name, value in limits.items()}


def operators_limits(driver: Driver, account: str) -> Limits:
    """The limits of an account as the operator last set them."""
    return {**DEFAULTS, **driver.limits.get(account, {})}


def limits_of(driver: Driver, account: str) -> Limits:
    """The limits that apply: the lower numbers, and the places of both."""
    limits = operators_limits(driver, account)
    for name, value in own_limits_of(driver, account).items():
        limits[name] = limits[name] + value if name in PLACES else min(limits[name], value)
    return limits


def own_limits_of(driver: Driver, account: str) -> Limits:
    """The customer's limits."""
    own = (driver.model.get(account, "ACCOUNT") or {}).get("own_limits") or {}
    return {name.removesuffix("_micros"): value for name, value in own.items()}


def names(places: list[str], number: str, country: str) -> bool:
    """Whether places name a number of a country."""
    return any(number.startswith(place) if place[0] == "+" else place == country for place in places)


def loosens(before: Limits, after: Limits) -> bool:
    """Whether a change of a customer's limits could admit a call that was refused before."""
    higher = [name for name in before if name not in PLACES and after.get(name, before[name] + 1) > before[name]]
    unblocked = uncovered(before.get("blocked", []), after.get("blocked", []))
    return bool(
        higher or unblocked or uncovered(after.get("high_cost_allowed", []), before.get("high_cost_allowed", []))
    )


def uncovered(places: list[str], covering: list[str]) -> list[str]:
    """The places that no other covers: a prefix covers those that begin with it, and a country itself."""
    return [
        one
        for one in places
        if not any(one == other or (other[0] == "+" and one.startswith(other)) for other in covering)
    ]
