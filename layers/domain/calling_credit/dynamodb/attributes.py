"""Converts plain values to DynamoDB attribute values and back."""

from collections.abc import Mapping
from typing import Any, Final

from calling_credit.dynamodb.schema import SCHEMA_NAME, SCHEMA_VALUE
from calling_credit.dynamodb.unreadable import unreadable

_KEY: Final = frozenset({"PK", "SK"})
Plain = str | int | bool | None | list[Any] | dict[str, Any] | frozenset[str]
Item = Mapping[str, Plain]
WRITE_UNIT_BYTES: Final = 1024
"""The largest item that one write unit writes."""


def to_attributes(item: Item) -> dict[str, Any]:
    """The attribute values of a plain item, without None. A whole item, which has more than its key, gets the number
    of its schema: this is the one place through which new items go.
    """
    attributes = {name: to_attribute(value) for name, value in item.items() if value is not None}
    if "PK" in item and item.keys() - _KEY:
        attributes.setdefault(SCHEMA_NAME, SCHEMA_VALUE)
    return attributes


def to_attribute(value: Plain) -> dict[str, Any]:
    """One attribute value. Numbers are integers, because money is never a float."""
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, list):
        return {"L": [to_attribute(part) for part in value]}
    if isinstance(value, dict):
        return {"M": to_attributes(value)}
    if isinstance(value, frozenset):
        return {"SS": sorted(value)}
    raise TypeError(f"{type(value).__name__} has no attribute value")


def from_attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The plain item of attribute values; numbers are integers.

    Raises:
        UnreadableItem: an attribute of a whole item is, or holds, a number that is not whole.
    """
    try:
        return {name: from_attribute(value) for name, value in attributes.items()}
    except ValueError:
        if "PK" not in attributes:
            raise
        raise unreadable(
            attributes, next(filter(None, (_unreadable_name(one) for one in attributes.items())), "")
        ) from None


def _unreadable_name(attribute: tuple[str, Mapping[str, Any]]) -> str | None:
    name, value = attribute
    try:
        from_attribute(value)
    except ValueError:
        return name
    return None


def from_attribute(attribute: Mapping[str, Any]) -> Any:
    """The plain value of one attribute value."""
    [(kind, value)] = attribute.items()
    if kind == "N":
        return int(value)
    if kind == "L":
        return [from_attribute(part) for part in value]
    if kind == "M":
        return from_attributes(value)
    return frozenset(value) if kind == "SS" else value


def drop_if_large(attributes: dict[str, Any], name: str, reserve: int = 0) -> dict[str, Any]:
    """The item without the named attribute if it would take more than one write unit; else the item itself.

    Args:
        reserve: bytes by which later updates may enlarge the item.
    """
    if name not in attributes or item_bytes(attributes) + reserve < WRITE_UNIT_BYTES:
        return attributes
    return {other: value for other, value in attributes.items() if other != name}


def item_bytes(attributes: Mapping[str, Any]) -> int:
    """The size of an item by DynamoDB's rules: UTF-8 bytes of names and texts; numbers take a byte for two digits plus
    one or two. Maps and lists are not counted.
    """
    total = 0
    for name, attribute in attributes.items():
        total += len(name) if name.isascii() else len(name.encode())
        for kind, value in attribute.items():
            if kind == "S":
                total += len(value) if value.isascii() else len(value.encode())
            elif kind == "N":
                is_negative = value[0] == "-"
                total += (len(value) - is_negative + 1) // 2 + 1 + is_negative
            else:
                total += 1
    return total
