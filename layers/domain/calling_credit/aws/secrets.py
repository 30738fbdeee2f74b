"""Secrets from AWS Secrets Manager, read once per process and never logged."""

from functools import lru_cache
from typing import TYPE_CHECKING, cast

from calling_credit.aws.session import aws_session

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


@lru_cache(maxsize=8)
def read_secret(arn: str) -> str:
    """The text of a secret."""
    client = cast("SecretsManagerClient", aws_session().create_client("secretsmanager"))
    return client.get_secret_value(SecretId=arn)["SecretString"]
