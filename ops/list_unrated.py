"""Lists calls that an operator must look at: unrated calls, which wait for a price; stray calls, which were charged on
an unknown line or a line without international calling; suspicious calls, which lasted hardly believably long; or
calls of another line than the one that had their number (line_mismatch). It also lists items that no function can read
(unreadable). Changes nothing.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from rich.table import Table

from calling_credit.charging.listed_calls import LINE_MISMATCH, STRAY, SUSPICIOUS, UNRATED
from calling_credit.dynamodb.keys import account_of, happened_at_of, id_of
from calling_credit.dynamodb.sweep import read_listed
from calling_credit.dynamodb.unreadable import DECODE_ERRORS, ignore_unreadable
from calling_credit.dynamodb.unreadable_keys import key_of_unreadable
from calling_credit.dynamodb.unreadable_store import UNREADABLE_KIND, read_unreadable
from calling_credit.masking import masked
from calling_credit.numbering import country_of
from ops.stack import find_stack
from ops.terminal import console, run

MAX_ROWS = 50
MISSING = "?"
"""Stands for a value that a damaged item lacks."""

Columns = dict[str, Callable[[dict[str, Any]], str]]
_WHERE: Columns = {
    "account": lambda item: account_of(item["PK"]),
    "started": lambda item: happened_at_of(item["SK"]),
    "call": lambda item: id_of(item["SK"]),
    "line": lambda item: str(item["line_id"]),
}
UNREADABLE_COLUMNS: Columns = {
    "partition": lambda item: key_of_unreadable(item["SK"])[0],
    "item": lambda item: key_of_unreadable(item["SK"])[1],
    "reason": lambda item: str(item["reason"]),
    "reader": lambda item: str(item["reader"]),
    "first seen": lambda item: str(item["first_seen_at"]),
    "last seen": lambda item: str(item["last_seen_at"]),
    "times": lambda item: str(item["times"]),
}
COLUMNS: dict[str, Columns] = {
    UNRATED: {
        **_WHERE,
        "to": lambda item: masked(str(item["to"])),
        "prefix": lambda item: str(item["to"])[:6],
        "seconds": lambda item: str(item["duration_seconds"]),
    },
    STRAY: {**_WHERE, "user": lambda item: str(item.get("user_id", ""))},
    LINE_MISMATCH: {
        **_WHERE,
        "number's account": lambda item: str(item["number_account_id"]),
        "number's line": lambda item: str(item["number_line_id"]),
    },
    SUSPICIOUS: {
        **_WHERE,
        "granted": lambda item: str(item.get("granted_seconds", "")),
        "seconds": lambda item: str(item["duration_seconds"]),
    },
    UNREADABLE_KIND: UNREADABLE_COLUMNS,
}


def table_of(kind: str, items: Sequence[dict[str, Any]]) -> Table:
    """Return the calls as a table of at most `MAX_ROWS` rows."""
    columns = COLUMNS[kind]
    table = Table(box=None, header_style="bold")
    for name in columns:
        table.add_column(name, justify="right" if name in ("granted", "seconds") else "left")
    for item in items[:MAX_ROWS]:
        table.add_row(*(cell(show, item) for show in columns.values()))
    return table


def cell(show: Callable[[dict[str, Any]], str], item: dict[str, Any]) -> str:
    """Return one cell. A damaged item has a row too."""
    try:
        return show(item)
    except DECODE_ERRORS:
        return MISSING


def list_items() -> int:
    """List the unreadable items, those that were seen last first."""
    stack = find_stack()
    found = read_unreadable(stack.client("dynamodb"), stack.table_name)
    items = sorted(found, key=lambda item: str(item.get("last_seen_at")), reverse=True)
    if not items:
        console.print("No unreadable items.")
        return 0
    console.print(f"{len(items)} unreadable items. What to do: docs/runbook.md#unreadable-items")
    console.print(table_of(UNREADABLE_KIND, items))
    return 0


def main() -> int:
    """Run `python -m ops.list_unrated [--kind stray | suspicious | …]`, behind `make list-unrated`."""
    parser = argparse.ArgumentParser(prog="make list-unrated", description="List calls that need a look.")
    parser.add_argument("--kind", choices=tuple(COLUMNS), default=UNRATED)
    kind = parser.parse_args().kind
    if kind == UNREADABLE_KIND:
        return list_items()
    stack = find_stack()
    items = sorted(
        read_listed(stack.client("dynamodb"), stack.table_name, kind, ignore_unreadable),
        key=lambda item: str(item.get("sweep_sk")),
    )
    if not items:
        console.print(f"No {kind} calls.")
        return 0
    console.print(table_of(kind, items))
    if len(items) > MAX_ROWS:
        console.print(f"... and {len(items) - MAX_ROWS} more")
    if kind == UNRATED:
        for country, count in Counter(country_of(str(item.get("to", ""))) for item in items).most_common():
            console.print(f"{count:>8}  {country}")
    console.print(f"{len(items)} {kind} calls. What to do: docs/runbook.md#{kind.replace('_', '-')}-calls")
    return 0


if __name__ == "__main__":
    run(main)
