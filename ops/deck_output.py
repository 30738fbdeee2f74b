"""Prints what a check found in a rate deck: errors, warnings, changes, findings, and the effect on past calls."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.table import Table

from calling_credit.money import format_money
from calling_credit.rates.allowance import NEXT_STEPS
from calling_credit.rates.deck import Deck
from calling_credit.rates.deck_codes import DeckWarning
from calling_credit.rates.deck_csv import DeckError
from calling_credit.rates.deck_diff import DeckChanges, PriceChange
from calling_credit.rates.deck_impact import Effect, Impact
from calling_credit.rates.deck_report import price_text, state_changes
from calling_credit.rates.findings import Finding, Judgement
from ops.terminal import console

MAX_ROWS = 20
MAX_ERRORS = 1_000
MAX_SAMPLES = 5


def report_errors(file: Path, errors: Sequence[DeckError]) -> None:
    """Print the errors, line by line."""
    for error in errors[:MAX_ERRORS]:
        column = f" {error.column}" if error.column else ""
        console.print(f"line {error.line}{column}: {error.code}: {error.detail}", markup=False, soft_wrap=True)
    if len(errors) > MAX_ERRORS:
        console.print(f"... and {len(errors) - MAX_ERRORS} more")
    console.print(f"{file} has {len(errors)} errors; nothing was published.", style="red", markup=False)


def report_warnings(warnings: Sequence[DeckWarning]) -> None:
    """Print the warnings; they do not stop the publication."""
    for warning in warnings[:MAX_ROWS]:
        console.print(f"warning: {warning.code}: {warning.detail}", style="yellow", markup=False, soft_wrap=True)
    if len(warnings) > MAX_ROWS:
        console.print(f"... and {len(warnings) - MAX_ROWS} more warnings")


def report_deck(file: Path, deck: Deck) -> None:
    """Print the contents of the deck in numbers."""
    prefixes = {row.prefix for row in deck.rows}
    countries = {row.country for row in deck.rows}
    console.print(
        f"{file}: {len(deck.rows)} rows, {len(prefixes)} prefixes, {len(countries)} countries and networks.",
        markup=False,
    )
    for category, count in Counter(row.category for row in deck.rows).most_common():
        console.print(f"{count:>8}  {category}", markup=False)


def report_changes(changes: DeckChanges, kind: str = "deck") -> None:
    """Print the changes against the active deck, or the active version of a price list (`kind`)."""
    if not changes.any:
        console.print(f"It has the same prices as the active {kind}.", markup=False)
        return
    count = changes.counts()
    console.print(
        f"Compared with the active {kind}: {count['added']} prefixes added, {count['removed']} removed,"
        f" {len(changes.repriced)} repriced ({count['raised']} raised, {count['lowered']} lowered,"
        f" {count['mixed']} higher for some calls and lower for others, {count['later']} from a later date)."
    )
    lines = [("-", row, "", price_text(row)) for row in changes.removed]
    lines += [
        (SIGNS[difference.way], difference.after, price_text(difference.after), price_text(difference.before))
        for difference in changes.repriced
        if difference.way is not PriceChange.LATER
    ]
    lines += [("+", row, price_text(row), "") for row in changes.added]
    lines += [("later", row, price_text(row), "") for row in changes.announced]
    table = Table(box=None, header_style="bold")
    for name in ("", "prefix", "destination", "from", "before", "now"):
        table.add_column(name, justify="right" if name in ("before", "now") else "left")
    for sign, row, now, before in lines[:MAX_ROWS]:
        table.add_row(sign, row.prefix, row.destination, row.effective_from[:10], before, now)
    console.print(table)
    if len(lines) > MAX_ROWS:
        console.print(f"... and {len(lines) - MAX_ROWS} more")
    if changes.removed and kind == "deck":
        console.print("Calls to a removed prefix stay unrated unless a shorter prefix covers them.")
    if changes.uncovered:
        until = "have no price" if kind == "deck" else "are left to the deck"
        console.print(f"{len(changes.uncovered)} prefixes {until} until their first row takes effect.")


SIGNS = {PriceChange.RAISED: "up", PriceChange.LOWERED: "down", PriceChange.MIXED: "~"}


def report_past_calls(impact: Impact) -> None:
    """Print what the deck would have changed for past calls."""
    if not impact.calls:
        console.print("No calls were charged in the last 30 days, so there is no estimate for past calls.")
        return
    whole = "" if impact.is_whole else " (a sample, not all calls of all accounts)"
    console.print(
        f"In the last 30 days, {impact.calls} calls of {impact.accounts} accounts{whole} cost"
        f" {format_money(impact.charged_micros)}. With this deck: {effect_text(impact.at_their_time)}."
    )
    if impact.announced != impact.at_their_time:
        console.print(f"With all announced prices in effect: {effect_text(impact.announced)}.")


def effect_text(effect: Effect) -> str:
    """Return the effect in one line."""
    sign = "+" if effect.change_micros >= 0 else ""
    return (
        f"{sign}{format_money(effect.change_micros)}, {effect.more_expensive} calls cost more,"
        f" {effect.cheaper} cost less, {effect.unrated} have no price"
    )


def report_findings(judgement: Judgement) -> None:
    """Print the findings that an operator must allow, each with its first samples and the next step."""
    for finding in judgement.findings:
        console.print(
            f"{finding.code}: {finding.count} {_noun(finding)}. {NEXT_STEPS[finding.code]}",
            style="yellow",
            markup=False,
            soft_wrap=True,
        )
        for sample in finding.samples[:MAX_SAMPLES]:
            row = sample.row
            price = f": {row.destination}, {price_text(row)}, {row.category}, row of {row.prefix}" if row else ""
            origin = "" if sample.origin == "*" else f" from {sample.origin}"
            named = f" in list {sample.price_list}" if sample.price_list else ""
            text = f"    {sample.prefix}{origin}{named} as of {sample.start[:16]}{price}"
            console.print(text, markup=False, soft_wrap=True)
        if finding.count > MAX_SAMPLES:
            console.print(f"    ... and {finding.count - MAX_SAMPLES} more")


def _noun(finding: Finding) -> str:
    return "prefix" if finding.count == 1 else "prefixes"


def report_state_changes(judgement: Judgement) -> None:
    """Print how many sample numbers of home and of each country change their state, which past charges cannot show."""
    changes = state_changes(judgement)
    if not changes:
        console.print("No sample number becomes free, charged, included, or unrated.")
        return
    table = Table(box=None, header_style="bold")
    for name in ("place", "before", "after", "numbers"):
        table.add_column(name, justify="right" if name == "numbers" else "left")
    for change in changes[:MAX_ROWS]:
        table.add_row(change["place"], change["before"], change["after"], str(change["numbers"]))
    console.print("Sample numbers whose calls change:")
    console.print(table)
    if len(changes) > MAX_ROWS:
        console.print(f"... and {len(changes) - MAX_ROWS} more")
