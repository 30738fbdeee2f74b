"""Spell the keys of counters of spending: what calls of a line or a user cost in a local month, and calls to a country
or paid by young money on a local day.

An entry or a hold stores the letters of the counters in which it counts. Its own facts name the counters: local date,
line, user, and country.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

from calling_credit.dynamodb import keys

LINE: Final = "L"
USER: Final = "U"
COUNTRY: Final = "C"
YOUNG: Final = "Y"
LETTERS: Final = "LUCY"
"""The letters of all counters, in the order in which items store them."""
_KIND: Final = "SPENT#"
_KEPT_FOR: Final = timedelta(days=8)
"""How long after its day begins the counter of a day is kept: no hold of the day lives longer than two days."""


def line_sk(month: str, line_id: str) -> str:
    """The counter of a line in a local month (`yyyy-mm`)."""
    return f"{_KIND}{month}#{keys.line_sk(line_id)}"


def user_sk(month: str, user_id: str) -> str:
    """The counter of a user in a local month."""
    return f"{_KIND}{month}#{keys.user_sk(user_id)}"


def country_sk(local_date: str, country: str) -> str:
    """The counter of a country on a local day (`yyyy-mm-dd`)."""
    return f"{_KIND}{local_date}#COUNTRY#{country}"


def young_sk(local_date: str) -> str:
    """The counter of young money on a local day."""
    return f"{_KIND}{local_date}#YOUNG"


def counters_of(counted: str, local_date: str, line_id: str, user_id: str, country: str) -> tuple[str, ...]:
    """The sort keys of the counters that letters name, in the order of `LETTERS`, for a call of this local date."""
    month = local_date[:7]
    named = {
        LINE: line_sk(month, line_id),
        USER: user_sk(month, user_id),
        COUNTRY: country_sk(local_date, country),
        YOUNG: young_sk(local_date),
    }
    return tuple(named[letter] for letter in in_order(counted))


def in_order(letters: str) -> str:
    """Distinct letters in the order of `LETTERS`."""
    return "".join(letter for letter in LETTERS if letter in letters)


def letter_in(sort_key: str) -> str:
    """The letter of a counter.

    Raises:
        KeyError: the sort key is that of no counter.
    """
    letters = {"LINE": LINE, "USER": USER, "COUNTRY": COUNTRY, "YOUNG": YOUNG}
    return letters[sort_key.split("#", 3)[2]]


def period_in(sort_key: str) -> str:
    """The local month (`yyyy-mm`) or day of a counter."""
    return sort_key.split("#", 2)[1]


def expires_at(sort_key: str) -> int | None:
    """When the counter of a day is deleted, in epoch seconds; None for the counter of a month."""
    period = period_in(sort_key)
    if len(period) == len("yyyy-mm"):
        return None
    return int((datetime.fromisoformat(period).replace(tzinfo=UTC) + _KEPT_FOR).timestamp())


def owner_in(sort_key: str) -> str:
    """The line, user, or country of a counter; "" for young money."""
    parts = sort_key.split("#", 3)
    return parts[3] if len(parts) > 3 else ""


def month_range(month: str) -> tuple[str, str]:
    """Bounds of a Query over the counters of a local month and of its days."""
    return f"{_KIND}{month}", f"{_KIND}{month}{keys.AFTER}"


def all_counters() -> tuple[str, str]:
    """Bounds of a Query over all counters of an account."""
    return _KIND, f"{_KIND}{keys.AFTER}"
