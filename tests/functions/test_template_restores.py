"""A restored table becomes the live one by two parameters: every function, policy, and stream then uses it."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.functions.policy_tables import STREAM
from tests.functions.template_resources import RESOURCES, TEMPLATE, on_aws, translated
from tests.harness.template import template

NAME, STREAM_ARN = "ledger-restored", "arn:aws:dynamodb:us-east-1:123456789012:table/ledger-restored/stream/2026"
PARTS = {"AWS::Partition": "aws", "AWS::Region": "us-east-1", "AWS::AccountId": "123456789012"}
VALUES = PARTS | {"LedgerTableName": NAME, "LedgerStreamArn": STREAM_ARN}


def references(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every reference to the stack's own table outside of a choice between both tables, with its path."""
    if isinstance(node, list):
        for number, part in enumerate(node):
            yield from references(part, f"{path}/{number}")
    elif isinstance(node, dict):
        if node.get("Fn::If", [None])[0] == "CreatesTable":
            yield from references(node["Fn::If"][2], f"{path}/named")
            return
        if node.get("Ref") == "LedgerTable" or (node.get("Fn::GetAtt") or [None])[0] == "LedgerTable":
            yield path, node
        for name, part in node.items():
            yield from references(part, f"{path}/{name}")
    elif isinstance(node, str) and re.search(r"\$\{LedgerTable[.}]", node):
        yield path, node


def chosen(node: Any, *, own: bool) -> Any:
    """A part of the template with one of the two tables chosen, and its parameters put in."""
    if isinstance(node, list):
        return [chosen(part, own=own) for part in node]
    if not isinstance(node, dict):
        return node
    if node.get("Fn::If", [None])[0] == "CreatesTable":
        return chosen(node["Fn::If"][1 if own else 2], own=own)
    if set(node) == {"Ref"} and node["Ref"] in VALUES:
        return VALUES[node["Ref"]]
    if isinstance(node.get("Fn::Sub"), str):
        return re.sub(r"\$\{([\w:]+)\}", lambda name: VALUES.get(name[1], name[0]), node["Fn::Sub"])
    return {name: chosen(part, own=own) for name, part in node.items()}


@pytest.mark.parametrize("part", ["Resources", "Outputs", "Globals"])
def test_nothing_refers_to_the_own_table_without_a_choice(part: str) -> None:
    assert list(references(template()[part])) == []


def test_every_function_and_policy_uses_the_named_table() -> None:
    table = f"arn:aws:dynamodb:us-east-1:123456789012:table/{NAME}"
    allowed = {table, f"{table}/index/sweep", STREAM_ARN}
    for name, resource in translated().items():
        properties = chosen(resource["Properties"], own=False)
        if resource["Type"] == "AWS::Lambda::Function":
            assert properties["Environment"]["Variables"]["TABLE_NAME"] == NAME, name
        if resource["Type"] == "AWS::Lambda::EventSourceMapping" and "Stream" in str(resource["Properties"]):
            assert properties["EventSourceArn"] == STREAM_ARN, name
        for policy in properties.get("Policies", []) if resource["Type"] == "AWS::IAM::Role" else []:
            for statement in map(on_aws, policy["PolicyDocument"]["Statement"]):
                if "dynamodb:" in str(statement["Action"]):
                    assert statement["Resource"] in allowed, (name, statement["Sid"])


def test_without_the_parameters_everything_uses_the_own_table() -> None:
    assert "LedgerTableName" not in str(chosen(translated(), own=True))
    assert chosen(STREAM, own=True) == {"Fn::GetAtt": ["LedgerTable", "StreamArn"]}
    assert chosen(TEMPLATE["Outputs"]["TableName"]["Value"], own=True) == {"Ref": "LedgerTable"}


def test_the_own_table_stays_in_the_stack_while_another_one_is_live() -> None:
    """A table that left the stack would come back as a new, empty one when the parameters are removed."""
    assert "Condition" not in RESOURCES["LedgerTable"]


def test_name_and_stream_of_another_table_are_set_together() -> None:
    for rule, given, needed in (
        ("AnotherTableHasAStream", "LedgerTableName", "LedgerStreamArn"),
        ("AnotherStreamHasATable", "LedgerStreamArn", "LedgerTableName"),
    ):
        [assertion] = TEMPLATE["Rules"][rule]["Assertions"]
        assert TEMPLATE["Rules"][rule]["RuleCondition"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": given}, ""]}]}
        assert assertion["Assert"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": needed}, ""]}]}
