"""The one AWS session of the process, from which every client is made.

botocore's own: boto3 would make the same clients and add a quarter to the time a function takes to start, for resources
and S3 transfers that nothing here uses.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, cast

import botocore.session

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


@lru_cache(maxsize=1)
def aws_session() -> botocore.session.Session:
    """The session; its clients share what it has read of service models and credentials."""
    return botocore.session.get_session()


@lru_cache(maxsize=8)
def read_secret(arn: str) -> str:
    """The text of a secret."""
    client = cast("SecretsManagerClient", aws_session().create_client("secretsmanager"))
    return client.get_secret_value(SecretId=arn)["SecretString"]
