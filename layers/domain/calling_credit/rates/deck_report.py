"""The check of a deck and its report: errors, warnings, findings, and changes. The command and the upload share it.

Reads and writes no file.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from calling_credit.money import format_money
from calling_credit.rates.allowance import NEXT_STEPS
from calling_credit.rates.deck import Deck, RateRow
from calling_credit.rates.deck_codes import DeckWarning, GuardCode
from calling_credit.rates.deck_csv import DeckError, ReportProgress, collector_paused, read_deck_file
from calling_credit.rates.deck_diff import DeckChanges, PriceDifference, compare_pair, warnings_of_pair
from calling_credit.rates.deck_impact import Impact
from calling_credit.rates.deck_pair import pair_decks
from calling_credit.rates.findings import HOME, Finding, Judgement, Sample
from calling_credit.rates.guard import judge_pair
from calling_credit.rates.home_numbers import HomeNumbers

MAX_ERRORS: Final = 10_000
MAX_LISTED: Final = 200
"""A report counts everything, but lists at most this many of each kind, and at most `MAX_ERRORS` errors."""


@dataclass(slots=True)
class DeckCheck:
    """The result of a check: errors, or the deck with its warnings, findings, and changes.

    `base` is the version that it was compared with, empty for the first deck. `named_base` is the version that the file
    names as its base, if it does. `obstacle` says why it could not be compared. `beside` has the versions of the price
    lists that were checked with it (for a list: of the deck, under an empty name).
    """

    version: str
    errors: list[DeckError] = field(default_factory=list)
    deck: Deck | None = None
    warnings: list[DeckWarning] = field(default_factory=list)
    changes: DeckChanges | None = None
    judgement: Judgement = field(default_factory=Judgement)
    base: str = ""
    named_base: str = ""
    obstacle: str = ""
    impact: Impact | None = None
    lines: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    beside: Mapping[str, str] = field(default_factory=dict)

    @property
    def counts(self) -> dict[GuardCode, int]:
        """The findings that the operator must allow, with their counts."""
        return self.judgement.counts()


@collector_paused()
def check_deck(
    data: bytes,
    version: str,
    before: Deck | None,
    at: str,
    report_progress: ReportProgress | None = None,
    *,
    home: HomeNumbers | None = None,
    in_force_from: str | None = None,
    base: str | None = None,
    obstacle: str = "",
    categories: Iterable[str] = (),
) -> DeckCheck:
    """Check a deck's CSV and compare it with the active deck (None if there is none) at an instant.

    Args:
        in_force_from: When the deck would begin to price calls; by default at once.
        base: The version of the active deck, if its file is damaged and `before` is an earlier one.
        obstacle: Why the deck cannot be compared, if it cannot; then it is not judged.
        categories: Categories that are known beside those of the active deck.
    """
    file = read_deck_file(data, version, report_progress)
    if file.deck is None:
        return DeckCheck(version, errors=file.errors)
    if obstacle:
        return DeckCheck(version, deck=file.deck, base=base or "", named_base=file.base, obstacle=obstacle)
    pair = pair_decks(before, file.deck, at)
    return DeckCheck(
        version,
        deck=file.deck,
        warnings=[*file.notes, *warnings_of_pair(pair)],
        changes=compare_pair(pair, at),
        judgement=judge_pair(pair, home or HomeNumbers(), in_force_from or at, categories),
        base=base if base is not None else before.version if before else "",
        named_base=file.base,
        lines=file.lines,
    )


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
    if check.deck is not None:
        content["base"] = check.base
        content["findings"] = [finding_view(finding, check) for finding in check.judgement.findings]
        content["state_changes"] = state_changes(check.judgement)
    if check.changes is not None:
        content |= {"changes": check.changes.counts(), "lists": change_lists(check.changes)}
    if check.impact is not None:
        content["last_calls"] = check.impact.view()
    return content


def error_view(error: DeckError) -> dict[str, str | int]:
    """Return an error as `{line, column, code, detail}`."""
    return {"line": error.line, "column": error.column, "code": error.code, "detail": error.detail}


def finding_view(finding: Finding, check: DeckCheck) -> dict[str, Any]:
    """Return a finding as `{code, count, next_step, first}`; `first` lists the first samples."""
    return {
        "code": finding.code,
        "count": finding.count,
        "next_step": NEXT_STEPS[finding.code],
        "first": [_sample_view(sample, check) for sample in finding.samples],
    }


def state_changes(judgement: Judgement) -> list[dict[str, Any]]:
    """Return how many sample numbers of home and of each country change their state, home first."""
    changes = sorted(judgement.changes.items(), key=lambda item: (item[0].place != HOME, item[0]))
    return [{**change._asdict(), "numbers": count} for change, count in changes]


def _sample_view(sample: Sample, check: DeckCheck) -> dict[str, Any]:
    row = sample.row
    view: dict[str, Any] = {"prefix": sample.prefix, "origin": sample.origin, "from": sample.start}
    if row is not None:
        view |= {"destination": row.destination, "price": price_text(row), "category": row.category}
        view["line"] = check.lines.get((row.prefix, row.origin, row.effective_from))
    if sample.price_list:
        view["price_list"] = sample.price_list
    return view


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
    """Return the price of a row in a few characters: `0.20/min + 0.40 60/60, from 60 s 0.10/min 1`."""
    fee = f" + {format_money(row.connection_fee_micros)}" if row.connection_fee_micros else ""
    steps = "".join(
        f", from {step.from_second} s {format_money(step.rate_micros_per_minute)}/min {step.increment_seconds}"
        for step in row.rate_steps
    )
    return f"{format_money(row.rate_micros_per_minute)}/min{fee} {row.minimum_seconds}/{row.increment_seconds}{steps}"


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
