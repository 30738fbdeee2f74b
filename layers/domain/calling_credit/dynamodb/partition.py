"""Read one partition of the table: an item by its sort key, or a range of sort keys."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.dynamodb.pages import query_pages
from calling_credit.dynamodb.unreadable import OnUnreadable, decode_item, raise_unreadable, readable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Partition:
    """The items with one partition key, as plain values."""

    def __init__(self, client: "DynamoDBClient", table_name: str, pk: str) -> None:
        self.pk = pk
        self._client = client
        self._table_name = table_name

    def get(self, sort_key: str) -> dict[str, Any] | None:
        """Return the item with this sort key (strongly consistent read), or None.

        Raises:
            UnreadableItem: an attribute has a wrong type.
        """
        answer = self._client.get_item(
            TableName=self._table_name,
            Key={"PK": {"S": self.pk}, "SK": {"S": sort_key}},
            ConsistentRead=True,
        )
        return decode_item(answer["Item"], from_attributes) if "Item" in answer else None

    def query(
        self,
        low: str,
        high: str,
        *,
        consistent: bool = False,
        newest_first: bool = False,
        on_unreadable: OnUnreadable = raise_unreadable,
    ) -> Iterator[dict[str, Any]]:
        """Yield the items whose sort keys lie between `low` and `high`, both inclusive, in key order.

        Raises:
            UnreadableItem: an attribute of an item has a wrong type, and `on_unreadable` raises it.
        """
        if low > high:  # DynamoDB refuses such a range. A cursor has one once the items after it have expired.
            return iter(())
        query = {
            "KeyConditionExpression": "PK = :pk AND SK BETWEEN :low AND :high",
            "ExpressionAttributeValues": {":pk": {"S": self.pk}, ":low": {"S": low}, ":high": {"S": high}},
            "ConsistentRead": consistent,
            "ScanIndexForward": not newest_first,
        }
        items = query_pages(self._client, self._table_name, query)
        return readable(items, from_attributes, on_unreadable)
