"""Activates an earlier rate deck or version of a price list, or lists the decks. Charged calls keep their prices.

No published deck is refused; findings about it are only shown.
"""

import argparse
from datetime import UTC, datetime

from rich.table import Table

from calling_credit.errors import CallingCreditError
from calling_credit.rates.publishing import DeckBucket
from ops.deck_output import report_findings
from ops.decks import bucket_of
from ops.publish_rates import in_force_text
from ops.stack import find_stack
from ops.terminal import CommandError, confirm, console, run


def main() -> int:
    """Run `python -m ops.rollback_rates [--to VERSION] [--list] [--price-list NAME] [--yes]`, behind
    `make rollback-rates`.
    """
    parser = argparse.ArgumentParser(prog="make rollback-rates", description="Activate an earlier rate deck.")
    parser.add_argument("--to", help="TO=version; by default the previous deck")
    parser.add_argument("--list", action="store_true", help="LIST=1: list the decks and change nothing")
    parser.add_argument("--price-list", default="", help="LIST=name: an earlier version of this price list")
    parser.add_argument("--yes", action="store_true", help="YES=1: do not ask for confirmation")
    arguments = parser.parse_args()
    stack = find_stack()
    decks = bucket_of(stack, arguments.price_list)
    pointer = decks.pointer()
    if arguments.list:
        list_decks(decks, pointer.version if pointer else "")
        return 0
    earlier = pointer.previous if pointer else ()
    # The question names this deck, so activate no other, even if another one was activated meanwhile.
    target = arguments.to or (earlier[0] if earlier else None)
    if target is not None:
        report_rollback(decks, target)
    of_list = f" as price list {arguments.price_list}" if arguments.price_list else ""
    if not arguments.yes and not confirm(f"Activate {target or 'an earlier deck'} again{of_list} in {stack.name}?"):
        return 1
    try:
        version = decks.roll_back(target, datetime.now(UTC))
    except CallingCreditError as error:
        raise CommandError(f"{error.code}: {error.detail}") from error
    console.print(
        f"{version} is active again{of_list}. It prices every call that begins {in_force_text(decks)}.", markup=False
    )
    return 0


def report_rollback(decks: DeckBucket, target: str) -> None:
    """Print what the guard finds in a deck that is to be activated again."""
    try:
        judgement = decks.judge_rollback(target, datetime.now(UTC))
    except CallingCreditError:
        return  # The activation says what is wrong.
    report_findings(judgement)


def list_decks(decks: DeckBucket, active: str) -> None:
    """Print every published deck, newest last."""
    table = Table(box=None, header_style="bold")
    for name in ("", "version", "stored", "bytes"):
        table.add_column(name, justify="right" if name == "bytes" else "left", no_wrap=True)
    for deck in decks.stored_decks():
        stored_at = f"{deck.stored_at:%Y-%m-%d %H:%M:%S}"
        table.add_row("active" if deck.version == active else "", deck.version, stored_at, f"{deck.size_bytes:,}")
    console.print(table)


if __name__ == "__main__":
    run(main)
