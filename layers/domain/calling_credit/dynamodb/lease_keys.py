"""The keys of leases and of stored positions, which belong to the work of the whole stack and to no account."""

from typing import Any, Final

LEASE_PK: Final = "LEASE"


def lease_key(name: str) -> dict[str, Any]:
    """The item key of the lease of one kind of run, such as `reconcile_payments`."""
    return {"PK": {"S": LEASE_PK}, "SK": {"S": f"LEASE#{name}"}}


def position_key(name: str) -> dict[str, Any]:
    """The item key of the position at which a list is continued, such as `waiting_calls`."""
    return {"PK": {"S": LEASE_PK}, "SK": {"S": f"POSITION#{name}"}}
