"""The check of a deck and its report: errors, warnings, and changes. The command and the upload share it.

Reads and writes no file.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from calling_credit.money import format_money
from calling_credit.rates.deck import Deck, RateRow
from calling_credit.rates.deck_csv import DeckError, ReportProgress, parse_deck
from calling_credit.rates.deck_diff import DeckChanges, DeckWarning, PriceDifference, compare, warnings_of
from calling_credit.rates.deck_impact import Impact

MAX_ERRORS: Final = 10_000
MAX_LISTED: Final = 200
"""A report counts everything, but lists at most this many of each kind, and at most `MAX_ERRORS` errors."""


@dataclass(slots=True)
class DeckCheck:
    """The result of a check: errors, or the deck with its warnings and changes."""

    version: str
    errors: list[DeckError] = field(default_factory=list)
    deck: Deck | None = None
    warnings: list[DeckWarning] = field(default_factory=list)
    changes: DeckChanges | None = None
    impact: Impact | None = None


def check_deck(
    data: bytes, version: str, before: Deck | None, at: str, report_progress: ReportProgress | None = None
) -> DeckCheck:
    """Check a deck's CSV and compare it with the active deck (None if there is none) at an instant."""
    deck = parse_deck(data, version, report_progress)
    if isinstance(deck, list):
        return DeckCheck(version, errors=deck)
    return DeckCheck(version, deck=deck, warnings=warnings_of(deck), changes=compare(before, deck, at))


def report(check: DeckCheck, outcome: str, at: str, detail: str = "") -> dict[str, Any]:
    """Return the report as JSON: the outcome, the count of everything, and the beginning of each list."""
    content: dict[str, Any] = {"outcome": outcome, "version": check.version, "at": at}
    if detail:
        content["detail"] = detail
    content["error_count"] = len(check.errors)
    content["errors"] = [error_view(error) for error in check.errors[:MAX_ERRORS]]
    if check.deck is not None:
        content["rows"] = len(check.deck.rows)
        content["categories"] = dict(Counter(row.category for row in check.deck.rows))
    content["warning_count"] = len(check.warnings)
    content["warnings"] = [
        {"prefix": warning.prefix, "code": warning.code, "detail": warning.detail}
        for warning in check.warnings[:MAX_LISTED]
    ]
    if check.changes is not None:
        content |= {"changes": check.changes.counts(), "lists": change_lists(check.changes)}
    if check.impact is not None:
        content["last_calls"] = check.impact.view()
    return content


def error_view(error: DeckError) -> dict[str, str | int]:
    """Return an error as `{line, column, code, detail}`."""
    return {"line": error.line, "column": error.column, "code": error.code, "detail": error.detail}


def change_lists(changes: DeckChanges) -> dict[str, list[dict[str, Any]]]:
    """Return the beginning of each list of changes."""
    rows_by_name: dict[str, Sequence[RateRow]] = {
        "added": changes.added,
        "removed": changes.removed,
        "announced": changes.announced,
        "not_yet_covered": changes.uncovered,
    }
    lists: dict[str, list[dict[str, Any]]] = {
        name: [_row_view(row) for row in rows[:MAX_LISTED]] for name, rows in rows_by_name.items()
    }
    lists["repriced"] = [_difference_view(difference) for difference in changes.repriced[:MAX_LISTED]]
    return lists


def price_text(row: RateRow) -> str:
    """Return the price of a row in a few characters."""
    fee = f" + {format_money(row.connection_fee_micros)}" if row.connection_fee_micros else ""
    return f"{format_money(row.rate_micros_per_minute)}/min{fee} {row.minimum_seconds}/{row.increment_seconds}"


def _row_view(row: RateRow) -> dict[str, Any]:
    return {
        "prefix": row.prefix,
        "origin": row.origin,
        "destination": row.destination,
        "effective_from": row.effective_from,
        "price": price_text(row),
    }


def _difference_view(difference: PriceDifference) -> dict[str, Any]:
    return {**_row_view(difference.after), "way": difference.way, "before": price_text(difference.before)}
