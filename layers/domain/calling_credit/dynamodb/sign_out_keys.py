"""The keys of the items that end sign-ins, and the partition of a member of the staff."""

from typing import Final

from calling_credit.dynamodb import keys

SIGNED_OUT: Final = "SIGNED_OUT"


def signed_out_key(account_id: str, subject: str) -> tuple[str, str]:
    """Partition and sort key of the item that ends the sign-ins of a customer's user."""
    return keys.account_pk(account_id), f"{SIGNED_OUT}#{subject}"


def staff_pk(subject: str) -> str:
    """Partition of a member of the staff."""
    return f"STAFF#{subject}"


def staff_signed_out_key(subject: str) -> tuple[str, str]:
    """Partition and sort key of the item that ends the sign-ins of a member of the staff."""
    return staff_pk(subject), SIGNED_OUT
