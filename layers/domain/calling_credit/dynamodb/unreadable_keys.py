"""The keys of the list of unreadable items."""

from typing import Final

from calling_credit.masking import masked

_PERSONAL: Final = ("NUMBER", "NAME", "MAIL")
"""The partitions whose keys hold personal data."""
MAX_BYTES: Final = 1_024
"""The longest sort key that DynamoDB takes."""


def unreadable_pk() -> str:
    """Partition of the list."""
    return "UNREADABLE"


def unreadable_sk(key: tuple[str, str]) -> str:
    """One unreadable item, by its partition and sort key; the beginning of a key that is too long for a sort key."""
    return "|".join(key).encode()[:MAX_BYTES].decode(errors="ignore")


def key_of_unreadable(sort_key: str) -> tuple[str, str]:
    """Partition and sort key of the unreadable item. A partition key never contains `|`."""
    pk, _, sk = sort_key.partition("|")
    return pk, sk


def shown_key(key: tuple[str, str]) -> tuple[str, str]:
    """The key as a log shows it: numbers are masked, names and addresses left out."""
    pk, sk = key
    kind, _, rest = pk.partition("#")
    if kind not in _PERSONAL or not rest:
        return key
    return f"{kind}#{masked(rest) if rest.startswith('+') else '…'}", sk.split("#", 1)[0] if kind == sk else "…"
