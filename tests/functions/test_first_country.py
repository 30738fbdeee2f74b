"""The first calls to a country are capped a day."""

from datetime import timedelta
from typing import Any

import pytest

from tests.functions.country_bench import COUNTER, DAY, DOLLAR, counters, finished, index, switch_on
from tests.harness.world import JAPAN, UNITED_KINGDOM, World

pytestmark = pytest.mark.dynamodb


@pytest.fixture
def capped(world: World) -> World:
    """The world with 100.00 of credit and a cap of 5.00."""
    world.adjust("100.00", "credit")
    assert switch_on(world).status == 200
    return world


def test_first_calls_of_a_day_are_shortened_and_then_refused(capped: World) -> None:
    first = capped.authorize("c_1", JAPAN, DAY).body
    assert (first["limited_by"], first["max_seconds"]) == ("first_country_cap", 24390)
    limit, spent, held, left = counters(capped)[COUNTER]
    assert (limit, spent, limit - held) == (5 * DOLLAR, 0, left)
    assert left < 205, "less than a second"
    second = capped.authorize("c_2", JAPAN, DAY).body
    assert (second["decision"], second["reason"]) == ("deny", "first_country_cap")
    assert "Until a billing admin confirms it" in second["message"]


def test_spent_and_held_money_count_together(capped: World) -> None:
    capped.authorize("c_1", JAPAN, 6000)
    assert capped.deliver(finished("c_1", 6000)) == []
    assert counters(capped)[COUNTER] == (5 * DOLLAR, 1_230_000, 0, 3_770_000)
    [entry] = [entry for entry in capped.entries() if entry["kind"] == "call_charged"]
    assert entry["counted"] == "C"
    second = capped.authorize("c_2", JAPAN, DAY).body
    assert (second["limited_by"], second["max_seconds"]) == ("first_country_cap", 18390)


def test_a_call_without_a_hold_counts_in_the_cap(capped: World) -> None:
    for _ in range(2):
        assert capped.deliver(finished("c_1", 6000)) == []
    assert counters(capped)[COUNTER] == (0, 1_230_000, 0, -1_230_000)
    first = capped.authorize("c_2", JAPAN, DAY).body
    assert (first["limited_by"], first["max_seconds"]) == ("first_country_cap", 18390)
    assert capped.deliver(finished("c_3", 600, UNITED_KINGDOM), finished("c_4", 24_000)) == []
    assert set(counters(capped)) == {COUNTER}
    assert capped.authorize("c_5", JAPAN, 60).body["reason"] == "first_country_cap"
    assert capped.of_kind("KNOWN") == [], "charges under the cap make no country known"


def test_an_index_under_the_cap_makes_no_country_known(capped: World) -> None:
    capped.authorize("c_1", JAPAN, 6000)
    assert capped.deliver(finished("c_1", 6000), finished("c_2", 600)) == []
    assert index(capped) == 0
    assert capped.authorize("c_3", JAPAN, DAY).body["limited_by"] == "first_country_cap"


def test_an_unanswered_call_gives_back_what_it_held(capped: World) -> None:
    capped.authorize("c_1", JAPAN, DAY)
    capped.clock.now += timedelta(days=2)
    capped.stack.invoke("expire_holds", {})
    assert counters(capped)[COUNTER] == (5 * DOLLAR, 0, 0, 5 * DOLLAR)


def test_an_extension_takes_only_the_difference(capped: World) -> None:
    capped.authorize("c_1", JAPAN, 600)
    capped.clock.now += timedelta(seconds=500)
    capped.authorize("c_1", JAPAN, 700)
    assert counters(capped)[COUNTER] == (5 * DOLLAR, 0, 246_000, 4_754_000)


def test_next_day_has_its_own_counter_and_the_country_stays_unknown(capped: World) -> None:
    capped.authorize("c_1", JAPAN, 600)
    capped.deliver(finished("c_1", 600))
    capped.clock.now += timedelta(days=1)
    second = capped.authorize("c_2", JAPAN, DAY).body
    assert (second["limited_by"], second["max_seconds"]) == ("first_country_cap", 24390)
    assert set(counters(capped)) == {COUNTER, "SPENT#2026-11-24#COUNTRY#JP"}


def test_every_counter_of_a_day_is_deleted_after_some_days(capped: World) -> None:
    capped.authorize("c_1", JAPAN, 600)
    [counter] = capped.of_kind("SPENT")
    assert counter["expires_at"] == int(capped.clock.now.replace(hour=0).timestamp()) + 8 * DAY
    capped.stack.dynamodb.delete_item(
        TableName=capped.stack.table_name, Key={"PK": {"S": "ACCOUNT#acct_1"}, "SK": {"S": COUNTER}}
    )
    capped.deliver(finished("c_1", 600))
    [made_by_posting] = capped.of_kind("SPENT")
    assert made_by_posting["expires_at"] == counter["expires_at"]


def test_another_cap_applies_on_the_same_day(capped: World) -> None:
    capped.authorize("c_1", JAPAN, DAY)
    capped.operate("PUT", "/accounts/acct_1", {"limits": {"first_country_cap": "6.00"}})
    second = capped.authorize("c_2", JAPAN, DAY).body
    assert (second["limited_by"], second["max_seconds"]) == ("first_country_cap", 4878)
    assert counters(capped)[COUNTER][0] == 6 * DOLLAR


def test_two_calls_at_once_never_exceed_the_cap(capped: World, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = type(capped.stack.apps["authorize_call"].reader)
    snapshot, others = reader.snapshot, iter(["c_2"])

    def slowly(self: Any, *arguments: Any) -> Any:
        read = snapshot(self, *arguments)
        for other in others:
            assert capped.authorize(other, JAPAN, 20_000).body["decision"] == "allow"
        return read

    monkeypatch.setattr(reader, "snapshot", slowly)
    first = capped.authorize("c_1", JAPAN, 20_000).body
    assert (first["limited_by"], first["max_seconds"]) == ("first_country_cap", 4390)
    assert counters(capped)[COUNTER][3] >= 0


def test_without_a_cap_the_same_requests_are_made(world: World) -> None:
    world.adjust("100.00", "credit")
    with world.recorded("authorize_call") as requests:
        world.authorize("c_1", JAPAN, 600)
    assert [name for name, _ in requests] == ["BatchGetItem", "BatchGetItem", "TransactWriteItems"]
    switch_on(world)
    with world.recorded("authorize_call") as requests:
        world.authorize("c_2", UNITED_KINGDOM, 600)
    assert [name for name, _ in requests] == ["BatchGetItem", "BatchGetItem", "TransactWriteItems"]
    world.authorize("c_3", JAPAN, 600)
    with world.recorded("authorize_call") as requests:
        world.authorize("c_4", JAPAN, 600)
    assert [name for name, _ in requests] == ["BatchGetItem"] * 3 + ["TransactWriteItems"]


def test_a_redelivered_call_changes_no_counter(capped: World) -> None:
    capped.authorize("c_1", JAPAN, 600)
    for _ in range(2):
        assert capped.deliver(finished("c_1", 600)) == []
    assert counters(capped)[COUNTER] == (5 * DOLLAR, 123_000, 0, 4_877_000)


def test_a_correction_gives_back_on_the_day_of_the_call(capped: World) -> None:
    capped.authorize("c_1", JAPAN, 6000)
    capped.deliver(finished("c_1", 6000))
    capped.clock.now += timedelta(days=1)
    [entry] = [entry for entry in capped.entries() if entry["kind"] == "call_charged"]
    body = {"started_at": entry["SK"].split("#")[1], "duration_seconds": 600, "reason": "The switch hung"}
    answer = capped.operate("POST", "/accounts/acct_1/calls/c_1/corrections", body, key="k_1")
    assert answer.status == 201, answer.text
    assert counters(capped)[COUNTER] == (5 * DOLLAR, 123_000, 0, 4_877_000)


def test_a_call_in_progress_is_extended_once_its_country_is_confirmed(capped: World) -> None:
    assert capped.authorize("c_1", JAPAN, 24_000).body.get("limited_by") is None
    capped.clock.now += timedelta(seconds=23_900)
    assert capped.authorize("c_1", JAPAN, 6000).body["limited_by"] == "first_country_cap"
    capped.ask("change_settings", "POST", "/countries/JP/confirm")
    capped.clock.now += timedelta(seconds=200)
    extended = capped.authorize("c_1", JAPAN, 7000).body
    assert (extended["max_seconds"], extended.get("limited_by")) == (31_100, None)
    assert counters(capped)[COUNTER][3] < 0


def test_a_refusal_by_the_cap_is_announced_as_possible_fraud(capped: World) -> None:
    capped.authorize("c_1", JAPAN, DAY)
    capped.authorize("c_2", JAPAN, 600)
    [denial] = capped.of_kind("DENIAL")
    assert denial["reason"] == "first_country_cap"
