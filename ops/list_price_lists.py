"""Lists the price lists of a stack: the active version of each, from when it prices calls, and its rows."""

import argparse

from rich.table import Table

from calling_credit.errors import Unavailable
from calling_credit.rates.list_names import COST, list_names
from calling_credit.rates.timeline import START_OF_TIME
from ops.decks import price_list_bucket
from ops.stack import FoundStack, find_stack
from ops.terminal import console, run


def main() -> int:
    """Run `python -m ops.list_price_lists`, behind `make list-price-lists`."""
    argparse.ArgumentParser(prog="make list-price-lists", description="List the price lists.").parse_args()
    stack = find_stack()
    names = list_names(stack.client("s3"), stack.outputs["DeckBucketName"])
    if not names:
        console.print("There are no price lists. make publish-rates LIST=name FILE=list.csv publishes one.")
        return 0
    table = Table(box=None, header_style="bold")
    for name in ("name", "version", "in force", "rows", "earlier"):
        table.add_column(name, justify="right" if name in ("rows", "earlier") else "left", no_wrap=True)
    for name in names:
        table.add_row(*cells(stack, name))
    console.print(table)
    if COST in names:
        console.print(f"{COST} is the buying list: it prices no call of a customer.")
    return 0


def cells(stack: FoundStack, name: str) -> list[str]:
    """Return the cells of one list."""
    versions = price_list_bucket(stack, name)
    try:
        pointer = versions.pointer()
        if pointer is None:
            return [name, "not active", "", "", "0"]
        begin = pointer.in_force[0].in_force_from
        rows = f"{len(versions.active_deck(pointer).rows):,}"
    except Unavailable as error:
        return [name, f"{error.code}: publish it again", "", "", ""]
    return [name, pointer.version, "always" if begin == START_OF_TIME else begin, rows, str(len(pointer.previous))]


if __name__ == "__main__":
    run(main)
