"""The keys of the items of connector keys: one by the hash of a key, and one by its name."""

from typing import Any, Final

CONNECTOR_KEY: Final = "CONNECTOR_KEY"
NAMES_PK: Final = "CONNECTORS"
"""The partition of all names, which lists the keys."""
NAME_RANGE: Final = ("CONNECTOR#", "CONNECTOR#~")
"""Bounds of a Query over the names."""


def key_of_hash(key_hash: str) -> tuple[str, str]:
    """Partition and sort key of a connector key, by its SHA-256 in hexadecimal digits."""
    return f"{CONNECTOR_KEY}#{key_hash}", CONNECTOR_KEY


def key_of_name(name: str) -> tuple[str, str]:
    """Partition and sort key of a connector's name."""
    return NAMES_PK, f"CONNECTOR#{name}"


def item_key(key: tuple[str, str]) -> dict[str, Any]:
    """Either of them as the key of a request."""
    return {"PK": {"S": key[0]}, "SK": {"S": key[1]}}
