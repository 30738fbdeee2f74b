"""One DynamoDB client for the process, the translation of its errors, and plain values in and out of attribute
values.
"""

from typing import TYPE_CHECKING, cast

from botocore.config import Config as ClientConfig

from calling_credit.aws import aws_session
from calling_credit.config import config
from calling_credit.dynamodb.wire import send_transactions_as_they_stand

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def dynamodb_client() -> "DynamoDBClient":
    """A client that gives up a lost connection quickly. Parameter validation, half of a large send's CPU, runs in
    tests only.
    """
    settings = config()
    client = aws_session().create_client(
        "dynamodb",
        config=ClientConfig(
            connect_timeout=1,
            read_timeout=3,
            retries={"mode": "standard", "total_max_attempts": 3},
            max_pool_connections=settings.posting_threads,
            parameter_validation=settings.validate_parameters,
        ),
    )
    dynamodb = cast("DynamoDBClient", client)
    send_transactions_as_they_stand(dynamodb, validate=settings.validate_parameters)
    return dynamodb
