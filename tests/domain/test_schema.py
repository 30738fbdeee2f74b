"""Every new item carries the number of the schema, and no key, hash, or condition does."""

from typing import Any

import pytest

from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.dynamodb.schema import SCHEMA, creating
from calling_credit.dynamodb.transactions import put, update

NUMBER = {"N": str(SCHEMA)}
KEY = {"PK": "ACCOUNT#a", "SK": "MARK"}


def test_a_whole_item_carries_the_number_and_a_key_does_not() -> None:
    assert to_attributes({**KEY, "name": "Ada"})["schema"] == NUMBER
    assert "schema" not in to_attributes(KEY)
    assert "schema" not in to_attributes({":name": "Ada"})


def test_a_mark_without_attributes_carries_the_number() -> None:
    assert put("table", to_attributes(KEY))["Put"]["Item"]["schema"] == NUMBER


@pytest.mark.parametrize("condition", ["", "attribute_not_exists(PK)", "attribute_not_exists(PK) OR left >= :one"])
def test_an_update_that_may_create_its_item_sets_the_number(condition: str) -> None:
    action = update("table", to_attributes(KEY), "ADD calls :one", condition, {":one": {"N": "1"}})["Update"]
    assert action["UpdateExpression"] == "ADD calls :one SET #schema = :schema"
    assert (action["ExpressionAttributeNames"], action["ExpressionAttributeValues"][":schema"]) == (
        {"#schema": "schema"},
        NUMBER,
    )


def test_an_update_of_an_existing_item_leaves_its_number() -> None:
    action = update("table", to_attributes(KEY), "SET calls = :one", "attribute_exists(PK)", {":one": {"N": "1"}})
    assert "schema" not in str(action)


def test_the_number_is_set_beside_other_assignments_and_removals() -> None:
    parameters: dict[str, Any] = {"UpdateExpression": "ADD n :n SET a = :a REMOVE b", "ExpressionAttributeNames": None}
    assert creating(parameters)["UpdateExpression"] == "ADD n :n SET #schema = :schema, a = :a REMOVE b"
