"""An export holds all of an account as JSON and CSV, once per Idempotency-Key, behind a link for an hour."""

import csv
import io
import json
import zipfile
from typing import Any
from urllib.parse import parse_qs, urlparse

import boto3
import pytest

from tests.functions.desk_bench import act, read
from tests.functions.own_prices_bench import call_to, gold
from tests.functions.rerate_bench import charged, micros
from tests.functions.usage_bench import call_at
from tests.harness.table import BUCKET
from tests.harness.till import Till
from tests.harness.world import JAPAN, MOBILE, UNITED_KINGDOM, World

__all__ = ["gold"]
pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]


def exported(world: World, key: str = "k_1", **body: Any) -> dict[str, Any]:
    """The answer to an export that must succeed."""
    answer = act(world, "/exports", {"reason": "Asked for", **body}, key=key)
    assert answer.status == 201, answer.text
    shown: dict[str, Any] = answer.body
    return shown


def files(answer: dict[str, Any]) -> dict[str, bytes]:
    """The files behind the link of an export, from the bucket."""
    address = urlparse(answer["url"])
    key = address.path.partition("exports/")[2]
    content = boto3.client("s3").get_object(Bucket=BUCKET, Key=f"exports/{key}")["Body"].read()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def table(content: bytes) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    return list(csv.DictReader(io.StringIO(content.decode())))


def test_an_export_holds_every_entry_call_and_payment(till: Till) -> None:
    world = till.world
    till.paid("25.00", till.card())
    charged(world)
    world.adjust("-1.00", "k_0")
    answer = exported(world)
    assert (answer["entries"], answer["calls"], answer["payments"]) == (6, 4, 1)
    assert (answer["is_complete"], answer["continue_from"], answer["to"]) == (True, None, "2026-11-23")
    content = files(answer)
    entries, calls = json.loads(content["entries.json"]), json.loads(content["calls.json"])
    assert sum(micros(entry["amount"]) for entry in entries) == world.balance()
    statement = world.get("/statement").body["items"]
    assert entries == statement
    assert {row["call_key"] for row in calls} == {"c_1", "c_2", "c_3", "c_4"}
    assert sum(micros(row["price"]) for row in calls) == sum(
        -micros(entry["amount"]) for entry in entries if entry["kind"] == "call_charged"
    )
    for name, rows in (("entries", entries), ("calls", calls), ("payments", json.loads(content["payments.json"]))):
        assert len(table(content[f"{name}.csv"])) == len(rows), name
    assert json.loads(content["account.json"])["balance"] == world.get("/balance").body["balance"]


def test_a_link_is_valid_for_an_hour_and_signed(world: World) -> None:
    answer = exported(world)
    query = parse_qs(urlparse(answer["url"]).query)
    assert query["X-Amz-Expires"] == ["3600"]
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert answer["expires_at"] == "2026-11-23T13:00:00.000Z"


def test_the_same_key_is_the_same_export_and_another_request_a_conflict(world: World) -> None:
    first = exported(world)
    before = world.stack.items()
    charged(world)
    items = world.stack.items()
    again = exported(world)
    assert again | {"url": ""} == first | {"url": ""}
    assert urlparse(again["url"]).path == urlparse(first["url"]).path
    assert world.stack.items() == items != before
    other = act(world, "/exports", {"reason": "Another"}, key="k_1")
    assert (other.status, other.code) == (409, "idempotency_key_reused")
    assert exported(world, key="k_2")["entries"] == 4
    changes = [item for item in read(world, "/acct_1/activity")["items"] if item["action"] == "account_exported"]
    assert len(changes) == 2
    assert "http" not in json.dumps(changes)


def test_an_export_of_some_days_holds_those_days(world: World) -> None:
    charged(world)
    answer = exported(world, **{"from": "2026-11-20", "to": "2026-11-22"})
    assert (answer["from"], answer["to"], answer["entries"]) == ("2026-11-20", "2026-11-22", 0)


def test_too_many_entries_are_exported_in_parts_of_whole_days(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("calling_credit.desk.export.PAGE", 2)
    monkeypatch.setattr("calling_credit.desk.export.MAX_ENTRIES", 2)
    for day, count in ((20, 1), (21, 5), (22, 1), (23, 2)):
        world.deliver(*(call_at(f"c_{day}_{number}", f"2026-11-{day}T10:0{number}") for number in range(count)))
    part, parts = exported(world), []
    while not part["is_complete"]:
        parts.append(part)
        part = exported(world, f"k_{part['continue_from']}", **{"from": part["continue_from"]})
    parts.append(part)
    assert [one["continue_from"] for one in parts] == ["2026-11-21", "2026-11-22", "2026-11-23", None]
    assert [one["entries"] for one in parts] == [one["calls"] for one in parts] == [1, 5, 1, 2]
    rows = [row for one in parts for row in json.loads(files(one)["entries.json"])]
    assert rows == world.get("/statement", limit=200).body["items"]


@pytest.mark.parametrize("days", [1, 2])
def test_an_export_without_time_is_no_complete_one(world: World, monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    monkeypatch.setattr("calling_credit.desk.export.PAGE", 1)
    monkeypatch.setattr(world.stack.apps["keep_accounts"], "SECONDS_TO_SPARE", 3_600.0)
    for day in (22, 23)[-days:]:
        world.deliver(call_at(f"c_{day}", f"2026-11-{day}T10:00"), call_at(f"d_{day}", f"2026-11-{day}T10:01"))
    before = world.stack.items()
    answer = act(world, "/exports", {"reason": "Asked for"})
    assert (answer.status, answer.code) == (503, "busy")
    assert world.stack.items() == before


def test_cells_of_an_export_run_no_formula(world: World) -> None:
    world.operate("PUT", "/accounts/acct_1/users/user_1", {"name": "=cmd|' /C calc'!A0"})
    charged(world)
    assert all(row["user_name"].startswith("'=") for row in table(files(exported(world))["calls.csv"]))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "missing_field"),
        ({"reason": 1}, "invalid_field"),
        ({"reason": "x", "from": "2026-13-01"}, "invalid_date"),
        ({"reason": "x", "from": 5}, "invalid_date"),
        ({"reason": "x", "from": "2026-11-23", "to": "2026-11-22"}, "invalid_date_range"),
    ],
)
def test_a_wrong_export_names_its_field(world: World, body: dict[str, Any], code: str) -> None:
    before = world.stack.items()
    answer = act(world, "/exports", body)
    assert (answer.status, answer.code) == (422, code)
    assert world.stack.items() == before


def test_the_calls_of_an_export_explain_prices_of_the_accounts_own(gold: World) -> None:
    numbers = {"c_1": UNITED_KINGDOM, "c_2": MOBILE, "c_3": JAPAN}
    assert gold.deliver(*(call_to(number, call_id) for call_id, number in numbers.items())) == []
    columns = ("price_list", "list_version", "base_rate_per_minute", "base_connection_fee", "markup_percent")
    expected = {
        "c_1": ["gold", "gold-1", "", "", "0.00"],
        "c_2": ["", "", "0.25", "0.00", "12.50"],
        "c_3": ["", "", "0.0123", "0.00", "12.50"],
    }
    content = files(exported(gold))
    rows = {row["call_key"]: row for row in table(content["calls.csv"])}
    assert {key: [row[column] for column in columns] for key, row in rows.items()} == expected
    listed = {row["call_key"]: row for row in json.loads(content["calls.json"])}
    assert {key: [row[column] or "" for column in columns] for key, row in listed.items()} == expected
    shown = gold.get("/usage/outbound_international_call", accept="text/csv").text.splitlines()[0]
    assert not set(columns) & set(shown.split(",")), "the customer's file has the same columns as ever"


def test_calls_at_the_decks_prices_leave_these_columns_empty(world: World) -> None:
    assert world.deliver({}) == []
    [row] = table(files(exported(world))["calls.csv"])
    assert {row[name] for name in ("price_list", "list_version", "base_rate_per_minute", "markup_percent")} == {""}
