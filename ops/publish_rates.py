"""Publishes a rate deck or a price list: checks it, reports its contents, changes, and findings, stores it, and
activates it.
"""

import argparse
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from calling_credit.errors import InvalidValue
from calling_credit.instants import format_instant
from calling_credit.ledger.charge_reader import measure_impact
from calling_credit.rates.allowance import allow_text, allows, parse_allowance, publish_command
from calling_credit.rates.deck import Deck
from calling_credit.rates.deck_codes import GuardCode
from calling_credit.rates.deck_impact import Impact
from calling_credit.rates.deck_report import DeckCheck, check_deck, finding_view
from calling_credit.rates.deck_store import deck_version
from calling_credit.rates.list_names import COST
from calling_credit.rates.list_publishing import check_list_alone
from calling_credit.rates.publish_outcomes import OUTCOME_MESSAGES, PublishOutcome
from calling_credit.rates.publishing import DeckBucket
from calling_credit.rates.short_codes import is_short_code_file
from calling_credit.rates.timeline import START_OF_TIME
from ops.deck_output import (
    report_changes,
    report_deck,
    report_errors,
    report_findings,
    report_past_calls,
    report_state_changes,
    report_warnings,
)
from ops.decks import bucket_of, operator_name
from ops.publish_short_codes import publish_short_codes
from ops.stack import FoundStack, StackNotFoundError, find_stack
from ops.terminal import CommandError, confirm, console, progress_bar, run

SECONDS_FOR_PAST_CALLS = 60


@dataclass(frozen=True, slots=True)
class Order:
    """What the operator asked for."""

    file: Path
    is_draft: bool
    allowance: dict[GuardCode, int | None]
    has_impact: bool
    is_confirmed: bool
    price_list: str = ""
    """The name of a price list; empty for the deck."""

    @property
    def kind(self) -> str:
        """What is published, in words."""
        return f"version of the price list {self.price_list}" if self.price_list else "deck"

    @property
    def prices(self) -> str:
        """What it does once it is published."""
        if self.price_list == COST:
            return "gives the cost of calls that begin"
        return f"prices every call{' of accounts with this list' if self.price_list else ''} that begins"


def main() -> int:
    """Run `python -m ops.publish_rates FILE [--list NAME] [--draft] [--allow code:count,...] [--skip-impact] [--yes]`,
    behind `make publish-rates`; exit with 1 if nothing was published.
    """
    order = read_order()
    try:
        data = order.file.read_bytes()
    except OSError as error:
        raise CommandError(f"{order.file} cannot be read: {error}") from error
    if is_short_code_file(data) and not order.price_list:
        return publish_short_codes(order.file, data, is_draft=order.is_draft, is_confirmed=order.is_confirmed)
    now, reason = datetime.now(UTC), ""
    try:
        stack = find_stack()
    except StackNotFoundError as error:
        if not order.is_draft:
            raise
        stack, reason = None, str(error)
    decks = bucket_of(stack, order.price_list) if stack else None
    result = check_file(decks, data, now, order.price_list)
    if result.deck is None:
        report_errors(order.file, result.errors)
        return 1
    report_deck(order.file, result.deck)
    report_warnings(result.warnings)
    if stack is None or decks is None:
        report_findings(result.judgement)
        console.print(f"There is no active deck to compare with. {reason}", markup=False, soft_wrap=True)
        console.print("This is a draft; nothing was published.")
        return 0
    if result.changes is not None:
        report_changes(result.changes, order.kind)
    if order.has_impact and not order.price_list:
        report_state_changes(result.judgement)
        report_past_calls(impact_of(stack, result.deck, now))
    report_findings(result.judgement)
    if order.is_draft:
        return finish_draft(stack, decks, data, result, order)
    return publish(stack, decks, data, result, order, now)


def read_order() -> Order:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(prog="make publish-rates", description="Check a rate deck and publish it.")
    parser.add_argument("file", type=Path, help="the deck, a CSV file")
    parser.add_argument("--draft", action="store_true", help="DRAFT=1: check and report, do not publish")
    parser.add_argument("--allow", default="", help="ALLOW=code:count,...: publish with exactly these findings")
    parser.add_argument("--skip-impact", action="store_true", help="SKIP_IMPACT=1: publish without the impact report")
    parser.add_argument("--yes", action="store_true", help="YES=1: do not ask for confirmation")
    parser.add_argument("--list", default="", help="LIST=name: publish the file as this price list, not as the deck")
    arguments = parser.parse_args()
    try:
        allowance = parse_allowance(arguments.allow)
    except InvalidValue as error:
        raise CommandError(error.detail) from error
    return Order(arguments.file, arguments.draft, allowance, not arguments.skip_impact, arguments.yes, arguments.list)


def publish(stack: FoundStack, decks: DeckBucket, data: bytes, result: DeckCheck, order: Order, now: datetime) -> int:
    """Publish the deck, if it has no findings or the order allows them, and print the outcome."""
    if not decks.is_active(data):
        if result.obstacle:
            raise CommandError(f"Nothing was published. {result.obstacle}")
        recorded = decks.recorded_check(data) if order.allowance else None
        if result.counts or order.allowance:
            decks.record_check(data, result.base, result.judgement.digest)
        if not allows(order.allowance, result.counts):
            return refuse(stack, result, order)
        if order.allowance and recorded != (result.base, result.judgement.digest):
            console.print(void_reason(recorded, result), style="red")
            return refuse(stack, result, order)
        if order.allowance and not approve(stack, decks, result, order, now):
            return 1
    outcome = decks.publish(data, result, now, datetime.now(UTC), order.allowance)
    if outcome in (PublishOutcome.SUPERSEDED, PublishOutcome.STALE_BASE):
        if result.named_base not in ("", result.base):
            raise CommandError(f"{outcome}: {OUTCOME_MESSAGES[outcome]}")
        raise CommandError(
            f"{outcome}: Another deck or price list was activated in the meantime. Compare yours with it and publish"
            " again."
        )
    if outcome is PublishOutcome.UNCHANGED:
        console.print(f"It is already the active {order.kind}; nothing changed.", markup=False)
    else:
        console.print(f"Published as {result.version}. It {order.prices} {in_force_text(decks)}.", markup=False)
    return 0


def finish_draft(stack: FoundStack, decks: DeckBucket, data: bytes, result: DeckCheck, order: Order) -> int:
    """Record the check, and print the command that publishes the draft."""
    console.print("This is a draft; nothing was published.")
    if result.obstacle:
        console.print(result.obstacle, style="red", markup=False, soft_wrap=True)
        return 1
    decks.record_check(data, result.base, result.judgement.digest)
    if result.counts:
        console.print("If all this is intended, publish it with:")
        print_command(stack, result, order)
    return 0


def void_reason(recorded: tuple[str, str] | None, result: DeckCheck) -> str:
    """Return why an allowance does not count."""
    if recorded is None:
        return "This file was not checked before, so ALLOW is void. Read the findings above first."
    if recorded[0] != result.base:
        return "Another deck was activated since this file was checked, so ALLOW is void."
    return "The findings changed since this file was checked, so ALLOW is void. Read the findings above first."


def in_force_text(decks: DeckBucket) -> str:
    """Return from when the active deck prices calls."""
    pointer = decks.pointer()
    begin = pointer.in_force[0].in_force_from if pointer else START_OF_TIME
    return "at any time" if begin == START_OF_TIME else f"at {begin} or later"


def refuse(stack: FoundStack, result: DeckCheck, order: Order) -> int:
    """Print the command that allows exactly the findings."""
    if order.allowance and not result.counts:
        console.print("The file has no findings, so there is nothing to allow. Leave ALLOW out.", style="red")
    elif order.allowance:
        console.print("ALLOW must name exactly the findings of this file, each with its count.", style="red")
    console.print("Nothing was published. Correct the file, or, if all this is intended, run:", style="red")
    print_command(stack, result, order)
    return 1


def print_command(stack: FoundStack, result: DeckCheck, order: Order) -> None:
    """Print the command that publishes the file and allows its findings."""
    name = "" if stack.is_local else stack.name
    command = publish_command(str(order.file), result.counts, name, order.price_list)
    console.print(f"    {command}", markup=False, soft_wrap=True)


def approve(stack: FoundStack, decks: DeckBucket, result: DeckCheck, order: Order, now: datetime) -> bool:
    """Ask for confirmation on a named stack, and record who allowed what."""
    allowed = allow_text(result.counts)
    target = f" as {order.price_list}" if order.price_list else ""
    question = f"Publish {order.file}{target} in {stack.name} and allow {allowed}?"
    if not stack.is_local and not order.is_confirmed and not confirm(question):
        return False
    approval = {
        "version": result.version,
        "base": result.base,
        "allowed": result.counts,
        "by": operator_name(stack),
        "at": format_instant(now),
        "findings": [finding_view(finding, result) for finding in result.judgement.findings],
    }
    decks.record_approval(result.version, approval)
    console.print(f"Allowed {allowed} as {approval['by']}.", markup=False, soft_wrap=True)
    return True


def check_file(decks: DeckBucket | None, data: bytes, now: datetime, price_list: str = "") -> DeckCheck:
    """Check every row, with progress; without a stack, the file alone."""
    with progress_bar("Checking rows", data.count(b"\n")) as report_progress:
        if decks is not None:
            return decks.check(data, now, now, report_progress)
        if price_list:
            try:
                return check_list_alone(price_list, data, now, report_progress)
            except InvalidValue as error:
                raise CommandError(error.detail) from error
        return check_deck(data, deck_version(data, now), None, format_instant(now), report_progress)


def impact_of(stack: FoundStack, deck: Deck, now: datetime) -> Impact:
    """Price the calls of the last 30 days of a sample of the accounts by the deck, with progress."""
    client, impact = stack.client("dynamodb"), Impact(deck)

    def seconds_left() -> float:
        return SECONDS_FOR_PAST_CALLS - (datetime.now(UTC) - now).total_seconds()

    with progress_bar("Pricing the calls of the last 30 days, by account", None) as report_progress:
        measure_impact(client, stack.table_name, impact, now, seconds_left, report_progress)
    return impact


if __name__ == "__main__":
    run(main)
