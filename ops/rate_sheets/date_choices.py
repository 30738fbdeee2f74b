"""Proposes the order of dates, and the date of prices that a sentence states."""

import re
from collections.abc import Callable, Sequence
from typing import Final

from ops.rate_sheets import dates
from ops.rate_sheets.prose import day_of, stated_dates

Add = Callable[[str, str, str], None]
Decide = Callable[[str, str], None]
_STATED: Final = {
    dates.DAY_FIRST: re.compile(r"\bdd?[-/. ]mm?[-/. ]yy", re.IGNORECASE),
    dates.MONTH_FIRST: re.compile(r"\bmm?[-/. ]dd?[-/. ]yy", re.IGNORECASE),
}


def write_dates(
    cells: Sequence[str], headers: Sequence[str], prose: Sequence[str], add: Add, decide: Decide, *, has_dates: bool
) -> None:
    """Give what the dates, their headers (`DD/MM/YYYY`), and the sentences show to `add` (key, value, doubt), and what
    is open to `decide`.
    """
    orders = [dates.possible_orders(text) for text in cells]
    ordered = [order for order in orders if len(order) < len(dates.ORDERS)]
    common = frozenset.intersection(*ordered) if ordered else frozenset()
    stated = {order for order, pattern in _STATED.items() if any(map(pattern.search, (*headers, *prose)))}
    if len(stated & common) == 1 == len(stated):
        common &= stated
    if ordered and len(common) != 1:
        example = next(text for text, order in zip(cells, orders, strict=True) if len(order) < len(dates.ORDERS))
        decide("date_order", f'dates such as {example}; write "DMY" if the day comes first, "MDY" if the month does')
    elif common:
        add("date_order", next(iter(common)), "")
    if not has_dates:
        _write_stated_date(prose, next(iter(common), ""), add, decide)


def _write_stated_date(prose: Sequence[str], order: str, add: Add, decide: Decide) -> None:
    stated = [(text, found) for text in prose for found in stated_dates(text)]
    orders = frozenset.intersection(*(dates.possible_orders(found) for _, found in stated)) if stated else frozenset()
    order = order or (next(iter(orders)) if len(orders) == 1 else "")
    day = next(filter(None, (day_of(found, order) for _, found in stated)), None)
    if day is not None:
        add("effective_from", day.isoformat(), f'from "{stated[0][0][:60]}"'.replace("\n", " "))
    elif stated:
        decide("effective_from", f'"{stated[0][0][:60]}" does not show which number is the month'.replace("\n", " "))
