"""Secrets that the operator rotates, and the requests to Secrets Manager."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from calling_credit import aws
from calling_credit.stored_secrets import forget_secrets
from local.stripe_stand_in.stand_in import DEFAULT_API_KEY, DEFAULT_WEBHOOK_SECRET

STRIPE, SIGNING = "STRIPE_SECRET_ARN", "CURSOR_SECRET_ARN"
STANDING = {
    STRIPE: json.dumps({"api_key": DEFAULT_API_KEY, "webhook_secret": DEFAULT_WEBHOOK_SECRET}),
    SIGNING: "test-secret",
}


class Secrets:
    """The secrets of the stack, and which versions the functions have read."""

    def __init__(self) -> None:
        self.reads: list[tuple[str, str]] = []
        self.is_down = False

    def store(self, name: str, text: str, *, times: int = 1) -> None:
        """Store a new version, as the operator does, once or twice."""
        for _ in range(times):
            boto3.client("secretsmanager").put_secret_value(SecretId=os.environ[name], SecretString=text)

    def store_stripe(self, *, times: int = 1, **settings: str) -> None:
        """Store a new version of the Stripe secret, with these settings changed."""
        self.store(STRIPE, json.dumps(json.loads(STANDING[STRIPE]) | settings), times=times)

    def count(self) -> int:
        """The number of requests since the last count."""
        count = len(self.reads)
        self.reads.clear()
        return count


@contextmanager
def counted(patch: pytest.MonkeyPatch) -> Iterator[Secrets]:
    """The secrets, with all requests recorded; at the end, the standing values in both versions."""
    secrets, client = Secrets(), aws._secrets_client()
    original = client.get_secret_value

    def read(**request: Any) -> Any:
        if secrets.is_down:
            raise ClientError({"Error": {"Code": "InternalServiceError"}}, "GetSecretValue")
        secrets.reads.append((request["SecretId"], request["VersionStage"]))
        return original(**request)

    patch.setattr(client, "get_secret_value", read)
    forget_secrets()
    try:
        yield secrets
    finally:
        for name, text in STANDING.items():
            secrets.store(name, text, times=2)
        forget_secrets()


@pytest.fixture
def secrets(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Secrets]:
    """The stack's secrets, not read yet."""
    with counted(monkeypatch) as found:
        yield found
