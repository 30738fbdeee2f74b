"""Connector keys of the deployed application, and the probe of the function that checks them."""

import uuid
from datetime import UTC, datetime
from typing import Any

import boto3
import httpx

from calling_credit.changes.actor import command_actor
from calling_credit.connectors.key import KeySettings, hash_of
from calling_credit.connectors.store import ConnectorKeyStore
from local.stack import Stack

OPERATOR = command_actor("tests", "localhost")
CALL = {"call_id": "c_key", "account_id": "acct_meridian", "line_id": "line_lobby", "to": "+12125550100"}
"""An included call: it holds no credit."""


def store_of(deployed: Stack) -> ConnectorKeyStore:
    """The keys of the stack."""
    return ConnectorKeyStore(boto3.client("dynamodb"), deployed.outputs["TableName"])


def new_key(deployed: Stack, name: str = "", **settings: Any) -> str:
    """Create a key; return it."""
    name = name or f"probe-{uuid.uuid4().hex[:12]}"
    return store_of(deployed).create(KeySettings(name, **settings), OPERATOR, datetime.now(UTC))


def ask(deployed: Stack, header: str | bytes | None, path: str = "/connector/calls/authorize") -> httpx.Response:
    """Ask about a call with an Authorization header, or without one."""
    headers: Any = {} if header is None else {"Authorization": header}
    return deployed.api.request("POST", path, json=CALL, headers=headers)


def use_a_key(deployed: Stack, tokens: dict[str, str]) -> None:
    """Ask with a new key, and see its use stored."""
    key = new_key(deployed)
    answer = ask(deployed, f"Bearer {key}")
    assert answer.status_code == 200, answer.text
    stored = store_of(deployed).find(hash_of(key))
    assert stored is not None
    assert stored.last_used_at is not None, "the use is not stored"
    assert stored.last_address
