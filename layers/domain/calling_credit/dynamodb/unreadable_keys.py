"""The keys of the list of unreadable items."""


def unreadable_pk() -> str:
    """Partition of the list."""
    return "UNREADABLE"


def unreadable_sk(key: tuple[str, str]) -> str:
    """One unreadable item, by its partition and sort key."""
    return "|".join(key)


def key_of_unreadable(sort_key: str) -> tuple[str, str]:
    """Partition and sort key of the unreadable item. A partition key never contains `|`."""
    pk, _, sk = sort_key.partition("|")
    return pk, sk
