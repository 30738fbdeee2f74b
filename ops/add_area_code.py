"""Adds an area code of +1 that is newer than the tables of this version: its calls are included, and its numbers can be
lines.
"""

import argparse
from datetime import UTC, datetime

from calling_credit.errors import CallingCreditError
from calling_credit.rates.area_codes import add_area_code, check_area_code
from ops.decks import deck_bucket, home_countries, operator_name
from ops.stack import FoundStack, find_stack
from ops.terminal import CommandError, confirm, console, run


def main() -> int:
    """Run `python -m ops.add_area_code CODE COUNTRY [--yes]`, behind `make add-area-code`."""
    parser = argparse.ArgumentParser(prog="make add-area-code", description="Add a new area code of a home country.")
    parser.add_argument("code", help="CODE=436: the three digits after +1")
    parser.add_argument("country", help="COUNTRY=US: the home country")
    parser.add_argument("--yes", action="store_true", help="YES=1: do not ask for confirmation")
    arguments = parser.parse_args()
    stack = find_stack()
    code, country = arguments.code, arguments.country.upper()
    try:
        check_area_code(code, country, home_countries(stack))
        question = f"Include calls to +1 {code} ({country}) in {stack.name}?"
        if not stack.is_local and not arguments.yes and not confirm(question):
            return 1
        is_new = add(stack, code, country)
    except CallingCreditError as error:
        raise CommandError(f"{error.code}: {error.detail}") from error
    console.print(f"+1 {code} is {'now' if is_new else 'already'} an area code of {country}.", markup=False)
    console.print("Every function knows it within a minute." if is_new else "Nothing changed.")
    report_deck_row(stack, code)
    return 0


def add(stack: FoundStack, code: str, country: str) -> bool:
    """Add the code; return whether it is new."""
    bucket, by = stack.outputs["DeckBucketName"], operator_name(stack)
    return add_area_code(stack.client("s3"), bucket, code, country, home_countries(stack), by, datetime.now(UTC))


def report_deck_row(stack: FoundStack, code: str) -> None:
    """Say so if the active deck prices the code: a row of the deck goes before an added code."""
    row = deck_bucket(stack).row_for(f"1{code}", datetime.now(UTC))
    if row is not None and row.category != "included":
        console.print(
            f"The active deck charges it by its row {row.prefix} ({row.destination}). Add a row 1{code} of category"
            " included to the deck.",
            style="yellow",
            markup=False,
            soft_wrap=True,
        )


if __name__ == "__main__":
    run(main)
