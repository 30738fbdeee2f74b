"""The patches that make moto fast change no answer, no refusal, and nothing in the table."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.harness.fast_moto import make_moto_cheap
from tests.harness.table import TABLE
from tests.harness.template import table_properties

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

#  moto alone is the measure, so these tests have a table of their own.
pytestmark = pytest.mark.usefixtures("aws")
NESTED = {"L": [{"S": "a"}, {"M": {"b": {"N": "2"}, "c": {"BOOL": True}}}, {"NULL": True}]}


def key(number: int, partition: str = "ACCOUNT#1") -> dict[str, Any]:
    """The key of an item."""
    return {"PK": {"S": partition}, "SK": {"S": f"ITEM#{number:03}"}}


def item(number: int, partition: str = "ACCOUNT#1", **more: Any) -> dict[str, Any]:
    """An item with values of many types."""
    values = {"amount": {"N": str(number)}, "name": {"S": "Zoë"}, "nested": NESTED, "words": {"SS": ["x", "y"]}}
    return key(number, partition) | values | more


def update(number: int, expression: str, condition: str | None = None, **values: Any) -> dict[str, Any]:
    """An update of an item."""
    given = {f":{name}": value for name, value in values.items()}
    asked = {"TableName": TABLE, "Key": key(number), "UpdateExpression": expression}
    return asked | ({"ConditionExpression": condition} if condition else {}) | {"ExpressionAttributeValues": given}


def put(number: int, condition: str | None = None) -> dict[str, Any]:
    """A put of a new item."""
    found = {"TableName": TABLE, "Item": item(number)}
    return found | ({"ConditionExpression": condition} if condition else {})


def query(condition: str, **more: Any) -> dict[str, Any]:
    """A query in the partition of the account."""
    values = {":pk": {"S": "ACCOUNT#1"}} | more.pop("values", {})
    return {"TableName": TABLE, "KeyConditionExpression": condition, "ExpressionAttributeValues": values, **more}


ONE, TEXT = {"N": "1"}, {"S": "text"}
FEW = {":low": key(2)["SK"], ":high": key(5)["SK"]}
NAMED = {"ExpressionAttributeNames": {"#name": "name"}}
OTHER_NAME = {"ExpressionAttributeNames": {"#name": "nowhere"}}
LISTED = {"sweep_pk": {"S": "TOPUP#0"}, "sweep_sk": {"S": "2026"}}
REQUESTS: list[tuple[str, dict[str, Any]]] = [
    *(("put_item", {"TableName": TABLE, "Item": item(number)}) for number in range(9)),
    *(("put_item", {"TableName": TABLE, "Item": item(number, "ACCOUNT#2")}) for number in range(3)),
    ("put_item", {"TableName": TABLE, "Item": item(9, data={"B": b"\x00\xff"})}),
    ("put_item", put(1, "attribute_not_exists(PK)")),
    ("put_item", put(1, "attribute_not_exists(PK)") | {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}),
    ("put_item", put(1) | {"ReturnValues": "ALL_OLD"}),
    ("get_item", {"TableName": TABLE, "Key": key(1)}),
    ("get_item", {"TableName": TABLE, "Key": key(1), "ProjectionExpression": "#name, nested", **NAMED}),
    ("get_item", {"TableName": TABLE, "Key": key(99), "ConsistentRead": True}),
    ("get_item", {"TableName": "unknown", "Key": key(1)}),
    ("update_item", update(1, "ADD amount :by", by=ONE) | {"ReturnValues": "ALL_NEW"}),
    ("update_item", update(1, "ADD amount :by", by=ONE) | {"ReturnValues": "UPDATED_OLD"}),
    (
        "update_item",
        update(2, "SET added = if_not_exists(added, :by) + :by", "amount < :most", by=ONE, most={"N": "3"}),
    ),
    (
        "update_item",
        update(2, "SET added = if_not_exists(added, :by) + :by", "amount < :most", by=ONE, most={"N": "2"}),
    ),
    ("update_item", update(2, "SET added = missing + :by", by=ONE)),
    ("update_item", update(2, "SET added = :by", by=ONE, unused=ONE)),
    ("update_item", update(2, "SET added = :missing", by=ONE)),
    ("update_item", update(2, "SET SK = :to", to=TEXT)),
    ("update_item", update(2, "SET gone = :to REMOVE gone", to=TEXT)),
    ("update_item", update(3, "SET nested[1].b = :to, #name = :to", to=TEXT) | NAMED),
    ("update_item", update(3, "ADD words :more", more={"SS": ["z"]}) | {"ReturnValues": "ALL_NEW"}),
    ("update_item", update(3, "DELETE words :fewer", fewer={"SS": ["x"]}) | {"ReturnValues": "ALL_OLD"}),
    ("update_item", update(70, "SET made = :to ADD amount :by", to=TEXT, by=ONE)),
    ("update_item", update(71, "ADD amount :by", "attribute_exists(PK)", by=ONE)),
    ("update_item", update(4, "SET big = :big", big={"S": "b" * 420_000})),
    ("put_item", {"TableName": TABLE, "Item": item(5, big={"S": "b" * 420_000})}),
    ("query", query("PK = :pk")),
    ("query", query("PK = :pk", Limit=2, ScanIndexForward=False)),
    ("query", query("PK = :pk", Limit=2, ExclusiveStartKey=key(3))),
    ("query", query("PK = :pk", Select="COUNT")),
    ("query", query("PK = :pk AND SK BETWEEN :low AND :high", values=FEW, ProjectionExpression="SK")),
    ("query", query("PK = :pk AND begins_with(SK, :low)", values={":low": {"S": "ITEM#00"}})),
    ("query", query("PK = :pk", values={":x": {"N": "4"}}, FilterExpression="amount > :x OR contains(words, :pk)")),
    ("query", query("PK = :none", values={":none": {"S": "nobody"}})),
    ("query", query("PK = :pk AND SK > :missing")),
    ("update_item", update(5, "ADD amount :by", "attribute_exists(#name)", by=ONE) | NAMED),
    ("update_item", update(5, "ADD amount :by", "attribute_exists(#name)", by=ONE) | OTHER_NAME),
    *(("put_item", {"TableName": TABLE, "Item": item(50 + one, f"ACCOUNT#{one}", **LISTED)}) for one in range(3)),
    ("query", query("sweep_pk = :pk", values={":pk": LISTED["sweep_pk"]}, IndexName="sweep")),
    ("scan", {"TableName": TABLE, "FilterExpression": "amount IN (:x)", "ExpressionAttributeValues": {":x": ONE}}),
    ("scan", {"TableName": TABLE, "Limit": 4}),
    ("batch_get_item", {"RequestItems": {TABLE: {"Keys": [key(1), key(2), key(98)]}}}),
    ("batch_write_item", {"RequestItems": {TABLE: [{"PutRequest": {"Item": item(8)}}]}}),
    ("delete_item", {"TableName": TABLE, "Key": key(8), "ConditionExpression": "attribute_not_exists(amount)"}),
    ("delete_item", {"TableName": TABLE, "Key": key(8), "ReturnValues": "ALL_OLD"}),
    ("transact_write_items", {"TransactItems": [{"Put": put(20)}, {"Update": update(1, "ADD amount :by", by=ONE)}]}),
    (
        "transact_write_items",
        {
            "TransactItems": [
                {"Update": update(1, "ADD amount :by", by=ONE)},
                {"Delete": {"TableName": TABLE, "Key": key(6)}},
                {"Put": put(2, "attribute_not_exists(PK)") | {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}},
            ]
        },
    ),
    (
        "transact_write_items",
        {"TransactItems": [{"Update": update(3, "SET nested[1].c = :by", by=ONE)}, {"Put": put(2, "amount = PK")}]},
    ),
    ("transact_write_items", {"TransactItems": [{"Put": put(30)}, {"Update": update(30, "ADD amount :by", by=ONE)}]}),
    ("transact_write_items", {"TransactItems": [{"Put": put(31)}, {"Update": update(2, "SET SK = :to", to=TEXT)}]}),
    ("transact_get_items", {"TransactItems": [{"Get": {"TableName": TABLE, "Key": key(1)}}]}),
]
TOLD: list[Any] = []


@pytest.fixture
def table(dynamodb: "DynamoDBClient") -> Iterator["DynamoDBClient"]:
    """A table that no patch has touched."""
    dynamodb.create_table(TableName=TABLE, **table_properties())
    yield dynamodb
    dynamodb.delete_table(TableName=TABLE)


def answers(client: Any) -> list[Any]:
    """What each request answers, and the table afterwards."""
    told: list[Any] = []
    for operation, parameters in REQUESTS:
        try:
            answer = getattr(client, operation)(**parameters)
        except ClientError as error:
            answer = error.response
        told.append((operation, answer.pop("ResponseMetadata")["HTTPStatusCode"], answer))
        told.append(client.scan(TableName=TABLE, ConsistentRead=True)["Items"])
    return told


def test_moto_answers_as_before(table: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch) -> None:
    slow = answers(table)
    table.delete_table(TableName=TABLE)
    make_moto_cheap(monkeypatch)
    table.create_table(TableName=TABLE, **table_properties())
    fast = [answers(table)]
    for _ in range(2):  # What the patches remember from the first time must hold for the next.
        table.delete_table(TableName=TABLE)
        table.create_table(TableName=TABLE, **table_properties())
        fast.append(answers(table))
    refused = [one for one in slow if isinstance(one, tuple) and one[1] != 200]
    assert len(refused) > 10
    for run in fast:
        for number, (before, after) in enumerate(zip(slow, run, strict=True)):
            assert after == before, (REQUESTS[number // 2], json.dumps(str(after))[:2000])
