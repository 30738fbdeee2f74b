"""A damaged item is reported with its key and a reason that reveals no value, and its neighbors are read."""

from typing import Any

import pytest

from calling_credit.dynamodb.attribute_types import TYPES, UNCHECKED, find_wrong_type
from calling_credit.dynamodb.attributes import from_attributes, to_attributes
from calling_credit.dynamodb.unreadable import UnreadableItem, decode_item, readable
from tests.harness.releases import RELEASES, cases_of

ITEM: dict[str, Any] = to_attributes({"PK": "ACCOUNT#a", "SK": "HOLD#call-1", "status": "live", "amount_micros": 5})


def amount_of(attributes: dict[str, Any]) -> int:
    """The amount of a live item; its status must be known."""
    item = from_attributes(attributes)
    return {"live": 1}[item["status"]] * int(item["amount_micros"])


def read(*items: dict[str, Any]) -> tuple[list[int], list[UnreadableItem]]:
    """The decoded items, and the unreadable ones."""
    unreadable: list[UnreadableItem] = []
    return list(readable(items, amount_of, unreadable.append)), unreadable


def test_a_damaged_item_between_others_stops_none_of_them() -> None:
    damaged = {name: value for name, value in ITEM.items() if name != "amount_micros"}
    amounts, [found] = read(ITEM, damaged, ITEM)
    assert amounts == [5, 5]
    assert (found.key, found.kind, found.reason) == (("ACCOUNT#a", "HOLD#call-1"), "hold", "amount_micros")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"amount_micros": {"S": "5"}}, "amount_micros"),
        ({"amount_micros": {"N": "1.5"}}, "ValueError"),
        ({"status": {"N": "7"}}, "status"),
        ({"status": {"S": "ghost"}}, "KeyError"),
        ({"status": {}}, "status"),
    ],
)
def test_the_reason_names_an_attribute_or_an_error(change: dict[str, Any], reason: str) -> None:
    _, [found] = read(ITEM | change)
    assert found.reason == reason
    assert "ghost" not in str(found)
    assert found.__cause__ is None


def test_an_item_without_a_key_is_reported_too() -> None:
    _, [found] = read({"status": {"S": "live"}})
    assert (found.key, found.kind) == (("", ""), "")


def test_plain_items_are_checked_like_stored_ones() -> None:
    plain = from_attributes(ITEM)
    assert find_wrong_type(plain) is None
    assert find_wrong_type(plain | {"amount_micros": True}) == "amount_micros"
    assert find_wrong_type(plain | {"PK": 7}) == "PK"
    with pytest.raises(UnreadableItem):
        decode_item(plain | {"status": ["live"]}, dict)


@pytest.mark.parametrize("folder", RELEASES, ids=lambda folder: folder.name)
def test_every_stored_attribute_has_the_type_of_its_name(folder: Any) -> None:
    for path in folder.glob("*.json"):
        for name, item in cases_of(path).items():
            assert find_wrong_type(item) is None, (path.stem, name)
            assert find_wrong_type(from_attributes(item)) is None, (path.stem, name)
            unknown = {attribute for attribute in item if "#" not in attribute} - set(TYPES) - UNCHECKED
            assert unknown == set(), (path.stem, name)


def test_a_projection_without_its_key_is_read_in_either_form() -> None:
    item: dict[str, Any] = {"SK": {"S": "ENTRY#1#c"}, "amount_micros": {"N": "5"}}
    assert find_wrong_type(item) is None
    assert find_wrong_type({**item, "amount_micros": {"S": "5"}}) == "amount_micros"
    assert find_wrong_type({"amount_micros": 5, "SK": "ENTRY#1#c"}) is None
    assert find_wrong_type({"amount_micros": "5", "SK": "ENTRY#1#c"}) == "amount_micros"
