"""Commands that list print counts first, then the oldest items, with little memory and despite damaged items."""

import sys
from itertools import count
from types import ModuleType
from typing import Any

import boto3
import pytest

from calling_credit.payments.issues import Issue, report_issue
from ops import list_payment_issues, list_unrated
from ops.stack import FoundStack
from tests.harness.world import UNCOVERED, World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]


@pytest.fixture(autouse=True)
def stack(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Connect the commands with the table."""
    found = FoundStack("staging", False, {"TableName": world.stack.table_name}, boto3.Session(), None)
    for module in (list_unrated, list_payment_issues):
        monkeypatch.setattr(module, "find_stack", lambda: found)
        monkeypatch.setattr(module, "MAX_ROWS", 3)


def lines_of(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *options: str
) -> list[str]:
    """The output of a command."""
    capsys.readouterr()
    monkeypatch.setattr(sys, "argv", ["make", *options])
    assert module.main() == 0
    return capsys.readouterr().out.splitlines()


def wait_for_a_price(world: World, number: int) -> None:
    """Let calls of several accounts wait, the newest first."""
    for account in ("acct_2", "acct_3"):
        world.create_account(account)
    for position in range(number):
        began = f"2026-11-23T09:{59 - position:02d}:00Z"
        event: dict[str, Any] = {"call_id": f"c_{position}", "to": UNCOVERED, "account_id": f"acct_{position % 3 + 1}"}
        event |= {"started_at": began, "answered_at": None, "ended_at": began.replace(":00Z", ":30Z")}
        assert world.deliver(event | {"duration_seconds": 30}) == []


def test_unrated_calls_are_counted_first_and_listed_oldest_first(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wait_for_a_price(world, 5)
    told = lines_of(list_unrated, monkeypatch, capsys)
    assert told[0].startswith("5 unrated calls.")
    assert [line.split()[2] for line in told[2:5]] == ["c_4", "c_3", "c_2"]
    assert told[5].startswith("... and 2 more")
    assert told[6].split() == ["5", "FR"]


def test_a_damaged_call_has_a_row_beside_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wait_for_a_price(world, 3)
    [item] = world.of_kind("UNRATED", "acct_2")
    key = {"PK": {"S": item["PK"]}, "SK": {"S": item["SK"]}}
    world.stack.dynamodb.update_item(
        TableName=world.stack.table_name, Key=key, UpdateExpression="REMOVE #to", ExpressionAttributeNames={"#to": "to"}
    )
    told = lines_of(list_unrated, monkeypatch, capsys)
    assert [("?" in line, line.split()[2]) for line in told[2:5]] == [
        (False, "c_2"),
        (True, "c_1"),
        (False, "c_0"),
    ]
    assert sorted(line.split()[1] for line in told[5:]) == ["?", "FR"]


def test_a_list_reads_no_more_items_than_it_prints(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    read = count()
    monkeypatch.setattr(list_unrated, "count_listed", lambda *_: 700_000)

    def endless(*_: Any) -> Any:
        for number in read:
            yield {"PK": "ACCOUNT#a", "SK": f"STRAY#2026-11-23T10:00:00.000Z#c_{number}", "line_id": "line_1"}

    monkeypatch.setattr(list_unrated, "read_oldest", endless)
    told = lines_of(list_unrated, monkeypatch, capsys, "--kind", "stray")
    assert (told[0].split(".")[0], told[-1]) == ("700000 stray calls", "... and 699997 more, which are newer")
    assert next(read) <= 4


def test_payment_issues_are_counted_first_and_listed_oldest_first(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lines_of(list_payment_issues, monkeypatch, capsys) == ["No payment issues."]
    for number in range(5):
        issue = Issue(f"pi_{number}", "unknown_payment", f"acct_{number}", "[details]")
        report_issue(world.stack.dynamodb, world.stack.table_name, issue, world.clock.now.replace(second=number))
    told = lines_of(list_payment_issues, monkeypatch, capsys)
    assert told[0].startswith("5 payment issues.")
    assert [line.split()[2] for line in told[2:5]] == ["pi_0", "pi_1", "pi_2"]
    assert "[details]" in told[2]
    assert told[5].startswith("... and 2 more")
