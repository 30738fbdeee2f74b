"""Which changes of lines and limits loosen an account. A frozen account refuses these, and accepts all others.

A change is judged by the customer's own settings, not by their present effect: a limit that the operator's lower limit
hides today would apply again once the operator raises theirs.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, Final

from calling_credit.accounts.limits import Limits
from calling_credit.budgets.budget import Budget

_BLOCKED: Final = "blocked"
_ALLOWED: Final = "high_cost_allowed"


def line_loosens(before: bool, after: bool) -> bool:
    """Whether a change of a line's international calling turns it on."""
    return after and not before


def budget_loosens(before: Budget | None, after: Budget | None) -> bool:
    """Whether a change of a budget could admit a call that was refused before: it ends or raises a budget that refuses
    calls, or only announces it from now on.
    """
    if before is None or not before.refuses:
        return False
    if after is None or not after.refuses:
        return True
    return (after.monthly_micros or 0) > (before.monthly_micros or 0)


def limits_loosen(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether a change of the customer's limits, in their stored form, could admit a call that was refused before: a
    higher or removed number, an unblocked place, or another allowed high-cost place.
    """
    return bool(loosened_limits(before, after))


def loosened_limits(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """The limits, as the API names them, that a change of stored limits loosens."""
    names = sorted(before.keys() | after.keys())
    return tuple(name.removesuffix("_micros") for name in names if _loosens(name, before, after))


def loosened_operators_limits(before: Limits, after: Limits) -> tuple[str, ...]:
    """The limits, as the API names them, that a change of the operator's limits loosens."""
    old, new = asdict(before), asdict(after)
    return tuple(name.removesuffix("_micros") for name in old if _loosens(name, old, new))


def _loosens(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    if name == _BLOCKED:
        return _has_uncovered(before.get(name, ()), after.get(name, ()))
    if name == _ALLOWED:
        return _has_uncovered(after.get(name, ()), before.get(name, ()))
    old, new = before.get(name), after.get(name)
    return old is not None and (new is None or new > old)


def _has_uncovered(places: Iterable[str], covering: Iterable[str]) -> bool:
    """Whether a place is not covered by others: +44 covers +447, and a country covers only itself."""
    prefixes = tuple(place for place in covering if place.startswith("+"))
    countries = {place for place in covering if not place.startswith("+")}
    return any(not place.startswith(prefixes) if place.startswith("+") else place not in countries for place in places)
