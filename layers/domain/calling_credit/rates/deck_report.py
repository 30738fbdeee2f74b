"""A deck is judged the same way whoever publishes it: what is wrong with it, what looks wrong, what it would change.
Reads no file and writes none.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from calling_credit.money import format_money
from calling_credit.rates.deck import Deck, RateRow
from calling_credit.rates.deck_csv import DeckError, ReportProgress, parse_deck
from calling_credit.rates.deck_diff import DeckChanges, DeckWarning, Repriced, compare, warnings_of
from calling_credit.rates.deck_impact import Impact

MOST_ERRORS: Final = 10_000
MOST_LISTED: Final = 200
"""A report counts everything and lists this many of each kind, and of errors rather more."""


@dataclass(slots=True)
class Judged:
    """What is to be said of a deck: it has errors, or it is a deck with warnings and changes."""

    version: str
    errors: list[DeckError] = field(default_factory=list)
    deck: Deck | None = None
    warnings: list[DeckWarning] = field(default_factory=list)
    changes: DeckChanges | None = None
    impact: Impact | None = None


def judge(data: bytes, version: str, before: Deck | None, at: str, tell: ReportProgress | None = None) -> Judged:
    """Judge a deck's CSV beside the active deck (None if there is none) at an instant."""
    deck = parse_deck(data, version, tell)
    if isinstance(deck, list):
        return Judged(version, errors=deck)
    return Judged(version, deck=deck, warnings=warnings_of(deck), changes=compare(before, deck, at))


def report(judged: Judged, outcome: str, at: str, detail: str = "") -> dict[str, Any]:
    """What became of a deck, as JSON: `outcome`, counts of everything, and the beginning of each list."""
    said: dict[str, Any] = {"outcome": outcome, "version": judged.version, "at": at}
    if detail:
        said["detail"] = detail
    said |= {"error_count": len(judged.errors), "errors": [error_view(error) for error in judged.errors[:MOST_ERRORS]]}
    if judged.deck is not None:
        said |= {"rows": len(judged.deck.rows), "categories": dict(Counter(row.category for row in judged.deck.rows))}
    said["warning_count"] = len(judged.warnings)
    said["warnings"] = [
        {"prefix": one.prefix, "code": one.code, "detail": one.detail} for one in judged.warnings[:MOST_LISTED]
    ]
    if judged.changes is not None:
        said |= {"changes": judged.changes.counts(), "lists": lists(judged.changes)}
    if judged.impact is not None:
        said["last_calls"] = judged.impact.view()
    return said


def error_view(error: DeckError) -> dict[str, str | int]:
    """One error: row (line of the file), column, code, detail."""
    return {"line": error.line, "column": error.column, "code": error.code, "detail": error.detail}


def lists(changes: DeckChanges) -> dict[str, list[dict[str, Any]]]:
    """The beginning of each list of changes."""
    plain: dict[str, Sequence[RateRow]] = {
        "added": changes.added,
        "removed": changes.removed,
        "announced": changes.announced,
        "not_yet_covered": changes.uncovered,
    }
    found: dict[str, list[dict[str, Any]]] = {
        name: [_row_view(row) for row in rows[:MOST_LISTED]] for name, rows in plain.items()
    }
    found["repriced"] = [_repriced_view(one) for one in changes.repriced[:MOST_LISTED]]
    return found


def price_text(row: RateRow) -> str:
    """A row's price in a few characters."""
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


def _repriced_view(one: Repriced) -> dict[str, Any]:
    return {**_row_view(one.after), "way": one.way, "before": price_text(one.before)}
