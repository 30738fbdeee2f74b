"""Reads the book of one account at one moment."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from calling_credit.audit.book import NEEDED_KINDS, PROOF_KIND, Book
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.dynamodb.pages import query_pages
from calling_credit.dynamodb.unreadable import UnreadableItem, decode_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_ATTEMPTS: Final = 5


def read_book(client: "DynamoDBClient", table_name: str, account_id: str) -> Book | None:
    """Return the book of an account; None if the account changed during every attempt.

    DynamoDB returns a large account page by page, and calls are posted in between. Every posting changes the balance on
    the first page. If the balance is different after the last page, everything is read again.

    Raises:
        UnreadableItem: an item that the book needs cannot be read.
    """
    for _ in range(MAX_ATTEMPTS):
        book, before = Book(account_id), None
        for attributes in _items(client, table_name, account_id):
            if attributes["SK"]["S"] == keys.balance_sk():
                before = attributes
            add_item(book, attributes)
        key = {"PK": {"S": keys.account_pk(account_id)}, "SK": {"S": keys.balance_sk()}}
        after = client.get_item(TableName=table_name, Key=key, ConsistentRead=True).get("Item")
        if before == after:
            return book
    return None


def add_item(book: Book, attributes: dict[str, Any]) -> None:
    """Add an item to a book.

    Raises:
        UnreadableItem: the book needs the item, and it cannot be read. A checkpoint is not needed.
    """
    kind = keys.kind_of(attributes["SK"]["S"])
    if kind == PROOF_KIND:
        book.add(_checkpoint(attributes))
    elif kind in NEEDED_KINDS:
        decode_item(attributes, lambda one: book.add(from_attributes(one)))


def _checkpoint(attributes: dict[str, Any]) -> dict[str, Any]:
    """A checkpoint in plain values; only its key and its version if the rest cannot be read."""
    try:
        return from_attributes(attributes)
    except UnreadableItem:
        return from_attributes({name: attributes[name] for name in ("PK", "SK", "proven_at") if name in attributes})


def _items(client: "DynamoDBClient", table_name: str, account_id: str) -> Iterator[dict[str, Any]]:
    query = {
        "KeyConditionExpression": "PK = :pk",
        "ExpressionAttributeValues": {":pk": {"S": keys.account_pk(account_id)}},
        "ConsistentRead": True,
    }
    return query_pages(client, table_name, query)
