"""Query all pages of a key range."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def query_pages(client: "DynamoDBClient", table_name: str, query: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the items of a Query, page by page, as attribute values.

    Args:
        query: The parameters of the Query except `TableName`. An `ExclusiveStartKey` sets where the first page starts.
    """
    parameters = dict(query)
    while True:
        page = client.query(TableName=table_name, **parameters)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        parameters["ExclusiveStartKey"] = page["LastEvaluatedKey"]
