"""Secrets from AWS Secrets Manager, read once per process and never logged."""

from functools import lru_cache

import boto3


@lru_cache(maxsize=8)
def read_secret(arn: str) -> str:
    """The text of a secret."""
    return boto3.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]
