"""Indexes the countries that accounts have called in the last twelve months, so that first_country_cap may be switched
on within the next days.

A repetition changes nothing but the time of the index. It reads all entries of twelve months, beside live traffic.
"""

import argparse
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from calling_credit.accounts.country_store import CountryStore
from calling_credit.accounts.indexing import Indexer, Position
from calling_credit.dynamodb.unreadable import DECODE_ERRORS, UnreadableItem
from ops.index_accounts import WORKERS, chunks, show_unreadable
from ops.stack import find_stack
from ops.terminal import confirm, console, progress_bar, run


def main() -> int:
    """Run `python -m ops.index_countries [--account ID] [--yes]`, behind `make index-countries`."""
    parser = argparse.ArgumentParser(prog="make index-countries", description="Index the countries of accounts.")
    parser.add_argument("--account", help="ACCOUNT=id: this account alone")
    parser.add_argument("--yes", action="store_true", help="YES=1: do not ask for confirmation")
    arguments = parser.parse_args()
    stack = find_stack()
    whose = "all accounts" if arguments.account is None else arguments.account
    question = f"Index the countries that {whose} of {stack.name} called? It reads the entries of twelve months."
    if not arguments.yes and not stack.is_local and not confirm(question):
        return 1
    countries = CountryStore(stack.client("dynamodb"), stack.table_name)
    indexer = Indexer(stack.client("dynamodb"), stack.table_name, timedelta())
    accounts = indexer.accounts_after(Position()) if arguments.account is None else [Position(0, arguments.account)]
    unreadable: set[str] = set()
    checked, written = index_all(countries, accounts, unreadable)
    console.print(f"{checked:>8}  accounts indexed")
    console.print(f"{written:>8}  countries written")
    show_unreadable(unreadable)
    return 1 if unreadable else 0


def index_all(countries: CountryStore, accounts: Iterable[Position], unreadable: set[str]) -> tuple[int, int]:
    """Index the countries of accounts. Pass those that cannot be read or do not exist, and add them to `unreadable`.
    Return how many accounts were indexed, and how many countries were written.
    """

    def index(position: Position) -> int | None:
        try:
            return countries.index_account(position.account_id, datetime.now(UTC))
        except (UnreadableItem, *DECODE_ERRORS):
            unreadable.add(position.account_id)
            return None

    checked, written, done = 0, 0, 0
    with progress_bar("Indexing countries", None) as move, ThreadPoolExecutor(WORKERS) as pool:
        for chunk in chunks(iter(accounts)):
            counts = [count for count in pool.map(index, chunk) if count is not None]
            checked, written, done = checked + len(counts), written + sum(counts), done + len(chunk)
            move(done)
    return checked, written


if __name__ == "__main__":
    run(main)
