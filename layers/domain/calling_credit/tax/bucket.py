"""The object of the tax table in the deck bucket."""

from typing import TYPE_CHECKING, Final, cast

from botocore.config import Config as ClientConfig
from botocore.exceptions import BotoCoreError, ClientError

from calling_credit.aws import aws_session

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

TABLE_KEY: Final = "tax/rates.csv"
TABLE_ERRORS: Final = (ClientError, BotoCoreError)
"""What a client raises if there is no table, or S3 refuses or does not answer."""


def table_client() -> "S3Client":
    """Return a client that gives up quickly: a customer waits for the tax."""
    limits = ClientConfig(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 2})
    return cast("S3Client", aws_session().create_client("s3", config=limits))


def read_table(client: "S3Client", bucket: str) -> bytes:
    """Read the table.

    Raises:
        ClientError, BotoCoreError: there is none, or S3 does not answer.
    """
    return client.get_object(Bucket=bucket, Key=TABLE_KEY)["Body"].read()


def put_table(client: "S3Client", bucket: str, data: bytes) -> None:
    """Store a table. Its rows hold from the times that they name, but at most a minute late."""
    client.put_object(Bucket=bucket, Key=TABLE_KEY, Body=data, ContentType="text/csv; charset=utf-8")
