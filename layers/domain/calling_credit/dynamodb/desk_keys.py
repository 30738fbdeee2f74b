"""The sort keys of what staff look up in an account or make of it: sent mails, exports, and calls of other lines."""

from calling_credit.dynamodb import keys


def mailed_sk(mailed_at: str, hashed: str) -> str:
    """One mail that was sent to one address."""
    return f"MAILED#{mailed_at}#{hashed}"


def mailed_range() -> tuple[str, str]:
    """Bounds of a Query over the mails that were sent."""
    return "MAILED#", f"MAILED#{keys.AFTER}"


def bounced_sk(address_hash: str) -> str:
    """An address that mails came back from, by its hash."""
    return f"BOUNCED#{address_hash}"


def bounced_range() -> tuple[str, str]:
    """Bounds of a Query over the addresses that mails came back from."""
    return "BOUNCED#", f"BOUNCED#{keys.AFTER}"


def export_sk(export_id: str) -> str:
    """One export, which claims its Idempotency-Key for as long as its file is kept."""
    return f"EXPORT#{export_id}"


def mismatch_sk(happened_at: str, call_key: str) -> str:
    """A charged call of another line than the one that had its number."""
    return f"LINE_MISMATCH#{happened_at}#{call_key}"
