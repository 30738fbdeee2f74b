"""Reads all of one account, as it stands at one moment, into a book to be proven; finds accounts to prove."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from calling_credit.audit.book import Book
from calling_credit.dynamodb import keys, sweep_keys
from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.dynamodb.pages import query_pages
from calling_credit.dynamodb.sweep import query_due
from calling_credit.recharge.items import RECHARGE_KIND

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ATTEMPTS: Final = 5


def read_book(client: "DynamoDBClient", table_name: str, account_id: str) -> Book | None:
    """The book of an account; None if it never stood still while it was read.

    DynamoDB answers a large account page by page, and calls are posted in between. Whatever is posted changes the
    balance, which the first page shows: it is still the same after the last page, or everything is read again.
    """
    for _ in range(ATTEMPTS):
        book, before = Book(account_id), None
        for attributes in _items(client, table_name, account_id):
            item = from_attributes(attributes)
            if item["SK"] == keys.balance_sk():
                before = attributes
            book.add(item)
        key = {"PK": {"S": keys.account_pk(account_id)}, "SK": {"S": keys.balance_sk()}}
        after = client.get_item(TableName=table_name, Key=key, ConsistentRead=True).get("Item")
        if before == after:
            return book
    return None


def accounts_with_a_rule(client: "DynamoDBClient", table_name: str) -> Iterator[str]:
    """The accounts whose automatic recharge is on: the sweep index lists these, and no others."""
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
