"""Spell the keys of an account's daily sums by user, line, and country."""

from calling_credit.dynamodb import keys


def spent_day_sk(local_date: str) -> str:
    """The daily sums of a local day."""
    return f"SPENT_DAY#{local_date}"


def spent_day_range(first: str, last: str) -> tuple[str, str]:
    """Bounds of a Query over the daily sums of `first`..`last`, both inclusive."""
    return spent_day_sk(first), spent_day_sk(last) + keys.AFTER
