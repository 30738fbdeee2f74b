"""How long the balance lasts at the pace of the last days, and how many minutes of the most called destinations it is
good for. Whole numbers; reads nothing itself.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from calling_credit.categories import RESERVED_CATEGORIES
from calling_credit.dynamodb import keys
from calling_credit.money import format_money
from calling_credit.rates.deck import INCLUDED_CATEGORY, Deck, RateRow
from calling_credit.rates.pricing import PRICE_STEP_MICROS, billed_seconds, price_micros

BASIS_DAYS: Final = 7
"""The whole days before today whose pace is taken; fewer if calls began later."""
DESTINATIONS: Final = 3
CALLS_LOOKED_AT: Final = 1_000
"""The latest calls among which the most called destinations are found."""
MOST_DAYS: Final = 3_650


@dataclass(frozen=True, slots=True)
class Pace:
    """What calls cost in `days` whole days (1 and today's so far, if there were none before)."""

    spent_micros: int
    days: int


def basis(today: date) -> tuple[date, date]:
    """The local dates a forecast looks at, both inclusive."""
    return today - timedelta(days=BASIS_DAYS), today


def pace(days: Iterable[Mapping[str, Any]], today: date) -> Pace:
    """The pace of calls by DAY items of `basis(today)`: from the first of them with calls to yesterday."""
    by_date: dict[str, int] = {}
    for item in days:
        if keys.id_of(item["SK"]) not in RESERVED_CATEGORIES:
            by_date[keys.date_of(item["SK"])] = by_date.get(keys.date_of(item["SK"]), 0) - item["total_micros"]
    before = {day: spent for day, spent in by_date.items() if day < today.isoformat()}
    if not before:
        return Pace(by_date.get(today.isoformat(), 0), 1)
    return Pace(sum(before.values()), (today - date.fromisoformat(min(before))).days)


def lasts_until(available_micros: int, found: Pace, today: date) -> date | None:
    """The day on which the balance is used up; None if nothing is spent, or it lasts for more than ten years."""
    if found.spent_micros <= 0:
        return None
    days = max(0, available_micros) * found.days // found.spent_micros
    return today + timedelta(days=days) if days <= MOST_DAYS else None


def minutes_left(available_micros: int, row: RateRow) -> int | None:
    """The whole minutes of one call that the balance pays for, fee and increments included; None if they cost
    nothing.
    """

    def price(minutes: int) -> int:
        billed = billed_seconds(60 * minutes, row.minimum_seconds, row.increment_seconds)
        return price_micros(billed, row.rate_micros_per_minute, row.connection_fee_micros)

    if row.rate_micros_per_minute == 0:
        return None
    least, beyond = 0, (max(0, available_micros) + PRICE_STEP_MICROS) // row.rate_micros_per_minute + 2
    while beyond - least > 1:
        middle = (least + beyond) // 2
        least, beyond = (middle, beyond) if price(middle) <= available_micros else (least, middle)
    return least


def most_called(calls: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The latest call to each of the most called destinations, the most called first; `calls` are newest first."""
    counted: dict[str, int] = {}
    latest: dict[str, Mapping[str, Any]] = {}
    for call in calls:
        counted[call["destination"]] = counted.get(call["destination"], 0) + 1
        latest.setdefault(call["destination"], call)
    ranked = sorted(counted, key=lambda destination: (-counted[destination], destination))
    return [latest[destination] for destination in ranked[:DESTINATIONS]]


def forecast_view(
    available_micros: int, found: Pace, calls: Iterable[Mapping[str, Any]], deck: Deck, at: str, today: date
) -> dict[str, Any]:
    """`{daily_spend, lasts_until, basis_days, destinations: [{destination, rate_per_minute, minutes_left}]}`, by the
    prices in effect `at`.
    """
    ends = lasts_until(available_micros, found, today)
    destinations = []
    for call in most_called(calls):
        row = deck.find(call["prefix"], call["origin"], at)
        minutes = minutes_left(available_micros, row) if row and row.category != INCLUDED_CATEGORY else None
        if row is not None and minutes is not None:
            rate = format_money(row.rate_micros_per_minute)
            destinations.append({"destination": row.destination, "rate_per_minute": rate, "minutes_left": minutes})
    return {
        "daily_spend": format_money(found.spent_micros // found.days) if found.spent_micros > 0 else None,
        "lasts_until": None if ends is None else ends.isoformat(),
        "basis_days": found.days,
        "destinations": destinations,
    }
