"""Erases a text, a phone number or an address, from recorded changes. They never change otherwise."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from calling_credit.dynamodb import change_keys, keys
from calling_credit.dynamodb.attributes import from_attributes, to_attributes
from calling_credit.dynamodb.pages import query_pages
from calling_credit.dynamodb.transactions import update

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_FIELDS = ("old", "new", "by_name")


def mask_actions(
    client: "DynamoDBClient", table_name: str, account_id: str, text: str, mask: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the sort key of each recorded change of an account that holds the text, with the action that masks it."""
    low, high = change_keys.activity_range()
    query = {
        "KeyConditionExpression": "PK = :pk AND SK BETWEEN :low AND :high",
        "ExpressionAttributeValues": to_attributes({":pk": keys.account_pk(account_id), ":low": low, ":high": high}),
        "ConsistentRead": True,
    }
    for item in query_pages(client, table_name, query):
        changed = masked_fields(from_attributes(item), text, mask)
        if changed:
            names = {f"#{name}": name for name in changed}
            expression = "SET " + ", ".join(f"#{name} = :{name}" for name in changed)
            values = to_attributes({f":{name}": value for name, value in changed.items()})
            key = {"PK": item["PK"], "SK": item["SK"]}
            yield item["SK"]["S"], update(table_name, key, expression, "attribute_exists(PK)", values, names)


def masked_fields(item: Mapping[str, Any], text: str, mask: str) -> dict[str, Any]:
    """The fields of a recorded change that hold the text, with the mask in its place."""
    masked = {name: _masked(item[name], text, mask) for name in _FIELDS if name in item}
    return {name: value for name, value in masked.items() if value != item[name]}


def _masked(value: Any, text: str, mask: str) -> Any:
    if isinstance(value, str):
        return value.replace(text, mask)
    if isinstance(value, dict):
        return {name: _masked(part, text, mask) for name, part in value.items()}
    return [_masked(part, text, mask) for part in value] if isinstance(value, list) else value
