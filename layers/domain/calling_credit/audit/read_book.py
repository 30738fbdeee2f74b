"""Reads the book of one account at one moment, and lists accounts to prove."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from calling_credit.audit.book import Book
from calling_credit.dynamodb import keys, sweep_keys
from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.dynamodb.pages import query_pages
from calling_credit.dynamodb.sweep import query_due
from calling_credit.dynamodb.unreadable import decode_item
from calling_credit.recharge.items import RECHARGE_KIND

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_ATTEMPTS: Final = 5


def read_book(client: "DynamoDBClient", table_name: str, account_id: str) -> Book | None:
    """Return the book of an account; None if the account changed during every attempt.

    DynamoDB returns a large account page by page, and calls are posted in between. Every posting changes the balance on
    the first page. If the balance is different after the last page, everything is read again.

    Raises:
        UnreadableItem: an item of the account, which is therefore not proven.
    """
    for _ in range(MAX_ATTEMPTS):
        book, before = Book(account_id), None
        for attributes in _items(client, table_name, account_id):
            item = decode_item(attributes, from_attributes)
            if item["SK"] == keys.balance_sk():
                before = attributes
            decode_item(item, book.add)
        key = {"PK": {"S": keys.account_pk(account_id)}, "SK": {"S": keys.balance_sk()}}
        after = client.get_item(TableName=table_name, Key=key, ConsistentRead=True).get("Item")
        if before == after:
            return book
    return None


def accounts_with_a_rule(client: "DynamoDBClient", table_name: str) -> Iterator[str]:
    """Yield the accounts whose automatic recharge is on, which the sweep index lists."""
    for partition in sweep_keys.sweep_partitions(RECHARGE_KIND):
        for item in query_due(client, table_name, partition, keys.AFTER):
            yield keys.account_of(item["PK"]["S"])


def _items(client: "DynamoDBClient", table_name: str, account_id: str) -> Iterator[dict[str, Any]]:
    query = {
        "KeyConditionExpression": "PK = :pk",
        "ExpressionAttributeValues": {":pk": {"S": keys.account_pk(account_id)}},
        "ConsistentRead": True,
    }
    return query_pages(client, table_name, query)
