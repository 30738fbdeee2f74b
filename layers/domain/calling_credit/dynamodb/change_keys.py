"""The sort keys of recorded changes: of an account, and of a line's international calling."""

from typing import Final

from calling_credit.dynamodb import keys

CHANGE: Final = "CHANGE"
"""The `kind` of a recorded change of an account."""


def activity_sk(changed_at: str, change_id: str) -> str:
    """One immutable change of an account."""
    return f"ACTIVITY#{changed_at}#{change_id}"


def payment_method_sk(payment_method_id: str, event: str) -> str:
    """The mark that a card's event (attached, detached) is recorded, or who made it the default (default)."""
    return f"PAYMENT_METHOD#{payment_method_id}#{event}"


def rerating_sk(run: str, by: str) -> str:
    """The mark that a rerating run of an actor is recorded."""
    return f"RERATING#{run}#{by}"


def change_sk(line_id: str, changed_at: str, change_id: str) -> str:
    """One change of a line's international calling."""
    return f"CHANGE#{line_id}#{changed_at}#{change_id}"


def change_range(line_id: str) -> tuple[str, str]:
    """Bounds of a Query over all changes of a line."""
    return f"CHANGE#{line_id}#", f"CHANGE#{line_id}#{keys.AFTER}"


def all_changes_range() -> tuple[str, str]:
    """Bounds of a Query over all changes of all lines."""
    return "CHANGE#", f"CHANGE#{keys.AFTER}"


def activity_range() -> tuple[str, str]:
    """Bounds of a Query over all changes of an account."""
    return "ACTIVITY#", f"ACTIVITY#{keys.AFTER}"
