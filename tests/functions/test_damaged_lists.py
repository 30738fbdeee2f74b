"""Damage in a list hides nothing and stops no one: statements, the index, stored positions, the nights, the desk."""

import json
from datetime import timedelta
from typing import Any

import pytest

from calling_credit.audit.fan_out import parse_progress
from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.dynamodb.lease_keys import position_key
from calling_credit.dynamodb.sweep_keys import SWEEP_SHARDS, sweep_pk
from calling_credit.dynamodb.unreadable import unreadable
from calling_credit.dynamodb.unreadable_store import MAX_LISTED, list_unreadable, read_unreadable
from calling_credit.instants import format_instant
from tests.functions.moves_bench import at_desk
from tests.functions.test_approvals import adjust
from tests.functions.test_unreadable_holds import damage, listed
from tests.harness.proofs import Nights
from tests.harness.table import TABLE
from tests.harness.till import Till
from tests.harness.world import World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]
PERIOD = {"from_": "2026-11-01", "to": "2026-11-30"}
HALVES: tuple[dict[str, Any], ...] = ({"N": "1.5"}, {"L": [{"N": "0.5"}]}, {"M": {"x": {"N": "-2.5"}}})
POSITIONS = ("x", "{}", "[]", '{"night": 7}', "[" * 100_000, '{"shard": 99}', '{"partition": "x"}')


@pytest.mark.parametrize("name", ["local_date", "recorded_at", "amount_micros"])
@pytest.mark.parametrize("value", [None, {"BOOL": True}, {"L": []}], ids=str)
def test_no_statement_leaves_out_an_entry_that_cannot_be_read(world: World, name: str, value: Any) -> None:
    for key in ("k_1", "k_2"):
        world.adjust("5.00", key)
    entry = world.of_kind("ENTRY")[0]
    damage(world, entry["PK"], entry["SK"], name, **({name: value} if value else {}))
    answer = world.get("/statement", **PERIOD)
    assert (answer.status >= 400, answer.code) == (True, "unreadable_item"), answer.text


@pytest.mark.parametrize("value", HALVES, ids=str)
@pytest.mark.parametrize("kind", ["ACCOUNT", "BALANCE", "ENTRY", "LINE"])
def test_a_number_that_is_not_whole_is_an_unreadable_item(world: World, kind: str, value: Any) -> None:
    world.adjust("5.00", "k_1")
    item = world.of_kind(kind)[0]
    damage(world, item["PK"], item["SK"], extra_micros=value)
    path = {"LINE": "/lines", "BALANCE": "/balance", "ENTRY": "/statement"}.get(kind, "/overview")
    answer = world.get(path, **(PERIOD if kind == "ENTRY" else {}))
    assert answer.status == 200 or answer.code == "unreadable_item", answer.text


@pytest.mark.parametrize("name", ["amount_micros", "max_seconds", "asked_seconds"])
def test_a_hold_of_less_than_nothing_moves_no_credit(world: World, name: str) -> None:
    world.adjust("5.00", "k_1")
    world.authorize()
    before = world.of_kind("BALANCE")
    damage(world, "ACCOUNT#acct_1", "HOLD#c_1", **{name: {"N": "-7"}})
    world.clock.now += timedelta(hours=8)
    assert world.stack.invoke("expire_holds", {})["holds_expired"] == 0
    assert world.of_kind("BALANCE") == before
    assert [reader for _, _, reader in listed(world)] == ["expire_holds"]


@pytest.mark.parametrize("kind", ["hold", "topup", "refund", "recharge", "suspicious"])
@pytest.mark.parametrize("key", [("ACCOUNT", "X"), ("STRIPE", "NEW#1"), ("ACCOUNT#acct_1", "FUTURE"), ("#", "#")])
def test_an_unknown_item_in_the_index_stops_no_round(till: Till, kind: str, key: tuple[str, str]) -> None:
    world = till.world
    world.authorize("held")
    made = till.left_open()
    till.later(hours=30)
    at = format_instant(world.clock.now - timedelta(days=20))
    for number in range(5):
        item = {
            "PK": key[0],
            "SK": f"{key[1]}{number}",
            "sweep_pk": sweep_pk(kind, "acct_1"),
            "sweep_sk": f"{at}{number}",
        }
        world.stack.dynamodb.put_item(TableName=TABLE, Item=to_attributes(item))
    till.sweep()
    assert till.status_of(made) == "succeeded"
    world.stack.invoke("expire_holds", {})
    assert {item["status"] for item in world.of_kind("HOLD")} <= {"expired"}


def test_a_refund_that_cannot_be_read_stops_no_payment_and_no_desk(till: Till) -> None:
    made = till.left_open()
    till.later(minutes=5)
    at = format_instant(till.world.clock.now - timedelta(minutes=1))
    item = {"PK": "ACCOUNT#acct_1", "SK": "REFUND#r_1", "status": "asking", "sweep_pk": sweep_pk("refund", "acct_1")}
    till.world.stack.dynamodb.put_item(TableName=TABLE, Item=to_attributes(item | {"sweep_sk": f"{at}#acct_1#r_1"}))
    till.sweep()
    assert till.status_of(made) == "succeeded"
    assert ("ACCOUNT#acct_1|REFUND#r_1", "reconcile_payments") in [
        (key, reader) for key, _, reader in listed(till.world)
    ]


@pytest.mark.parametrize("name", ["kind", "status", "request", "ends_at", "amount_micros", "created_at"])
def test_an_approval_that_cannot_be_read_hides_no_other(world: World, name: str) -> None:
    asked = [adjust(world, "150.00", key).body["id"] for key in ("k_1", "k_2", "k_3")]
    [damaged] = [item for item in world.stack.items() if item["SK"] == "APPROVAL" and asked[1] in item["PK"]]
    damage(world, damaged["PK"], damaged["SK"], name)
    answer = at_desk(world, "GET", "/approvals", key=None)
    assert answer.status == 200, answer.text
    assert {item["id"] for item in answer.body["items"]} >= {asked[0], asked[2]}
    assert world.balance() == 0


def test_an_account_with_many_unreadable_items_hides_no_other(world: World) -> None:
    keys = [("ACCOUNT#acct_1", f"HOLD#{number}") for number in range(500)] + [("ACCOUNT#acct_2", "BALANCE")]
    found = [unreadable({"PK": pk, "SK": sk}, "deck") for pk, sk in keys]
    assert list_unreadable(world.stack.dynamodb, TABLE, found, "expire_holds", world.clock.now) == MAX_LISTED
    assert "ACCOUNT#acct_2|BALANCE" in [item["SK"] for item in read_unreadable(world.stack.dynamodb, TABLE)]


def test_a_key_that_is_too_long_to_list_keeps_no_other_off_the_list(world: World) -> None:
    keys = [("NAME#" + "é" * 700, "x"), ("ACCOUNT#acct_1", "HOLD#c_1")]
    found = [unreadable({"PK": pk, "SK": sk}, "deck") for pk, sk in keys]
    assert list_unreadable(world.stack.dynamodb, TABLE, found, "rate_calls", world.clock.now) == 2


def test_an_account_with_a_damaged_place_in_the_index_is_proven(world: World) -> None:
    world.create_account("acct_2")
    for place in ("x", "acct_1", "~", "!"):
        damage(world, "ACCOUNT#acct_2", "ACCOUNT", sweep_sk={"S": place})
        nights = Nights(world.stack)
        nights.begin()
        assert nights.send()["done"] == 1
        sent = [one["id"] for body in nights.queue.bodies for one in json.loads(body)["accounts"]]
        assert sorted(sent) == ["acct_1", "acct_2"]


@pytest.mark.parametrize("position", POSITIONS, ids=lambda text: text[:20])
@pytest.mark.parametrize("name", ["proof", "shorten_numbers"])
def test_a_damaged_position_of_a_night_begins_it_again(world: World, name: str, position: str) -> None:
    item = position_key(name) | to_attributes({"position": position})
    world.stack.dynamodb.put_item(TableName=TABLE, Item=item)
    if name == "proof":
        assert Nights(world.stack).send()["accounts"] == 1
    else:
        assert world.stack.invoke("shorten_numbers", {}, 900)["accounts"] == 1


def test_no_progress_beyond_the_last_shard_ends_a_night(world: World) -> None:
    night = world.clock.now.date()
    for shard, after in ((SWEEP_SHARDS + 1, ""), (-1, ""), (0, "\ud800"), (0, "x" * 2_000)):
        text = json.dumps({"night": night.isoformat(), "paid": True, "shard": shard, "after": after})
        assert (parse_progress(text, night).shard, parse_progress(text, night).after) == (0, "")


@pytest.mark.parametrize("name", ["to", "facts_hash", "duration_seconds"])
@pytest.mark.parametrize("value", [None, {"N": "7"}, {"N": "1.5"}, {"M": {}}], ids=str)
def test_a_damaged_call_stops_no_shortening(world: World, name: str, value: Any) -> None:
    world.deliver({}, {"call_id": "c_2"})
    [entry] = [item for item in world.of_kind("ENTRY") if item["SK"].endswith("#c_1")]
    damage(world, entry["PK"], entry["SK"], name, **({name: value} if value else {}))
    world.clock.now += timedelta(days=800)
    answer = world.stack.invoke("shorten_numbers", {}, 900)
    assert answer["accounts"] == 1
    assert answer["unfinished"] == 0
    stored = world.stack.dynamodb.scan(TableName=TABLE)["Items"]
    assert [item["to"]["S"] for item in stored if item["SK"]["S"].endswith("#c_2")] == ["+44207183…"]
