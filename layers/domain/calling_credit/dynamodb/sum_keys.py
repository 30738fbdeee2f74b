"""Spell the keys of an account's daily sums by user, line, and country, and read bounds of ranges of entries."""

from calling_credit.dynamodb import keys


def spent_day_sk(local_date: str) -> str:
    """The daily sums of a local day."""
    return f"SPENT_DAY#{local_date}"


def is_of_entry(sort_key: str) -> bool:
    """Whether a sort key is that of an entry, not a bound of a range of entries."""
    return sort_key.count("#") > 1


def instant_of(entry_sort_key: str) -> str:
    """The instant in the sort key of an entry, or in a bound of a range of entries."""
    return entry_sort_key.split("#")[1]


def spent_day_range(first: str, last: str) -> tuple[str, str]:
    """Bounds of a Query over the daily sums of `first`..`last`, both inclusive."""
    return spent_day_sk(first), spent_day_sk(last) + keys.AFTER
