"""The rest of the included minutes of an account and its lines, as customers see it. Reads nothing itself."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from calling_credit.accounts.bundles import OwnBundle
from calling_credit.accounts.minute_counters import MinuteCounter
from calling_credit.rates.deck import RateRow


@dataclass(frozen=True, slots=True)
class BundleLeft:
    """A bundle and what it has left in the running month. Below zero, calls without a hold took more than was left."""

    own: OwnBundle
    left_seconds: int


def bundles_left(bundles: Sequence[OwnBundle], counters: Iterable[MinuteCounter], month: str) -> tuple[BundleLeft, ...]:
    """What each bundle has left. One without a counter has all its minutes."""
    left = {counter.name: counter.left_seconds for counter in counters}
    return tuple(BundleLeft(own, left.get(own.counter(month), 60 * own.bundle.minutes)) for own in bundles)


def included_minutes_view(
    bundles: Sequence[BundleLeft], line_numbers: Mapping[str, str] = MappingProxyType({})
) -> list[dict[str, Any]]:
    """`[{name, left_minutes, left_seconds, minutes, line_id?, line_number?}]`, in whole minutes, rounded down."""
    return [
        {
            "name": one.own.bundle.name,
            "left_minutes": max(0, one.left_seconds) // 60,
            "left_seconds": max(0, one.left_seconds),
            "minutes": one.own.bundle.minutes,
            **_line(one.own.line_id, line_numbers),
        }
        for one in bundles
    ]


def _line(line_id: str | None, line_numbers: Mapping[str, str]) -> dict[str, str]:
    return {} if line_id is None else {"line_id": line_id, "line_number": line_numbers[line_id]}


def left_for_call(bundles: Sequence[BundleLeft], row: RateRow, call: Mapping[str, Any]) -> int:
    """The seconds for the next call like this one: of the first bundle that covers it and has some left."""
    of_line = [one for one in bundles if one.own.line_id is not None and one.own.line_id == call["line_id"]]
    own = [*of_line, *(one for one in bundles if one.own.line_id is None)]
    left = (one.left_seconds for one in own if one.own.bundle.covers(row, str(call["to"])))
    return next((seconds for seconds in left if seconds > 0), 0)
