"""Proofs cover the counters of included minutes: a full one compares them with entries and live holds."""

from typing import Any

import pytest

from calling_credit.audit.proof import DifferenceCode, prove_sums
from calling_credit.audit.read_book import read_book
from calling_credit.dynamodb import keys, minute_keys
from tests.functions.minutes_bench import COUNTER, UK, charged, give
from tests.harness.world import World

pytestmark = pytest.mark.dynamodb


def found(world: World) -> list[tuple[str, str, str]]:
    """The differences of the account: code, expected, and found."""
    book = read_book(world.stack.dynamodb, world.stack.table_name, "acct_1")
    assert book is not None
    return [(one.code, one.expected, one.found) for one in prove_sums(book)]


def damage(world: World, **numbers: int) -> None:
    """Change numbers of the counter."""
    key: Any = {"PK": keys.account_pk("acct_1"), "SK": minute_keys.minutes_sk(COUNTER)}
    for name, number in numbers.items():
        world.stack.dynamodb.update_item(
            TableName=world.stack.table_name,
            Key={part: {"S": text} for part, text in key.items()},
            UpdateExpression="SET #name = :number",
            ExpressionAttributeNames={"#name": name},
            ExpressionAttributeValues={":number": {"N": str(number)}},
        )


@pytest.fixture(autouse=True)
def used(world: World) -> None:
    """Let acct_1 use a minute, and hold another."""
    give(world, UK)
    charged(world, 60)
    assert world.authorize("c_2", seconds=60).body["covered_seconds"] == 60


def test_right_counters_have_no_difference(world: World) -> None:
    assert found(world) == []


@pytest.mark.parametrize(
    ("numbers", "difference"),
    [
        ({"left_seconds": 540}, (DifferenceCode.LEFT_MINUTES, "480 s", "540 s")),
        ({"used_seconds": 0, "left_seconds": 540}, (DifferenceCode.USED_MINUTES, "60 s", "0 s")),
        ({"minutes": 11}, (DifferenceCode.LEFT_MINUTES, "540 s", "480 s")),
    ],
)
def test_a_wrong_counter_is_named(world: World, numbers: dict[str, int], difference: tuple[str, str, str]) -> None:
    damage(world, **numbers)
    assert found(world) == [difference]


def test_a_lost_counter_is_named(world: World) -> None:
    key = {"PK": {"S": keys.account_pk("acct_1")}, "SK": {"S": minute_keys.minutes_sk(COUNTER)}}
    world.stack.dynamodb.delete_item(TableName=world.stack.table_name, Key=key)
    assert [code for code, _, _ in found(world)] == [DifferenceCode.USED_MINUTES, DifferenceCode.LEFT_MINUTES]
