"""`make index-countries` stores the countries of the last twelve months, and a repetition changes nothing."""

import sys
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from ops import index_countries
from ops.stack import FoundStack
from tests.functions.country_bench import CAP, finished
from tests.harness.world import JAPAN, MOBILE, World

pytestmark = pytest.mark.dynamodb


def run(world: World, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run the command at the world's time."""

    class Now(datetime):
        @classmethod
        def now(cls, tz: object = None) -> "Now":
            return cls.fromtimestamp(world.clock.now.timestamp(), UTC)

    found = FoundStack("staging", False, {"TableName": world.stack.table_name}, boto3.Session(), None)
    monkeypatch.setattr(index_countries, "find_stack", lambda: found)
    monkeypatch.setattr(index_countries, "datetime", Now)
    monkeypatch.setattr(sys, "argv", ["make", "--yes", *arguments])
    return index_countries.main()


def known(world: World, account: str = "acct_1") -> dict[str, str]:
    """The last day of each known country."""
    return {item["SK"].removeprefix("KNOWN#"): item["last_on"] for item in world.of_kind("KNOWN", account)}


def test_all_accounts_are_indexed_by_default(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world.create_account("acct_2")
    world.deliver(finished("c_1", 60, JAPAN), finished("c_2", 60, MOBILE))
    assert run(world, monkeypatch) == 0
    assert "2  accounts indexed" in capsys.readouterr().out
    assert known(world) == {"GB": "2026-11-23", "JP": "2026-11-23"}
    before = world.stack.items()
    assert run(world, monkeypatch) == 0
    assert world.stack.items() == before
    for account in ("acct_1", "acct_2"):
        assert world.operate("PUT", f"/accounts/{account}", CAP).status == 200


def test_one_account_is_indexed_by_name(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.create_account("acct_2")
    assert run(world, monkeypatch, "--account", "acct_2") == 0
    assert world.operate("PUT", "/accounts/acct_2", CAP).status == 200
    assert world.operate("PUT", "/accounts/acct_1", CAP).code == "countries_not_indexed"
    assert run(world, monkeypatch, "--account", "acct_9") == 1


def test_older_charges_are_not_indexed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.deliver(finished("c_1", 60, JAPAN))
    world.clock.now += timedelta(days=370)
    assert run(world, monkeypatch) == 0
    assert known(world) == {}
