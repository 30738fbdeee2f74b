"""Spell the keys of the counters of included minutes.

The name of a counter, as holds and entries store it, is `<yyyy-mm>#ACCOUNT#<bundle>` or
`<yyyy-mm>#LINE#<line_id>#<bundle>`. A bundle's name has no `#`.
"""

from calling_credit.dynamodb import keys

_KIND = "MINUTES#"


def counter_of(month: str, line_id: str | None, bundle: str) -> str:
    """The name of the counter of one bundle in a local month (`yyyy-mm`). `line_id` is None for an account's bundle."""
    holder = "ACCOUNT" if line_id is None else keys.line_sk(line_id)
    return f"{month}#{holder}#{bundle}"


def minutes_sk(counter: str) -> str:
    """The sort key of a counter."""
    return f"{_KIND}{counter}"


def counter_in(sort_key: str) -> str:
    """The name of the counter in a `MINUTES#…` sort key."""
    return sort_key.removeprefix(_KIND)


def bundle_in(counter: str) -> str:
    """The name of the bundle of a counter."""
    return keys.id_of(counter)


def month_in(counter: str) -> str:
    """The local month of a counter."""
    return counter.partition("#")[0]


def line_in(counter: str) -> str | None:
    """The line whose bundle a counter counts; None if the bundle is the account's."""
    parts = counter.split("#")
    return parts[2] if parts[1] == "LINE" else None


def month_range(month: str) -> tuple[str, str]:
    """Bounds of a Query over the counters of a local month."""
    return f"{_KIND}{month}#", f"{_KIND}{month}#{keys.AFTER}"


def all_counters() -> tuple[str, str]:
    """Bounds of a Query over all counters of an account."""
    return _KIND, f"{_KIND}{keys.AFTER}"
