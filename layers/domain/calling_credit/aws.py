"""The one AWS session of the process, from which every client is made.

It uses botocore directly. boto3 would create the same clients, but its resources and S3 transfers, which are not used
here, would make a function's start a quarter longer.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Final, cast

import botocore.session
from botocore.config import Config as ClientConfig
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_secretsmanager import SecretsManagerClient


@lru_cache(maxsize=1)
def aws_session() -> botocore.session.Session:
    """Return the session. Its clients share its service models and credentials."""
    return botocore.session.get_session()


@lru_cache(maxsize=1)
def _user_pool_client() -> "CognitoIdentityProviderClient":
    limits = ClientConfig(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 2})
    return cast("CognitoIdentityProviderClient", aws_session().create_client("cognito-idp", config=limits))


def revoke_refresh_tokens(user_pool_id: str, subject: str) -> bool:
    """Revoke the refresh tokens of a user of a Cognito user pool. Return False if the pool does not know the user.

    Raises:
        ClientError, BotoCoreError: Cognito refuses, or does not answer.
    """
    try:
        _user_pool_client().admin_user_global_sign_out(UserPoolId=user_pool_id, Username=subject)
    except ClientError as error:
        if error.response["Error"]["Code"] != "UserNotFoundException":
            raise
        return False
    return True


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
