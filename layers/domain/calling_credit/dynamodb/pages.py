"""Query all pages of a key range."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def query_pages(client: "DynamoDBClient", table_name: str, query: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the items of a Query as attribute values. The next page is read only when its first item is needed."""
    for page in read_pages(client, table_name, query):
        yield from page["Items"]


def read_pages(client: "DynamoDBClient", table_name: str, query: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the answers of a Query, page by page.

    Args:
        query: The parameters of the Query except `TableName`. An `ExclusiveStartKey` sets where the first page starts.
    """
    parameters = dict(query)
    while True:
        page: Any = client.query(TableName=table_name, **parameters)
        yield page
        if "LastEvaluatedKey" not in page:
            return
        parameters["ExclusiveStartKey"] = page["LastEvaluatedKey"]
