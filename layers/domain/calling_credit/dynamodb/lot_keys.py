"""The keys of granted credit that is kept apart (lots), and of promotion codes."""

from typing import Any, Final

from calling_credit.dynamodb import keys

PROMOTION: Final = "PROMOTION"
_LOT: Final = "LOT#"
_LOT_RETURN: Final = "LOT_RETURN#"


def lot_sk(granted_at: str, lot_id: str) -> str:
    """One grant. Lots sort by the time of the grant."""
    return f"{_LOT}{granted_at}#{lot_id}"


def lot_range() -> tuple[str, str]:
    """Bounds of a Query over all lots of an account, and over what returned to them."""
    return _LOT, f"{_LOT_RETURN}{keys.AFTER}"


def lot_return_sk(at: str, cause_id: str) -> str:
    """Charges that one transaction took back, by the cause of its first entry."""
    return f"{_LOT_RETURN}{at}#{cause_id}"


def is_lot_return(sort_key: str) -> bool:
    """Whether an item tells of charges that were taken back."""
    return sort_key.startswith(_LOT_RETURN)


def granted_at_of(sort_key: str) -> str:
    """The time of the grant in a `LOT#…` sort key, or that in a `LOT_RETURN#…`."""
    return sort_key.split("#", 2)[1]


def expired_id(lot_id: str, number: int) -> str:
    """The cause of the entry of the n-th part of a lot that expired."""
    return f"{lot_id}#{number}"


def promotion_pk(code: str) -> str:
    """Partition of one promotion code."""
    return f"{PROMOTION}#{code}"


def promotion_key(code: str) -> dict[str, Any]:
    """The item key of a promotion code."""
    return {"PK": {"S": promotion_pk(code)}, "SK": {"S": PROMOTION}}


def redeemed_sk(code: str) -> str:
    """The mark that an account has redeemed a code."""
    return f"REDEEMED#{code}"


def code_tries_sk(day: str) -> str:
    """How many codes an account may still try on one day (UTC)."""
    return f"CODE_TRIES#{day}"
