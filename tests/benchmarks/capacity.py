"""Item sizes and capacity units by DynamoDB's rules, for recorded requests.

From the developer guide ("Item sizes and formats", "Read and write operations"): a write costs one unit for each
started KB of the larger of the item before and after, twice that in a transaction; each index that contains the
item costs its own, untransacted units. A read costs one unit for each started 4 KB read, half of that if eventually
consistent.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

Attributes = Mapping[str, Mapping[str, Any]]
Key = tuple[str, str]

NOTHING: Mapping[Key, Attributes] = {}
WRITE_UNIT_BYTES = 1024
READ_UNIT_BYTES = 4096
READS = frozenset({"GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems"})


@dataclass(frozen=True)
class Request:
    """One request and its answer: the operation and both JSON bodies."""

    operation: str
    body: dict[str, Any]
    answer: dict[str, Any]


def item_bytes(item: Attributes) -> int:
    """Return the billed size of an item: names and values."""
    return sum(len(name.encode()) + value_bytes(value) for name, value in item.items())


def value_bytes(value: Mapping[str, Any]) -> int:
    """Return the size of one attribute value."""
    [(kind, content)] = value.items()
    if kind == "S":
        return len(str(content).encode())
    if kind == "N":
        digits = str(content).lstrip("-").replace(".", "").strip("0")
        return ceil(len(digits) / 2) + 1 + int(str(content).startswith("-"))
    if kind == "L":
        return 3 + sum(1 + value_bytes(part) for part in content)
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + value_bytes(part) for name, part in content.items())
    return 1


def item_key(item: Attributes) -> Key:
    """Return the partition and the sort key."""
    return item["PK"]["S"], item["SK"]["S"]


def write_units(
    requests: Iterable[Request],
    table: Mapping[Key, Attributes],
    index_keys: Iterable[str],
    before: Mapping[Key, Attributes] = NOTHING,
) -> int:
    """Return the write units of these requests.

    `table` holds the items afterwards, `before` the items that may leave the sparse index or move in it; each of them
    is written once. In these measurements, no item shrinks by a whole unit.
    """
    index = set(index_keys)
    units = 0
    for request in requests:
        for action, factor in _actions(request):
            key = item_key(action)
            item = table[key]
            started = ceil(item_bytes(item) / WRITE_UNIT_BYTES)
            old, new = (_index_key(items.get(key, {}), index) for items in (before, table))
            units += factor * started + started * len({old, new} - {None})
    return units


def _index_key(item: Attributes, index: set[str]) -> tuple[str, ...] | None:
    """Return the key of an item in the index; None if the index does not contain it."""
    return tuple(str(item[name]) for name in sorted(index)) if index <= set(item) else None


def _actions(request: Request) -> list[tuple[Attributes, int]]:
    """Return the item or key of each action of a write, and the factor of its units."""
    if request.operation == "TransactWriteItems":
        actions = [action for [action] in (item.values() for item in request.body["TransactItems"])]
        return [(action.get("Item") or action["Key"], 2) for action in actions]
    if request.operation in ("PutItem", "UpdateItem"):
        return [(request.body.get("Item") or request.body["Key"], 1)]
    if request.operation in READS:
        return []
    raise ValueError(f"write units of {request.operation} are not supported")


def read_units(requests: Iterable[Request]) -> float:
    """Return the read units of GetItem and unfiltered Query requests, from the items in their answers."""
    units = 0.0
    for request in requests:
        if request.operation == "GetItem":
            size = item_bytes(request.answer.get("Item", {}))
        elif request.operation == "Query" and "FilterExpression" not in request.body:
            size = sum(item_bytes(item) for item in request.answer["Items"])
        else:
            raise ValueError(f"read units of {request.operation} are not supported")
        units += max(1, ceil(size / READ_UNIT_BYTES)) * (1.0 if request.body.get("ConsistentRead") else 0.5)
    return units
