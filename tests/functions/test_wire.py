"""A transaction on the wire is complete and has the token that makes the client's retries safe."""

import json
from typing import Any

import pytest
from botocore.exceptions import ParamValidationError

from calling_credit.dynamodb.client import dynamodb_client
from tests.harness.table import Stack

pytestmark = pytest.mark.dynamodb


def put(table_name: str, sort_key: str) -> dict[str, Any]:
    """A put of one small item."""
    return {"Put": {"TableName": table_name, "Item": {"PK": {"S": "ACCOUNT#acct_wire"}, "SK": {"S": sort_key}}}}


def sent_bodies(client: Any) -> list[bytes]:
    """The bodies that this client sends from now on."""
    bodies: list[bytes] = []
    client.meta.events.register_first("before-send.dynamodb", lambda request, **_: bodies.append(request.body))
    return bodies


def test_a_transaction_is_sent_whole_and_written(stack: Stack) -> None:
    client = dynamodb_client()
    bodies = sent_bodies(client)
    actions: list[Any] = [put(stack.table_name, f"USER#{number}") for number in range(3)]
    client.transact_write_items(TransactItems=actions)
    assert json.loads(bodies[0])["TransactItems"] == actions
    assert [item["SK"] for item in stack.items("acct_wire")] == ["USER#0", "USER#1", "USER#2"]


def test_every_transaction_has_a_client_request_token_of_its_own(stack: Stack) -> None:
    client = dynamodb_client()
    bodies = sent_bodies(client)
    for number in range(2):
        client.transact_write_items(TransactItems=[put(stack.table_name, f"USER#{number}")])  # type: ignore[list-item]
    tokens = [json.loads(body)["ClientRequestToken"] for body in bodies]
    assert len(set(tokens)) == 2
    assert all(len(token) == 36 for token in tokens)


def test_an_invalid_attribute_value_is_refused_before_it_is_sent(stack: Stack) -> None:
    client = dynamodb_client()
    bodies = sent_bodies(client)
    wrong: Any = put(stack.table_name, "USER#1") | {"Put": {"TableName": stack.table_name, "Item": {"PK": {"S": 1}}}}
    with pytest.raises(ParamValidationError):
        client.transact_write_items(TransactItems=[wrong])
    assert bodies == []
