"""A sheet as a price list: its own rows alone, because a list leaves home, and what it lacks, to the deck."""

from collections.abc import Iterable

from calling_credit.errors import InvalidValue
from calling_credit.rates.deck import INCLUDED_CATEGORY, RateRow
from calling_credit.rates.list_names import check_list_name
from ops.terminal import CommandError


def check_list(name: str, *, amends: bool) -> None:
    """Check the price list that a command names, if it names one.

    Raises:
        CommandError: The name is not allowed, or the command also amends the deck.
    """
    if not name:
        return
    try:
        check_list_name(name)
    except InvalidValue as error:
        raise CommandError(error.detail) from error
    if amends:
        raise CommandError("AMEND=1 changes the active deck, so it cannot make a price list. Leave out AMEND or LIST.")


def without_home_layer(rows: Iterable[RateRow]) -> list[RateRow]:
    """Return the rows of a sheet alone; the home layer has the others."""
    return [row for row in rows if row.category != INCLUDED_CATEGORY]
