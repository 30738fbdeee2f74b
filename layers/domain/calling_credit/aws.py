"""The one AWS session of the process, from which every client is made.

It uses botocore directly. boto3 would create the same clients, but its resources and S3 transfers, which are not used
here, would make a function's start a quarter longer.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Final, cast

import botocore.session
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


@lru_cache(maxsize=1)
def aws_session() -> botocore.session.Session:
    """Return the session. Its clients share its service models and credentials."""
    return botocore.session.get_session()


SECRET_ERRORS: Final = (ClientError, BotoCoreError)
"""What `read_secret` raises if Secrets Manager refuses, or does not answer."""


@lru_cache(maxsize=1)
def _secrets_client() -> "SecretsManagerClient":
    return cast("SecretsManagerClient", aws_session().create_client("secretsmanager"))


def read_secret(arn: str, stage: str) -> str | None:
    """Return the text of a version (`AWSCURRENT`, `AWSPREVIOUS`) of a secret; None if it has no such version."""
    try:
        return _secrets_client().get_secret_value(SecretId=arn, VersionStage=stage)["SecretString"]
    except ClientError as error:
        if stage == "AWSCURRENT" or error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return None
