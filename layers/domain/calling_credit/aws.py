"""The one AWS session of the process, from which every client is made.

It uses botocore directly. boto3 would create the same clients, but its resources and S3 transfers, which are not used
here, would make a function's start a quarter longer.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, cast

import botocore.session

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


@lru_cache(maxsize=1)
def aws_session() -> botocore.session.Session:
    """Return the session. Its clients share its service models and credentials."""
    return botocore.session.get_session()


@lru_cache(maxsize=8)
def read_secret(arn: str) -> str:
    """Return the text of a secret."""
    client = cast("SecretsManagerClient", aws_session().create_client("secretsmanager"))
    return client.get_secret_value(SecretId=arn)["SecretString"]
