"""The sort keys of what the nightly proof of an account remembers, and the ranges that it reads."""

from calling_credit.dynamodb import keys


def proof_sk(month: str) -> str:
    """The days of a month (`yyyy-mm`) as they were when they were last proven."""
    return f"PROOF#{month}"


def month_of(proof_sort_key: str) -> str:
    """The month in a `PROOF#…` sort key."""
    return keys.id_of(proof_sort_key)


def rule_to_days() -> tuple[str, str]:
    """Bounds of a Query over the recharge rule, the balance, and all days, in this order."""
    return keys.auto_recharge_sk(), keys.day_range(None, keys.AFTER)[1]


def proofs_and_refunds() -> tuple[str, str]:
    """Bounds of a Query over the checkpoints and the refunds."""
    return "PROOF#", f"REFUND#{keys.AFTER}"


def top_ups() -> tuple[str, str]:
    """Bounds of a Query over the payments."""
    return keys.topup_sk(""), keys.topup_sk(keys.AFTER)


def holds() -> tuple[str, str]:
    """Bounds of a Query over the holds of all states."""
    return keys.hold_sk(""), keys.hold_sk(keys.AFTER)
