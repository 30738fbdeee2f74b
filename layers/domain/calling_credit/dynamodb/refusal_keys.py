"""The sort keys of calls that were refused."""

from calling_credit.dynamodb import keys


def denial_sk() -> str:
    """Recently announced denials."""
    return "DENIAL#"


def denied_sk(refused_at: str, call_key: str) -> str:
    """One refused call."""
    return f"DENIED#{refused_at}#{call_key}"


def denied_between(first: str | None, last: str | None) -> tuple[str, str]:
    """Bounds of a Query over the calls refused from `first` to `last`, both inclusive; over all if they are None."""
    return f"DENIED#{first or ''}", f"DENIED#{last or ''}{keys.AFTER}"


def denied_range(from_instant: str) -> tuple[str, str]:
    """Bounds of a Query over the calls refused since an instant."""
    return f"DENIED#{from_instant}", f"DENIED#{keys.AFTER}"


def refused_sk(call_key: str) -> str:
    """The mark that a call's refusal is listed."""
    return f"REFUSED#{call_key}"


def denied_day_sk(date: str) -> str:
    """How many refused calls of a day (UTC) are listed, and how many are not."""
    return f"DENIED_DAY#{date}"


def denied_day_range(first: str) -> tuple[str, str]:
    """Bounds of a Query over the days since a date."""
    return f"DENIED_DAY#{first}", f"DENIED_DAY#{keys.AFTER}"
