"""Proves that the ledger can be restored: restores a copy beside the live table, proves accounts and payments in it,
compares it with the live table, reports minutes and differences, and deletes it. The live table is only read.
"""

import argparse
import random
import secrets
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

import stripe

from calling_credit import clock
from calling_credit.audit.proof import SETTLING_TIME, Payment, usd
from calling_credit.audit.prove_account import prove_account
from calling_credit.audit.read_book import read_book
from calling_credit.audit.stripe_payments import read_payments_between
from calling_credit.dynamodb import keys, sweep_keys
from calling_credit.dynamodb.pages import query_pages
from calling_credit.dynamodb.sweep import query_due
from calling_credit.dynamodb.unreadable import UnreadableItem
from calling_credit.errors import Unavailable
from calling_credit.instants import format_instant
from ops.audit import STRIPE_NOT_ASKED, stripe_of
from ops.raw_objects import parse_moment
from ops.restored_table import RestoredTable, say_what_may_appear, say_what_remains
from ops.stack import FoundStack, find_stack
from ops.terminal import CommandError, confirm, console, progress_bar, run

SAMPLE: Final = 30
WINDOW: Final = timedelta(days=1)
"""The payments of this time before the moment are proven, all of them."""


@dataclass
class Report:
    """What a drill found."""

    accounts: int = 0
    payments: int = 0
    changed: int = 0
    later_entries: int = 0
    differences: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Drill:
    """One drill: the stack, the copy, the moment, and Stripe's client, None if Stripe cannot be asked."""

    stack: FoundStack
    copy: RestoredTable
    at: datetime
    stripe_client: stripe.StripeClient | None

    def prove(self, sample: int) -> Report:
        """Prove sampled accounts and all payments of the window in the copy, and compare them with the live table."""
        report = Report()
        payments = self._payments()
        report.payments = sum(map(len, payments.values()))
        accounts = list(dict.fromkeys([*payments, *self._sampled(sample)]))
        with progress_bar("Proving accounts", len(accounts)) as move:
            for count, account_id in enumerate(accounts, 1):
                try:
                    self._prove_account(account_id, payments.get(account_id, []), report)
                    self._compare(account_id, report)
                except UnreadableItem as error:
                    report.differences.append(f"{account_id}: unreadable {' '.join(error.key)}: {error.reason}")
                report.accounts += 1
                move(count)
        return report

    def _payments(self) -> dict[str, list[Payment]]:
        """The payments of the window at Stripe, by account."""
        groups: dict[str, list[Payment]] = defaultdict(list)
        if self.stripe_client is not None:
            for one in read_payments_between(self.stripe_client, self.at - WINDOW, self.at - SETTLING_TIME):
                groups[one.account_id].append(one)
        return groups

    def _sampled(self, count: int) -> list[str]:
        """Some accounts of the copy, the same for the same moment."""
        accounts = sorted(
            keys.account_of(item["PK"]["S"])
            for partition in sweep_keys.sweep_partitions("account")
            for item in query_due(self.stack.client("dynamodb"), self.copy.name, partition, keys.AFTER)
        )
        return random.Random(format_instant(self.at)).sample(accounts, min(count, len(accounts)))

    def _prove_account(self, account_id: str, payments: Iterable[Payment], report: Report) -> None:
        client = self.stack.client("dynamodb")
        proof = prove_account(client, self.copy.name, self.stripe_client, account_id, self.at, payments)
        if proof is None:
            report.differences.append(f"{account_id}: the copy changed while it was read, although nothing writes it")
            return
        report.differences += [f"{one.code}: {one.object_id}, {one}" for one in proof.differences]

    def _compare(self, account_id: str, report: Report) -> None:
        """Explain what the live table has more than the copy by its later entries."""
        client, live_name = self.stack.client("dynamodb"), self.stack.table_name
        then, now = (read_book(client, name, account_id) for name in (self.copy.name, live_name))
        if then is None or now is None or then.balance is None:
            report.differences.append(
                f"{account_id}: it could not be compared with the live table; run the drill again"
            )
            return
        before, after = (self._entries(name, account_id) for name in (self.copy.name, live_name))
        lost = before - after
        if lost:
            report.differences.append(f"{account_id}: {len(lost)} entries of the copy are missing in the live table")
        posted = now.balance.posted_micros if now.balance else 0
        moved, entered = posted - then.balance.posted_micros, now.entered_micros - then.entered_micros
        if moved != entered:
            report.differences.append(
                f"{account_id}: the balance differs by {usd(moved)} from the copy, its later entries by {usd(entered)}"
            )
        report.later_entries += len(after - before)
        report.changed += bool(moved)

    def _entries(self, table_name: str, account_id: str) -> set[str]:
        low, high = keys.entry_range("", keys.AFTER)
        query = {
            "KeyConditionExpression": "PK = :pk AND SK BETWEEN :low AND :high",
            "ExpressionAttributeValues": {
                ":pk": {"S": keys.account_pk(account_id)},
                ":low": {"S": low},
                ":high": {"S": high},
            },
            "ProjectionExpression": "SK",
            "ConsistentRead": True,
        }
        return {item["SK"]["S"] for item in query_pages(self.stack.client("dynamodb"), table_name, query)}


def show(report: Report, reason: str) -> int:
    """Print the result, and return the exit code; `reason` is why Stripe could not be asked, or empty."""
    console.print(f"{report.accounts:>8}  accounts proven in the copy, and compared with the live table")
    console.print(f"{report.payments:>8}  payments of the day before it proven")
    console.print(f"{report.changed:>8}  balances differ, because of {report.later_entries} later entries")
    console.print(f"{len(report.differences):>8}  differences")
    for difference in report.differences:
        console.print(f"  {difference}", markup=False, soft_wrap=True)
    if reason:
        console.print(f"Stripe could not be asked, so no payment is proven: {reason}", markup=False)
    if report.differences:
        return 1
    return STRIPE_NOT_ASKED if reason else 0


def drill(stack: FoundStack, copy: RestoredTable, at: datetime, sample: int) -> tuple[int, str]:
    """Restore, complete, and prove the copy. Return the exit code, and the ARN of the copy's stream."""
    began = time.monotonic()
    copy.restore(at)
    restored = time.monotonic()
    stream_arn = copy.complete()
    console.print(f"{(restored - began) / 60:8.1f}  minutes to restore {copy.name}")
    console.print(
        f"{(time.monotonic() - restored) / 60:8.1f}  minutes to turn on stream, expiry, recovery, and protection"
    )
    client, reason = stripe_of(stack)
    try:
        report = Drill(stack, copy, at, client).prove(sample)
    except (Unavailable, stripe.StripeError) as error:
        if client is None:
            raise
        client, reason = None, getattr(error, "detail", str(error))
        report = Drill(stack, copy, at, None).prove(sample)
    console.print(f"{(time.monotonic() - began) / 60:8.1f}  minutes in all")
    return show(report, "" if client is not None else reason), stream_arn


def main() -> int:
    """Run `python -m ops.restore_drill MOMENT [--sample N] [--keep] [--yes]`, behind `make restore-drill`."""
    parser = argparse.ArgumentParser(prog="make restore-drill", description="Prove that the ledger can be restored.")
    parser.add_argument("at", help="AT=moment, for example 2026-11-23T10:00:00Z")
    parser.add_argument(
        "--sample", type=int, default=SAMPLE, help=f"SAMPLE=n accounts besides those that paid ({SAMPLE})"
    )
    parser.add_argument(
        "--keep", action="store_true", help="KEEP=1: keep the copy, for example to make it the live table"
    )
    parser.add_argument("--yes", action="store_true", help="YES=1: do not ask for confirmation")
    arguments = parser.parse_args()
    at = parse_moment(arguments.at, "AT")
    if arguments.sample < 0:
        raise CommandError("SAMPLE must be a number of accounts, such as 30.")
    stack = find_stack()
    moment = f"{clock.now().astimezone(UTC):%Y%m%dT%H%M%SZ}"
    copy = RestoredTable(stack, f"{stack.table_name[:220]}-drill-{moment}-{secrets.token_hex(2)}")
    copy.check_moment(at)
    end = "keeps it" if arguments.keep else "deletes it"
    question = (
        f"Restore {stack.table_name} as of {format_instant(at)} beside it? AWS charges the copy until the drill {end}."
    )
    if not arguments.yes and not confirm(question):
        return 1
    try:
        code, stream_arn = drill(stack, copy, at, arguments.sample)
        if not arguments.keep:
            copy.delete()
    except BaseException:
        if copy.is_begun:
            end_after_failure(copy, keep=arguments.keep)
        raise
    if arguments.keep:
        say_what_remains(copy)
        console.print(
            f"To make it live: LedgerTableName={copy.name} LedgerStreamArn={stream_arn}", markup=False, soft_wrap=True
        )
        console.print("The order of the steps is in docs/disaster.md.")
    else:
        console.print(f"The copy {copy.name} is deleted.", markup=False)
    return code


def end_after_failure(copy: RestoredTable, *, keep: bool) -> None:
    """Delete the copy of a drill that failed or was interrupted; if that is impossible, say what remains."""
    try:
        if not keep:
            if copy.delete() or copy.is_answered:
                console.print(f"The copy {copy.name} is deleted.", markup=False)
            else:
                say_what_may_appear(copy)
            return
    except BaseException as error:  # noqa: BLE001 - the first failure is reported, and what remains is said
        console.print(f"The copy could not be deleted: {type(error).__name__}: {error}", markup=False, soft_wrap=True)
    say_what_remains(copy)


if __name__ == "__main__":
    run(main)
