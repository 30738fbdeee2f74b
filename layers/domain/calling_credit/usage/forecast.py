"""How long the balance lasts at the recent pace, and how many minutes it pays for to the most called destinations.

It uses integers and reads nothing itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from calling_credit.categories import RESERVED_CATEGORIES
from calling_credit.dynamodb import keys
from calling_credit.money import format_money
from calling_credit.rates.covered_calls import rest_row
from calling_credit.rates.deck import INCLUDED_CATEGORY, Deck, RateRow
from calling_credit.rates.pricing import affordable_call
from calling_credit.usage.included_minutes import BundleLeft, left_for_call

BASIS_DAYS: Final = 7
"""The pace is measured over this many whole days before today, or fewer if calls began later."""
DESTINATIONS: Final = 3
MAX_CALLS: Final = 1_000
"""The number of latest calls that determine the most called destinations."""
MAX_QUERIES: Final = 2
"""The queries that read these calls; entries that are no calls leave fewer."""
MAX_DAYS: Final = 3_650
ANY_LENGTH: Final = 1 << 60
"""Seconds: a call that the balance pays for to this length has no end."""


@dataclass(frozen=True, slots=True)
class Pace:
    """The cost of the calls of `days` whole days; without earlier days, of today so far."""

    spent_micros: int
    days: int

    @property
    def daily_micros(self) -> int:
        """The average cost of a day."""
        return self.spent_micros // self.days


def basis(today: date) -> tuple[date, date]:
    """Return the first and last local date of a forecast's data, both inclusive."""
    return today - timedelta(days=BASIS_DAYS), today


def pace(days: Iterable[Mapping[str, Any]], today: date) -> Pace:
    """Return the pace from the DAY items of `basis(today)`: from the first day with calls to yesterday."""
    by_date: dict[str, int] = {}
    for item in days:
        if keys.id_of(item["SK"]) not in RESERVED_CATEGORIES:
            by_date[keys.date_of(item["SK"])] = by_date.get(keys.date_of(item["SK"]), 0) - item["total_micros"]
    before = {day: spent for day, spent in by_date.items() if day < today.isoformat()}
    if not before:
        return Pace(by_date.get(today.isoformat(), 0), 1)
    return Pace(sum(before.values()), (today - date.fromisoformat(min(before))).days)


def depletion_date(available_micros: int, recent: Pace, today: date) -> date | None:
    """Return the day on which the balance is used up; None if it is used up already, nothing is spent, or it lasts over
    ten years.
    """
    if recent.spent_micros <= 0 or available_micros <= 0:
        return None
    days = available_micros * recent.days // recent.spent_micros
    return today + timedelta(days=days) if days <= MAX_DAYS else None


def minutes_left(available_micros: int, row: RateRow) -> int | None:
    """Return the whole minutes of one call that the balance pays for, including fee, increments, and rate steps; None
    if the row is free, or the balance pays for a call of any length.
    """
    if row.rate_micros_per_minute == 0 and not row.rate_steps:
        return None
    seconds = affordable_call(row, available_micros, ANY_LENGTH)
    return None if seconds == ANY_LENGTH else seconds // 60


def top_destinations(calls: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the latest call to each of the most called destinations, most called first; `calls` are newest first."""
    counts: dict[str, int] = {}
    latest: dict[str, Mapping[str, Any]] = {}
    for call in calls:
        counts[call["destination"]] = counts.get(call["destination"], 0) + 1
        latest.setdefault(call["destination"], call)
    ranked = sorted(counts, key=lambda destination: (-counts[destination], destination))
    return [latest[destination] for destination in ranked[:DESTINATIONS]]


def forecast_view(
    available_micros: int,
    recent: Pace,
    calls: Iterable[Mapping[str, Any]],
    deck: Deck | None,
    at: str,
    today: date,
    *,
    recharges: bool,
    minutes: Sequence[BundleLeft] = (),
) -> dict[str, Any]:
    """Return `{daily_spend, lasts_until, basis_days, destinations: [{destination, rate_per_minute, minutes_left,
    included_minutes?}], recharges}` by the prices in effect at an instant. Without a deck, it names no destinations.
    `recharges`: automatic recharge keeps the balance up, so it lasts until no day. `minutes`: included minutes that are
    left count toward those of a destination that they cover. Covered calls cost nothing, so the pace is lower already.
    """
    ends = None if recharges else depletion_date(available_micros, recent, today)
    destinations: list[dict[str, Any]] = []
    for call in top_destinations(calls) if deck is not None else ():
        row = deck.find(call["prefix"], call["origin"], at) if deck is not None else None
        if row is None or row.category == INCLUDED_CATEGORY:
            continue
        included = left_for_call(minutes, row, call) // 60
        paid = minutes_left(available_micros, rest_row(row, 60 * included) if included else row)
        if paid is not None:
            rate = format_money(row.rate_micros_per_minute)
            found = {"destination": row.destination, "rate_per_minute": rate, "minutes_left": included + paid}
            destinations.append(found | ({"included_minutes": included} if included else {}))
    return {
        "daily_spend": format_money(recent.daily_micros) if recent.spent_micros > 0 else None,
        "lasts_until": None if ends is None else ends.isoformat(),
        "basis_days": recent.days,
        "destinations": destinations,
        "recharges": recharges,
    }
