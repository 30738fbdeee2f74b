"""The causes of the entries that a rerating writes, in the keys of these entries."""


def rerated_id(call_id: str, number: int, side: str) -> str:
    """The cause of an entry of a rerating. A call's entries sort together, as written; credit sorts before debit."""
    return f"{call_id}#rerate#{number:04d}#{side}"


def rerating_of(entry_sort_key: str) -> int:
    """The number of the rerating that wrote an entry; 0 for the first charge."""
    parts = entry_sort_key.split("#")
    return int(parts[4]) if len(parts) > 4 else 0
