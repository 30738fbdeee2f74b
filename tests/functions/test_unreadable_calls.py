"""An unreadable waiting call, day, or entry affects its own call or account only; a read of it has a clear code."""

from datetime import timedelta

import pytest

from tests.functions.test_unreadable_holds import damage, listed
from tests.harness.world import UNCOVERED, World

pytestmark = pytest.mark.dynamodb
RETRY = {"version": "0", "source": "aws.scheduler"}


def test_an_unreadable_waiting_call_keeps_no_other_waiting(world: World) -> None:
    from tests.domain.examples import deck_csv  # noqa: PLC0415

    names = [f"w_{number}" for number in range(3)]
    assert world.deliver(*({"call_id": name, "to": UNCOVERED} for name in names)) == []
    [damaged] = [item for item in world.of_kind("UNRATED") if item["SK"].endswith("w_1")]
    damage(world, "ACCOUNT#acct_1", str(damaged["SK"]), "ended_at")
    world.stack.publish(deck_csv({"rate_per_minute": "0.10"}, {"prefix": "33", "country": "FR"}), "deck-2")
    world.clock.now += timedelta(hours=1)
    found = world.stack.invoke("rerate_calls", RETRY, seconds=300)
    assert found["calls_rated"] == 2
    assert listed(world) == [(f"ACCOUNT#acct_1|{damaged['SK']}", "ended_at", "rerate_calls")]


def test_waiting_calls_of_a_damaged_day_stop_no_other_account(world: World) -> None:
    from tests.domain.examples import deck_csv  # noqa: PLC0415

    world.create_account("acct_2")
    assert world.deliver({}, {"account_id": "acct_2"}) == []
    for account in ("acct_1", "acct_2"):
        assert world.deliver({"call_id": "w", "to": UNCOVERED, "account_id": account}) == []
    [day] = world.of_kind("DAY")
    damage(world, "ACCOUNT#acct_1", str(day["SK"]), total_micros={"S": "x"})
    world.stack.publish(deck_csv({"rate_per_minute": "0.10"}, {"prefix": "33", "country": "FR"}), "deck-2")
    world.clock.now += timedelta(hours=1)
    found = world.stack.invoke("rerate_calls", RETRY, seconds=300)
    assert (found["calls_rated"], found["calls_left"]) == (1, 1)
    assert listed(world) == [(f"ACCOUNT#acct_1|{day['SK']}", "total_micros", "rerate_calls")]


@pytest.mark.parametrize(
    ("kind", "name", "path"),
    [
        ("ENTRY", "amount_micros", "/statement"),
        ("ENTRY", "billed_seconds", "/usage/outbound_international_call"),
        ("DAY", "total_micros", "/usage"),
        ("BALANCE", "posted_micros", "/balance"),
        ("ACCOUNT", "currency", "/statement"),
    ],
)
def test_a_read_with_an_unreadable_item_fails_with_its_code(world: World, kind: str, name: str, path: str) -> None:
    world.create_account("acct_2")
    assert world.deliver({}, {"account_id": "acct_2"}) == []
    [item] = world.of_kind(kind)
    damage(world, "ACCOUNT#acct_1", str(item["SK"]), name)
    period = {} if path == "/balance" else {"from_": "2026-11-01", "to": "2026-11-30"}
    answer = world.get(path, **period)
    assert (answer.status, answer.body["code"]) == (500, "unreadable_item")
    assert "ACCOUNT#" not in answer.text
    assert world.get(path, account="acct_2", **period).status == 200


def test_the_switch_gets_the_code_for_the_damaged_account_only(world: World) -> None:
    world.create_account("acct_2")
    for account in ("acct_1", "acct_2"):
        world.adjust("5.00", f"c_{account}", account)
    world.authorize()
    damage(world, "ACCOUNT#acct_1", "HOLD#c_1", "deck")
    answer = world.authorize()
    assert (answer.status, answer.body["code"]) == (500, "unreadable_item")
    assert world.authorize("c_2").body["decision"] == "allow"
    assert world.authorize("c_3", account_id="acct_2").body["decision"] == "allow"
