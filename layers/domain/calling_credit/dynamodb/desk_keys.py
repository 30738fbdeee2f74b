"""The sort keys of what staff look up in an account or make of it: refused calls, sent mails, exports."""

from calling_credit.dynamodb import keys


def denied_sk(denied_at: str, call_key: str) -> str:
    """One refused call."""
    return f"DENIED#{denied_at}#{call_key}"


def denied_range(first: str | None = None, last: str | None = None) -> tuple[str, str]:
    """Bounds of a Query over the calls refused from `first` to `last`, both inclusive; without bounds, over all."""
    return f"DENIED#{first or ''}", f"DENIED#{last or ''}{keys.AFTER}"


def mailed_sk(mailed_at: str, hashed: str) -> str:
    """One mail that was sent to one address."""
    return f"MAILED#{mailed_at}#{hashed}"


def mailed_range() -> tuple[str, str]:
    """Bounds of a Query over the mails that were sent."""
    return "MAILED#", f"MAILED#{keys.AFTER}"


def goodwill_sk(happened_at: str, call_key: str) -> str:
    """The goodwill of one call."""
    return f"GOODWILL#{happened_at}#{call_key}"


def export_sk(export_id: str) -> str:
    """One export, which claims its Idempotency-Key for as long as its file is kept."""
    return f"EXPORT#{export_id}"
