"""Sentences beside the table of a sheet: the currency, dates, and increments that they state."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Final

from ops.rate_sheets import dates
from ops.rate_sheets.amounts import foreign_currency, names_dollars
from ops.rate_sheets.increments import FIND, Increments, parse_increments
from ops.rate_sheets.notes import CellError

_ABOUT_PRICES: Final = re.compile(r"\b(rates?|prices?|tariffs?|currency|charges?|amounts?|all)\b", re.IGNORECASE)
_ABOUT_DATES: Final = re.compile(r"effective|valid|start|from|as of", re.IGNORECASE)
_ABOUT_INCREMENTS: Final = re.compile(
    r"increment|billing|billed|pulse|interval|round|second|minimum|period", re.IGNORECASE
)


def foreign_prices(text: str) -> str:
    """Return the currency other than US dollars in which a sentence states prices; empty if none."""
    currency = foreign_currency(text)
    if not currency or names_dollars(text.replace(currency, "")) or len(text) > 400:
        return ""
    return currency if _ABOUT_PRICES.search(text) or len(text) <= len(currency) + 2 else ""


def foreign_in_name(name: str) -> str:
    """Return the currency other than US dollars that the name of a sheet or file states in capitals; empty if none."""
    currency = foreign_currency(name)
    if not currency or names_dollars(name.replace(currency, "")):
        return ""
    return currency if currency.isupper() or not currency.isalpha() else ""


def states_dollars(text: str) -> bool:
    """Return whether a sentence states that prices are US dollars."""
    return names_dollars(text) and not foreign_currency(text)


def stated_dates(text: str) -> list[str]:
    """Return the dates that a sentence gives as the beginning of prices."""
    return dates.FIND.findall(text) if _ABOUT_DATES.search(text) else []


def day_of(text: str, order: str) -> date | None:
    """Return a date of a sentence; None if its order is unknown."""
    try:
        return dates.parse_day(text, order)
    except CellError:
        return None


def stated_increments(texts: Iterable[str]) -> list[tuple[str, list[Increments]]]:
    """Return the sentences that state billing increments, with them."""
    found = []
    for text in texts:
        pairs = FIND.findall(text) if _ABOUT_INCREMENTS.search(text) else []
        if pairs and len(text) < 600:
            try:
                found.append((text, [parse_increments(f"{minimum}/{increment}") for minimum, increment in pairs]))
            except CellError:
                continue
    return found
