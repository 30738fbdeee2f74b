"""Indexes existing accounts by number, name, and mail address, and lists the numbers that several lines have.

An interrupted run continues where it stopped, and a repetition changes nothing. It runs beside live traffic.
"""

import argparse
from collections import Counter
from collections.abc import Iterator, Mapping, Set
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Final

from calling_credit.accounts.indexing import Indexer, Position
from calling_credit.accounts.line_numbers import LEAD
from calling_credit.accounts.number_history import NumberHistory
from calling_credit.dynamodb import sweep_keys
from calling_credit.dynamodb.unreadable import DECODE_ERRORS, UnreadableItem
from calling_credit.masking import masked
from ops.stack import FoundStack, find_stack
from ops.terminal import confirm, console, progress_bar, run

CHUNK: Final = 40
"""The accounts that are indexed between two stored positions."""
WORKERS: Final = 8


def main() -> int:
    """Run `python -m ops.index_accounts [--yes]`, behind `make index-accounts`."""
    parser = argparse.ArgumentParser(prog="make index-accounts", description="Index existing accounts for searches.")
    parser.add_argument("--yes", action="store_true", help="YES=1: do not ask for confirmation")
    arguments = parser.parse_args()
    stack = find_stack()
    question = f"Index the accounts of {stack.name} by number, name, and address? No account or balance changes."
    if not arguments.yes and not stack.is_local and not confirm(question):
        return 1
    indexer = Indexer(stack.client("dynamodb"), stack.table_name, lead_of(stack))
    start = indexer.position()
    if start != Position():
        console.print(f"Continuing after {start.account_id}.", markup=False)
    unreadable: set[str] = set()
    counts = index_all(indexer, start, shared_numbers(indexer, unreadable), unreadable)
    for kind, words in WORDS.items():
        console.print(f"{counts[kind]:>8}  {words}")
    show(indexer.ambiguous())
    show_unreadable(unreadable)
    return 1 if unreadable else 0


WORDS: Final[Mapping[str, str]] = {
    "account": "accounts checked",
    "number": "numbers indexed",
    "name": "words of names indexed",
    "mail": "addresses indexed",
    "ambiguous": "lines found with a number of several lines",
}


def lead_of(stack: FoundStack) -> timedelta:
    """Return the stack's parameter LeadSeconds."""
    return timedelta(seconds=int(stack.parameters.get("LeadSeconds") or LEAD.total_seconds()))


def shared_numbers(indexer: Indexer, unreadable: set[str]) -> set[str]:
    """Return the numbers that several lines have, before any of these lines is indexed. Add the accounts that cannot be
    read to `unreadable`.
    """

    def numbers_of(position: Position) -> list[str]:
        try:
            return indexer.numbers_of(position.account_id)
        except (UnreadableItem, *DECODE_ERRORS):
            unreadable.add(position.account_id)
            return []

    lines: Counter[str] = Counter()
    count = 0
    with progress_bar("Reading lines", None) as move, ThreadPoolExecutor(WORKERS) as pool:
        for chunk in chunks(indexer.accounts_after(Position())):
            for numbers in pool.map(numbers_of, chunk):
                lines.update(numbers)
            count += len(chunk)
            move(count)
    return {number for number, uses in lines.items() if uses > 1}


def index_all(indexer: Indexer, start: Position, shared: set[str], unreadable: set[str]) -> Counter[str]:
    """Index the accounts after a position. Store the position after each chunk: the next run continues there. Pass the
    accounts that cannot be read, and add them to `unreadable`.
    """

    def index(account_id: str) -> Counter[str]:
        try:
            return indexer.index_account(account_id, now=datetime.now(UTC), shared=shared)
        except (UnreadableItem, *DECODE_ERRORS):
            unreadable.add(account_id)
            return Counter()

    counts: Counter[str] = Counter()
    with progress_bar("Indexing accounts", None) as move, ThreadPoolExecutor(WORKERS) as pool:
        for chunk in chunks(indexer.accounts_after(start)):
            written = pool.map(index, [position.account_id for position in chunk])
            counts += sum(written, Counter({"account": len(chunk)}))
            indexer.store_position(chunk[-1])
            move(counts["account"])
    indexer.store_position(Position(sweep_keys.SWEEP_SHARDS))
    return counts


def show_unreadable(accounts: Set[str]) -> None:
    """Print the accounts that could not be read, and what to do."""
    for account_id in sorted(accounts):
        console.print(f"  {account_id}: a record cannot be read", markup=False)
    if accounts:
        console.print(
            f"{len(accounts)} accounts are not or not wholly indexed. Repair their records "
            "(docs/runbook.md#unreadable-items), and run the same command again.",
            markup=False,
        )


def chunks(positions: Iterator[Position]) -> Iterator[list[Position]]:
    """Yield the positions in groups."""
    while chunk := list(islice(positions, CHUNK)):
        yield chunk


def show(ambiguous: Mapping[str, NumberHistory]) -> None:
    """Print the numbers of several lines, and what to do."""
    if not ambiguous:
        console.print("Every number belongs to one line.")
        return
    for number, history in sorted(ambiguous.items()):
        lines = ", ".join(f"{holder.line.account_id} {holder.line.line_id}" for holder in history.claims)
        console.print(f"  {masked(number)}: {lines}", markup=False, soft_wrap=True)
    console.print(
        f"{len(ambiguous)} numbers belong to several lines. No call is charged by such a number alone. Give all but one"
        " of the lines another number (PUT /accounts/{account_id}/lines/{line_id}); the last one then has it.",
        markup=False,
    )


if __name__ == "__main__":
    run(main)
