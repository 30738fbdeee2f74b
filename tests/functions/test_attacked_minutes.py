"""Included minutes under redelivery, changes of settings during a call, moved lines, and strange bundles."""

from datetime import timedelta
from typing import Any

import pytest

from tests.functions.minutes_bench import COUNTER, UK, charged, counters, give, later, left, record, shown
from tests.functions.moves_bench import goodwill
from tests.harness.world import JAPAN, MOBILE, World, number_of

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]


@pytest.fixture(autouse=True)
def credit(world: World) -> None:
    """Give acct_1 five dollars."""
    world.adjust("5.00", "credit")


def covered(world: World) -> dict[str, int]:
    """The covered seconds of each charged call."""
    found = [entry for entry in world.entries() if entry["kind"] == "call_charged"]
    return {entry["SK"].split("#")[2]: entry.get("covered_seconds", 0) for entry in found}


# --- Redelivery -------------------------------------------------------------------------------------------------------


def test_a_repeated_call_leaves_the_minutes_to_the_others(world: World) -> None:
    give(world, UK | {"minutes": 3})
    later(world)
    assert world.deliver(record(100)) == []
    assert world.deliver(record(100), record(80, call_id="c_2")) == []
    assert covered(world) == {"c_1": 100, "c_2": 80}
    assert counters(world) == {COUNTER: (3, 0, 180)}


def test_a_call_with_other_facts_leaves_the_minutes_to_the_others(world: World) -> None:
    give(world, UK | {"minutes": 3})
    later(world)
    assert world.deliver(record(100)) == []
    assert len(world.deliver(record(170), record(80, call_id="c_2"))) == 1
    assert covered(world) == {"c_1": 100, "c_2": 80}
    assert left(world) == 0


def test_a_call_that_is_twice_in_a_delivery_takes_minutes_once(world: World) -> None:
    give(world, UK | {"minutes": 3})
    later(world)
    assert world.deliver(record(100), record(100), record(80, call_id="c_2")) == []
    assert covered(world) == {"c_1": 100, "c_2": 80}
    assert left(world) == 0


def test_a_repeated_corrected_call_leaves_the_minutes_to_the_others(world: World) -> None:
    give(world, UK | {"minutes": 3})
    charged(world, 100)
    body = {"started_at": "2026-11-23T12:00:00.000Z", "reason": "test", "waive": True}
    assert world.operate("POST", "/accounts/acct_1/calls/c_1/corrections", body, key="key-1").status == 201
    assert world.deliver(record(100), record(180, call_id="c_2")) == []
    assert covered(world)["c_2"] == 180
    assert left(world) == 0


# --- Changes during a call --------------------------------------------------------------------------------------------


def test_an_extension_takes_no_minutes_of_a_removed_bundle(world: World) -> None:
    give(world, UK)
    assert world.authorize(seconds=60).body["covered_seconds"] == 60
    give(world)
    world.clock.now += timedelta(seconds=50)
    answer = world.authorize(seconds=60).body
    assert (answer["max_seconds"], answer["covered_seconds"], answer["held"]) == (110, 60, "0.10")
    assert left(world) == 540
    later(world)
    assert world.deliver(record(110)) == []
    assert covered(world) == {"c_1": 60}
    assert left(world) == 540


def test_an_extension_takes_no_minutes_for_a_place_that_is_removed(world: World) -> None:
    give(world, UK)
    world.authorize(seconds=60)
    give(world, UK | {"countries": ["JP"]})
    world.clock.now += timedelta(seconds=50)
    assert world.authorize(seconds=60).body["covered_seconds"] == 60
    assert left(world) == 540


def test_an_extension_in_the_next_month_takes_minutes_of_its_first(world: World) -> None:
    give(world, UK | {"minutes": 2})
    world.clock.now = world.clock.now.replace(day=30, hour=23, minute=59, second=0)
    assert world.authorize(seconds=90).body["covered_seconds"] == 90
    world.clock.now += timedelta(seconds=80)
    answer = world.authorize(seconds=90).body
    assert (answer["max_seconds"], answer["covered_seconds"], answer["held"]) == (170, 120, "0.10")
    ended = {"started_at": "2026-11-30T23:59:00Z", "answered_at": None, "ended_at": "2026-12-01T00:01:50Z"}
    later(world)
    assert world.deliver({"duration_seconds": 170, **ended}) == []
    assert counters(world) == {COUNTER: (2, 0, 120)}
    assert shown(world)[0]["left_minutes"] == 2


def test_another_time_zone_during_a_call_keeps_its_month(world: World) -> None:
    give(world, UK | {"minutes": 2})
    world.clock.now = world.clock.now.replace(day=30, hour=12, minute=0, second=0)
    world.authorize(seconds=60)
    assert world.operate("PUT", "/accounts/acct_1", {"time_zone": "Pacific/Kiritimati"}).status == 200
    world.clock.now += timedelta(seconds=50)
    assert world.authorize(seconds=60).body["covered_seconds"] == 110
    ended = {"started_at": "2026-11-30T12:00:00Z", "answered_at": None, "ended_at": "2026-11-30T12:01:40Z"}
    later(world)
    assert world.deliver({"duration_seconds": 100, **ended}) == []
    assert counters(world)[COUNTER] == (2, 20, 100)
    assert shown(world)[0]["left_seconds"] == 120


def test_a_call_of_a_moved_line_uses_what_its_first_account_held(world: World) -> None:
    world.create_account("acct_2")
    give(world, UK, line="line_1")
    assert world.authorize(seconds=120).body["covered_seconds"] == 120
    world.operate("PUT", "/accounts/acct_1/lines/line_1", {"number": number_of("acct_2")})
    line = {"number": number_of("acct_1"), "user_id": "user_1"}
    moved = world.operate("PUT", "/accounts/acct_2/lines/line_2", line)
    later(world)
    assert world.deliver(record(60)) == []
    assert covered(world) == {"c_1": 60}, moved.text
    assert counters(world) == {"2026-11#LINE#line_1#the UK": (10, 540, 60)}
    assert world.of_kind("MINUTES", "acct_2") == []


def test_an_expired_hold_gives_its_minutes_to_another_call_once(world: World) -> None:
    give(world, UK | {"minutes": 1})
    world.authorize("c_1", seconds=60)
    world.clock.now += timedelta(hours=2)
    assert world.stack.invoke("expire_holds", {})["holds_expired"] == 1
    assert world.authorize("c_2", seconds=60).body["covered_seconds"] == 60
    assert world.deliver(record(60)) == []
    assert left(world) == -60
    assert shown(world)[0]["left_seconds"] == 0
    began = {"started_at": "2026-11-23T14:00:00Z", "answered_at": None, "ended_at": "2026-11-23T14:01:00Z"}
    later(world)
    assert world.deliver({"call_id": "c_2", "duration_seconds": 60, **began}) == []
    assert covered(world) == {"c_1": 60, "c_2": 60}
    assert counters(world) == {COUNTER: (1, -60, 120)}


# --- Corrections, goodwill --------------------------------------------------------------------------------------------


def test_goodwill_for_a_covered_call_is_refused(world: World) -> None:
    give(world, UK)
    charged(world, 60)
    answer = goodwill(world, "0.01")
    assert (answer.status, answer.code) == (422, "amount_out_of_range")


# --- Bundles ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["=1+1", '<b>"x"</b>', "a/b?c&d", "é日本", "100 %", "'); DROP", "..", "ACCOUNT", "~"])
def test_a_bundle_with_an_odd_name_covers_calls_and_is_shown(world: World, name: str) -> None:
    give(world, UK | {"name": name})
    assert world.authorize("c_2", seconds=60).body["covered_seconds"] == 60
    entry = charged(world, 60)
    assert entry["bundle"] == f"2026-11#ACCOUNT#{name}"
    assert (shown(world)[0]["name"], shown(world)[0]["left_seconds"]) == (name, 480)
    text = world.get("/usage/outbound_international_call", accept="text/csv").text
    assert ",60," in text
    assert ",=1+1" not in text
    give(world)
    assert left_of(world, entry["bundle"]) == 480


def left_of(world: World, counter: str) -> int:
    """The seconds that a counter has left."""
    return counters(world)[counter][1]


def test_a_bundle_of_no_minutes_covers_nothing(world: World) -> None:
    give(world, UK | {"minutes": 0})
    assert world.authorize("c_2", seconds=60).body["covered_seconds"] == 0
    assert "bundle" not in charged(world, 60)
    assert counters(world) == {COUNTER: (0, 0, 0)}


def test_the_most_minutes_cover_the_longest_call(world: World) -> None:
    give(world, UK | {"minutes": 1_000_000})
    answer = world.authorize(seconds=86_400).body
    assert (answer["covered_seconds"], answer["held"]) == (86_400, "0.00")
    assert left(world) == 60_000_000 - 86_400
    refused = world.operate("PUT", "/accounts/acct_1", {"bundles": [UK | {"minutes": 10_000_000}]})
    assert (refused.status, refused.code) == (422, "invalid_bundles")
    assert "1000000" in refused.text


def test_overlapping_bundles_cover_in_their_order(world: World) -> None:
    mobile = {"name": "mobiles", "prefixes": ["4477"], "minutes": 1}
    give(world, mobile, UK)
    assert [charged(world, 60, call_id=f"c_{one}", to=MOBILE)["bundle"] for one in range(2)] == [
        "2026-11#ACCOUNT#mobiles",
        COUNTER,
    ]
    assert charged(world, 60, call_id="c_3")["bundle"] == COUNTER
    assert "bundle" not in charged(world, 60, call_id="c_4", to=JAPAN)


def test_two_lines_share_the_minutes_of_their_account(world: World) -> None:
    give(world, UK | {"minutes": 3})
    line: dict[str, Any] = {"number": "+14155550101", "user_id": "user_1", "international_calling": True}
    assert world.operate("PUT", "/accounts/acct_1/lines/line_2", line).status == 201
    assert world.authorize("c_1", seconds=120).body["covered_seconds"] == 120
    assert world.authorize("c_2", seconds=120, line_id="line_2").body["covered_seconds"] == 60
    assert left(world) == 0
