"""The functions' environment as one typed model, read and judged once at start so that a wrong deployment fails at
once.
"""

import os
from functools import lru_cache

from pydantic import BaseModel, ConfigDict, Field


class Config(BaseModel):
    """Every setting a function reads. Those a function does not need stay empty in its environment."""

    model_config = ConfigDict(frozen=True)

    table_name: str = Field(alias="TABLE_NAME", min_length=3)
    deck_bucket: str = Field(alias="DECK_BUCKET", default="")
    cursor_secret_arn: str = Field(alias="CURSOR_SECRET_ARN", default="")
    account_claim: str = Field(alias="ACCOUNT_CLAIM", default="custom:account_id")
    groups_claim: str = Field(alias="GROUPS_CLAIM", default="cognito:groups")
    token_use_claim: str = Field(alias="TOKEN_USE_CLAIM", default="token_use")
    admin_group: str = Field(alias="ADMIN_GROUP", default="billing_admin")
    operate_scope: str = Field(alias="OPERATE_SCOPE", default="accounts/operate")
    posting_threads: int = Field(alias="POSTING_THREADS", default=16, ge=1, le=64)
    validate_parameters: bool = Field(alias="VALIDATE_PARAMETERS", default=False)


@lru_cache(maxsize=1)
def config() -> Config:
    """The settings of this process.

    Raises:
        pydantic.ValidationError: a setting is missing or not of its form; it names the variable.
    """
    return Config.model_validate(dict(os.environ))
