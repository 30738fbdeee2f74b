"""The process's DynamoDB client."""

from typing import TYPE_CHECKING, cast

from botocore.config import Config as ClientConfig

from calling_credit.aws import aws_session
from calling_credit.config import config
from calling_credit.dynamodb.wire import skip_serialization

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def dynamodb_client() -> "DynamoDBClient":
    """Create a client with short timeouts. Parameter validation, half a large request's CPU, runs only in tests."""
    settings = config()
    client = aws_session().create_client(
        "dynamodb",
        config=ClientConfig(
            user_agent="calling-credit",  # Otherwise, the name is put together for each request.
            connect_timeout=1,
            read_timeout=3,
            retries={"mode": "standard", "total_max_attempts": 3},
            max_pool_connections=settings.posting_threads,
            parameter_validation=settings.validate_parameters,
        ),
    )
    dynamodb = cast("DynamoDBClient", client)
    skip_serialization(dynamodb, validate=settings.validate_parameters)
    return dynamodb
