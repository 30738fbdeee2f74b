"""An unreadable hold stops no call of its batch, no hold of another account, and moves no money."""

import json
from datetime import timedelta
from typing import Any

import pytest

from calling_credit.dynamodb.unreadable_store import read_unreadable
from tests.domain.examples import EVENT
from tests.functions.holds_bench import balances, credit, hold
from tests.harness.world import World, number_of

pytestmark = pytest.mark.dynamodb
__all__ = ["credit"]
LIVES = timedelta(seconds=120 + 600, minutes=15)


def damage(world: World, pk: str, sk: str, *names: str, **values: Any) -> None:
    """Remove attributes of an item, or give them other values."""
    table = world.stack.table_name
    key = {"PK": {"S": pk}, "SK": {"S": sk}}
    item = world.stack.dynamodb.get_item(TableName=table, Key=key)["Item"]
    kept = {name: value for name, value in item.items() if name not in names}
    world.stack.dynamodb.put_item(TableName=table, Item=kept | values)


def listed(world: World) -> list[tuple[str, str, str]]:
    """The listed items: key, reason, and reader."""
    found = read_unreadable(world.stack.dynamodb, world.stack.table_name)
    return [(item["SK"], item["reason"], item["reader"]) for item in found]


def nine_healthy_calls(world: World) -> list[dict[str, Any]]:
    """Calls of acct_2, which has credit and holds for all of them."""
    world.create_account("acct_2")
    world.adjust("50.00", "credit_2", "acct_2")
    calls = [{"account_id": "acct_2", "call_id": f"n_{number}", "from": number_of("acct_2")} for number in range(9)]
    for call in calls:
        assert world.authorize(call["call_id"], account_id="acct_2").status == 200
    return calls


@pytest.mark.parametrize("name", ["deck", "status", "amount_micros", "to", "asked_at", "rate_micros_per_minute"])
def test_a_hold_without_an_attribute_stops_none_of_ten_calls(world: World, name: str) -> None:
    neighbors = nine_healthy_calls(world)
    world.authorize()
    damage(world, "ACCOUNT#acct_1", "HOLD#c_1", name)
    assert world.deliver({}, *neighbors) == []
    assert len([item for item in world.of_kind("ENTRY", "acct_2") if item["kind"] == "call_charged"]) == 9
    assert {item["status"] for item in world.of_kind("HOLD", "acct_2")} == {"released"}
    [charge] = [item for item in world.of_kind("ENTRY") if item["kind"] == "call_charged"]
    assert charge["amount_micros"] == -300_000
    assert listed(world) == [("ACCOUNT#acct_1|HOLD#c_1", name, "rate_calls")]


def test_the_credit_of_an_unreadable_hold_stays_held_until_it_is_repaired(world: World) -> None:
    world.authorize()
    whole = world.stack.dynamodb.get_item(
        TableName=world.stack.table_name, Key={"PK": {"S": "ACCOUNT#acct_1"}, "SK": {"S": "HOLD#c_1"}}
    )["Item"]
    damage(world, "ACCOUNT#acct_1", "HOLD#c_1", "deck")
    assert world.deliver({}) == []
    assert balances(world) == ("4.70", "1.00", "3.70")
    world.clock.now += LIVES
    assert world.stack.invoke("expire_holds", {})["holds_expired"] == 0
    assert world.deliver({}) == [], "a repeated event changes nothing"
    world.stack.dynamodb.put_item(TableName=world.stack.table_name, Item=whole)
    assert world.stack.invoke("expire_holds", {})["holds_expired"] == 1
    assert balances(world) == ("4.70", "0.00", "4.70")
    world.balance()


def test_an_unreadable_overdue_hold_keeps_no_other_hold_live(world: World) -> None:
    nine_healthy_calls(world)
    world.authorize()
    damage(world, "ACCOUNT#acct_1", "HOLD#c_1", amount_micros={"S": "1000000"})
    world.clock.now += LIVES
    found = world.stack.invoke("expire_holds", {})
    assert (found["holds_expired"], found["failed"]) == (9, 0)
    assert hold(world)["status"] == "live"
    assert listed(world) == [("ACCOUNT#acct_1|HOLD#c_1", "amount_micros", "expire_holds")]


def test_a_hold_damaged_while_its_call_is_posted_stops_nothing(world: World, wire: Any) -> None:
    world.authorize()
    done: list[int] = []

    def meanwhile(sent: Any, passed: Any) -> object:
        if sent.operation == "TransactWriteItems" and not done:
            done.append(1)
            damage(world, "ACCOUNT#acct_1", "HOLD#c_1", "to", asked_at={"S": "2026-01-01T00:00:00.000Z"})
        return passed()

    with wire.interfering(meanwhile):
        assert world.deliver({}) == []
    assert balances(world) == ("4.70", "1.00", "3.70")
    assert listed(world) == [("ACCOUNT#acct_1|HOLD#c_1", "to", "rate_calls")]


@pytest.mark.parametrize(
    ("sk", "names", "values", "reason"),
    [
        ("ACCOUNT", ["time_zone"], {}, "time_zone"),
        ("ACCOUNT", [], {"time_zone": {"S": "Mars/Olympus"}}, "InvalidValue"),
        ("ACCOUNT", [], {"admission": {"S": "yes"}}, "admission"),
        ("LINE#line_1", [], {"number": {"N": "7"}}, "number"),
    ],
)
def test_a_call_of_an_unreadable_account_is_refused_alone(
    world: World, sk: str, names: list[str], values: dict[str, Any], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    neighbors = nine_healthy_calls(world)
    damage(world, "ACCOUNT#acct_1", sk, *names, **values)
    assert world.deliver({}, *neighbors) == ["m_0"]
    assert len([item for item in world.of_kind("ENTRY", "acct_2") if item["kind"] == "call_charged"]) == 9
    assert listed(world) == [(f"ACCOUNT#acct_1|{sk}", reason, "rate_calls")]
    assert '"UnreadableItems":[1.0]' in capsys.readouterr().out


def test_an_event_of_an_unreadable_number_is_refused_alone(world: World, caplog: pytest.LogCaptureFixture) -> None:
    neighbors = nine_healthy_calls(world)
    damage(world, f"NUMBER#{number_of('acct_1')}", "NUMBER", "assignments")
    named = {name: value for name, value in EVENT.items() if name not in ("account_id", "line_id")}
    assert world.deliver(json.dumps(named | {"from": number_of("acct_1")}), *neighbors) == ["m_0"]
    assert [key for key, _, _ in listed(world)] == [f"NUMBER#{number_of('acct_1')}|NUMBER"]
    assert [(vars(one)["pk"], vars(one)["sk"]) for one in caplog.records if hasattr(one, "pk")] == [
        ("NUMBER#US…00", "NUMBER")
    ]


def test_a_damaged_day_refuses_its_own_calls_only(world: World) -> None:
    times = {name: EVENT[name].replace("-23T", "-22T") for name in ("started_at", "answered_at", "ended_at")}
    assert world.deliver({"call_id": "first"}) == []
    [day] = world.of_kind("DAY")[-1:]
    damage(world, "ACCOUNT#acct_1", str(day["SK"]), total_micros={"S": "3"})
    assert world.deliver({"call_id": "second"}, {"call_id": "earlier", **times}) == ["m_0"]
    assert listed(world) == [(f"ACCOUNT#acct_1|{day['SK']}", "total_micros", "rate_calls")]
