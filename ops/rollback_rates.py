"""Goes back to an earlier rate deck, or lists them. Calls that are charged stay as they are."""

import argparse
from datetime import UTC, datetime

from rich.table import Table

from calling_credit.errors import CallingCreditError
from calling_credit.rates.publishing import Publisher
from ops.stack import find_stack
from ops.terminal import CommandError, confirmed, console, run


def main() -> int:
    """`python -m ops.rollback_rates [--to VERSION] [--list] [--yes]`, behind `make rollback-rates`."""
    parser = argparse.ArgumentParser(prog="make rollback-rates", description="Make an earlier deck the active one.")
    parser.add_argument("--to", help="TO=version; the deck before the active one if none is named")
    parser.add_argument("--list", action="store_true", help="LIST=1: only list the decks")
    parser.add_argument("--yes", action="store_true", help="YES=1: ask nothing")
    arguments = parser.parse_args()
    stack = find_stack()
    publisher = Publisher(stack.client("s3"), stack.outputs["DeckBucketName"])
    pointer, _ = publisher.active()
    if arguments.list:
        list_decks(publisher, pointer["version"] if pointer else "")
        return 0
    earlier = pointer.get("previous", []) if pointer else []
    target = arguments.to or (earlier[0] if earlier else None)  # What is asked about is what is done.
    if not arguments.yes and not confirmed(f"Price calls in {stack.name} by {target or 'an earlier deck'} again?"):
        return 1
    try:
        version = publisher.roll_back(target, datetime.now(UTC))
    except CallingCreditError as error:
        raise CommandError(f"{error.code}: {error.detail}") from error
    console.print(f"{version} is active again. Every function prices by it within a minute.", markup=False)
    return 0


def list_decks(publisher: Publisher, active: str) -> None:
    """Every deck that was published, the newest last."""
    table = Table(box=None, header_style="bold")
    for name in ("", "version", "stored", "bytes"):
        table.add_column(name, justify="right" if name == "bytes" else "left", no_wrap=True)
    for deck in publisher.versions():
        stored_at = f"{deck.stored_at:%Y-%m-%d %H:%M:%S}"
        table.add_row("active" if deck.version == active else "", deck.version, stored_at, f"{deck.size_bytes:,}")
    console.print(table)


if __name__ == "__main__":
    run(main)
