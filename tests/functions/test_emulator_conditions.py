"""The condition keys that the local stack adds to the emulator have the values that AWS gives them."""

import json
from typing import Any

import pytest
from ministack.core import iam_actions, iam_evaluator

from local.emulator_conditions import (
    Arn,
    attributes,
    checks_of_transaction,
    context_of,
    install,
    leading_keys,
    mail_resource,
)

TABLE = {"KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}]}
INDEX = {"IndexName": "sweep", "KeySchema": [{"AttributeName": "sweep_pk", "KeyType": "HASH"}]}
KEY = {"PK": {"S": "ACCOUNT#acct_1"}, "SK": {"S": "BALANCE"}}
OTHER = {"PK": {"S": "CARD#1"}, "SK": {"S": "CARD"}}


@pytest.fixture(autouse=True)
def tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """The emulator knows one table with one index."""
    known = {"ledger": TABLE | {"GlobalSecondaryIndexes": [INDEX]}}
    monkeypatch.setattr("local.emulator_conditions.dynamodb._tables", known)


@pytest.mark.parametrize(
    ("action", "request_", "expected"),
    [
        ("GetItem", {"Key": KEY}, ["ACCOUNT#acct_1"]),
        ("UpdateItem", {"Key": OTHER}, ["CARD#1"]),
        ("PutItem", {"Item": KEY | {"posted_micros": {"N": "1"}}}, ["ACCOUNT#acct_1"]),
        ("DeleteItem", {"Key": OTHER}, ["CARD#1"]),
        ("BatchGetItem", {"RequestItems": {"ledger": {"Keys": [KEY, OTHER]}}}, ["ACCOUNT#acct_1", "CARD#1"]),
        (
            "BatchWriteItem",
            {"RequestItems": {"ledger": [{"PutRequest": {"Item": KEY}}, {"DeleteRequest": {"Key": OTHER}}]}},
            ["ACCOUNT#acct_1", "CARD#1"],
        ),
        (
            "Query",
            {
                "KeyConditionExpression": "PK = :pk AND SK BETWEEN :low AND :high",
                "ExpressionAttributeValues": {":pk": {"S": "ACCOUNT#acct_1"}, ":low": {"S": "A"}, ":high": {"S": "B"}},
            },
            ["ACCOUNT#acct_1"],
        ),
        (
            "Query",
            {
                "IndexName": "sweep",
                "KeyConditionExpression": "#kind = :kind",
                "ExpressionAttributeNames": {"#kind": "sweep_pk"},
                "ExpressionAttributeValues": {":kind": {"S": "TOPUP#0"}},
            },
            ["TOPUP#0"],
        ),
        ("Scan", {}, []),
        ("ExecuteStatement", {"Statement": "SELECT * FROM ledger"}, []),
        ("TransactWriteItems", {"TransactItems": [{"Put": {"TableName": "ledger", "Item": KEY}}]}, []),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_leading_keys_are_the_partitions_that_a_request_names(
    action: str, request_: dict[str, Any], expected: list[str]
) -> None:
    request = {"TableName": "ledger", **request_}
    assert leading_keys(action, request) == expected
    context = context_of("dynamodb", f"dynamodb:{action}", json.dumps(request).encode())
    named: dict[str, Any] = {"dynamodb:Attributes": ["PK", "SK"]} if action == "UpdateItem" else {}
    assert context == ({"dynamodb:LeadingKeys": expected} if expected else {}) | named


def test_an_update_is_checked_with_every_attribute_that_it_names() -> None:
    request = {
        "TableName": "ledger",
        "Key": KEY,
        "UpdateExpression": "SET last_used_at = :now, #a = if_not_exists(#a, :b) REMOVE revoked_at",
        "ConditionExpression": "attribute_exists(PK) AND (attribute_not_exists(seen) OR seen <= :before)",
        "ExpressionAttributeNames": {"#a": "address"},
        "ExpressionAttributeValues": {":now": {"S": "hidden"}},
    }
    expected = ["PK", "SK", "address", "last_used_at", "revoked_at", "seen"]
    assert attributes(request) == expected
    [(_, checked)] = checks_of_transaction(
        json.dumps({"TransactItems": [{"Update": request}]}).encode(), [("dynamodb:UpdateItem", "arn:1")]
    )
    assert isinstance(checked, Arn)
    assert checked.context["dynamodb:Attributes"] == expected


def test_each_action_of_a_transaction_is_checked_with_its_own_key() -> None:
    actions = [{"Put": {"TableName": "ledger", "Item": KEY}}, {"ConditionCheck": {"TableName": "ledger", "Key": OTHER}}]
    checks = [("dynamodb:PutItem", "arn:1"), ("dynamodb:ConditionCheckItem", "arn:1")]
    found = checks_of_transaction(json.dumps({"TransactItems": actions}).encode(), checks)
    assert found == checks
    contexts = [arn.context for _, arn in found if isinstance(arn, Arn)]
    assert contexts == [{"dynamodb:LeadingKeys": ["ACCOUNT#acct_1"]}, {"dynamodb:LeadingKeys": ["CARD#1"]}]
    assert checks_of_transaction(b"{}", []) == []


def test_a_batch_of_messages_needs_the_action_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("request_tag_context", "dynamodb_transaction_checks", "extract_resource_arn", "extract_iam_action"):
        monkeypatch.setattr(iam_actions, name, getattr(iam_actions, name))
    monkeypatch.setattr(iam_evaluator, "enforce", iam_evaluator.enforce)
    install()
    asked = {
        target: iam_actions.extract_iam_action("sqs", "POST", "/", {"x-amz-target": f"AmazonSQS.{target}"}, b"{}", {})
        for target in ("SendMessageBatch", "SendMessage", "DeleteMessageBatch", "ReceiveMessage")
    }
    assert list(asked.values()) == ["sqs:SendMessage", "sqs:SendMessage", "sqs:DeleteMessage", "sqs:ReceiveMessage"]
    assert iam_actions.extract_iam_action("unknown", "GET", "/", {}, b"", {}) is None


def test_events_have_their_sources_and_mails_their_senders_address() -> None:
    body = json.dumps({"Entries": [{"Source": "calling-credit"}, {"Source": "other"}, {}]}).encode()
    assert context_of("events", "events:PutEvents", body) == {"events:source": ["", "calling-credit", "other"]}
    assert context_of("events", "events:PutRule", body) == {}
    sent = mail_resource("*", json.dumps({"FromEmailAddress": "Billing <billing@phone.example>"}).encode())
    assert isinstance(sent, Arn)
    assert (sent, sent.context) == ("*", {"ses:FromAddress": "billing@phone.example"})
    assert not isinstance(mail_resource("*", b"not JSON"), Arn)
