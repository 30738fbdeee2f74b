"""Bundles that the operator sets, changes, and removes during a month."""

from typing import Any

import pytest

from calling_credit.accounts.bundles import MAX_BUNDLES
from calling_credit.notifications.events import AccountChanged
from calling_credit.notifications.from_changes import change_events
from tests.functions.minutes_bench import COUNTER, UK, charged, counters, give, left, shown
from tests.harness.world import World, number_of

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]


@pytest.fixture(autouse=True)
def credit(world: World) -> None:
    """Give acct_1 five dollars."""
    world.adjust("5.00", "credit")


# --- Changes ----------------------------------------------------------------------------------------------------------


def test_other_minutes_change_the_running_month_by_the_difference(world: World) -> None:
    give(world, UK)
    charged(world, 120)
    world.authorize("c_2", seconds=60)
    for minutes, rest in ((20, 1020), (4, 60), (2, -60), (10, 420), (10, 420)):
        give(world, UK | {"minutes": minutes})
        assert left(world) == rest
        assert shown(world)[0]["left_minutes"] == max(0, rest) // 60
    give(world, UK | {"minutes": 2})
    assert world.authorize("c_3", seconds=60).body["covered_seconds"] == 0


def test_a_removed_bundle_covers_no_new_call_and_finds_its_counter_again(world: World) -> None:
    give(world, UK)
    assert world.authorize("c_1", seconds=120).body["covered_seconds"] == 120
    give(world)
    assert "covered_seconds" not in world.authorize("c_2", seconds=60).body
    assert shown(world) == []
    assert charged(world, 60, call_id="c_1")["covered_seconds"] == 60
    assert "covered_seconds" not in charged(world, 60, call_id="c_2")
    assert left(world) == 540
    give(world, UK | {"minutes": 5})
    assert counters(world) == {COUNTER: (5, 240, 60)}


def test_a_renamed_bundle_is_a_new_one_with_all_its_minutes(world: World) -> None:
    give(world, UK)
    charged(world, 60)
    give(world, UK | {"name": "Britain"})
    assert counters(world) == {COUNTER: (10, 540, 60), "2026-11#ACCOUNT#Britain": (10, 600, 0)}
    assert [one["name"] for one in shown(world)] == ["Britain"]


def test_other_places_count_for_later_calls(world: World) -> None:
    give(world, UK)
    charged(world, 60)
    give(world, UK | {"countries": [], "prefixes": ["447"]})
    assert world.authorize("c_2", seconds=60).body["covered_seconds"] == 0
    assert world.authorize("c_3", to="+447700900123", seconds=60).body["covered_seconds"] == 60
    assert left(world) == 480


def test_a_change_at_the_end_of_a_month_writes_the_next_one_too(world: World) -> None:
    give(world, UK)
    world.clock.now = world.clock.now.replace(day=30, hour=23, minute=58)
    give(world, UK | {"minutes": 3})
    assert counters(world) == {COUNTER: (3, 180, 0), "2026-12#ACCOUNT#the UK": (3, 180, 0)}


def test_a_change_of_bundles_is_recorded_with_its_actor(world: World) -> None:
    give(world, UK)
    give(world, UK)
    [change] = [one for one in world.changes("account_changed") if "bundles" in one["new"]]
    stored = [UK | {"prefixes": []}]
    assert (change["old"], change["new"]) == ({}, {"bundles": stored})
    assert change["by"] == "client:3n4exampleoperator"
    give(world, UK | {"minutes": 1}, line="line_1")
    [change] = [one for one in world.changes("line_changed") if "bundles" in one["new"]]
    assert change["new"] == {"bundles": [UK | {"minutes": 1, "prefixes": []}]}
    give(world, line="line_1")
    assert world.changes("line_changed")[-1]["new"] == {}
    assert not [item for item in world.of_kind("LINE") if "bundles" in item]


def test_staff_give_bundles_at_the_desk(world: World) -> None:
    for path in ("/accounts/acct_1", "/accounts/acct_1/lines/line_1"):
        assert world.desk("PUT", path, {"bundles": [UK]}).status == 200
        assert world.desk("PUT", path, {"bundles": [UK]}, group="support").status == 403
    assert [change["by"] for change in world.changes("account_changed", "line_changed")] == ["staff:staff-1"] * 2
    assert len(counters(world)) == 2


def test_a_change_of_bundles_is_announced_by_its_name(world: World) -> None:
    give(world, UK)
    told = list(change_events(world.changes("account_changed")[-1]))
    assert [(event, data["fields"]) for event, data in told] == [(AccountChanged, ["bundles"])]


def test_other_settings_keep_the_bundles(world: World) -> None:
    give(world, UK)
    give(world, UK, line="line_1")
    assert world.operate("PUT", "/accounts/acct_1", {"name": "Acme"}).body["bundles"] == [UK | {"prefixes": []}]
    line = {"number": number_of("acct_1"), "user_id": "user_1", "international_calling": False}
    world.operate("PUT", "/accounts/acct_1/lines/line_1", line)
    world.change("/lines/line_1", {"international_calling": True})
    [stored] = world.of_kind("LINE")
    assert [one["name"] for one in stored["bundles"]] == ["the UK"]


def test_a_new_account_and_a_new_line_may_have_bundles(world: World) -> None:
    body = {"time_zone": "UTC", "bundles": [UK]}
    assert world.operate("PUT", "/accounts/acct_2", body).status == 201
    world.operate("PUT", "/accounts/acct_2/users/user_1", {"name": "Ada"})
    line = {"number": number_of("acct_2"), "user_id": "user_1", "bundles": [UK]}
    assert world.operate("PUT", "/accounts/acct_2/lines/line_1", line).status == 201
    names = [item["SK"] for item in world.of_kind("MINUTES", "acct_2")]
    assert names == ["MINUTES#2026-11#ACCOUNT#the UK", "MINUTES#2026-11#LINE#line_1#the UK"]


@pytest.mark.parametrize(
    "bundles",
    [
        "all",
        {},
        [UK] * 2,
        [UK | {"name": f"b {number}"} for number in range(MAX_BUNDLES + 1)],
        ["GB"],
        [UK | {"price": "1.00"}],
        [UK | {"name": name} for name in ("",)],
        *([UK | {"name": name}] for name in (None, 7, "", "a#b", " a", "a\n", "x" * 41, "é" * 21)),
        *([UK | {"minutes": minutes}] for minutes in (None, -1, 1.5, "10", True, 1_000_001)),
        *([UK | {"countries": places}] for places in (None, [], "GB", ["gb"], ["UK"], [44], ["GB"] * 101)),
        *([UK | {"countries": [], "prefixes": places}] for places in ([], ["+44"], ["0"], [44], ["4" * 13])),
        [UK | {"prefixes": ["44"]}],
    ],
)
def test_an_invalid_bundle_is_refused_and_nothing_is_stored(world: World, bundles: Any) -> None:
    for path in ("/accounts/acct_1", "/accounts/acct_1/lines/line_1"):
        answer = world.operate("PUT", path, {"bundles": bundles})
        assert (answer.status, answer.code) == (422, "invalid_bundles")
    assert not world.of_kind("MINUTES")
