"""Numbers under attack: other spellings, moves that cross, calls in progress, erasure, and late delivery."""

from datetime import timedelta
from typing import Any

import pytest

from tests.functions.accounts_bench import at_once
from tests.functions.numbers_bench import LINE_2, MOVE, NUMBER, OTHER, call_at, deliver
from tests.harness.actors import OPERATOR
from tests.harness.world import UNITED_KINGDOM, World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]

LINE_1 = "/accounts/acct_1/lines/line_1"
BACK = MOVE | {"move_from": {"account_id": "acct_2", "line_id": "line_2"}}


def move(world: World, path: str = LINE_2, body: Any = MOVE, status: int = 201) -> None:
    """Move the number."""
    answer = world.operate("PUT", path, {"international_calling": True} | body)
    assert answer.status == status, answer.text


def spans(world: World, number: str = NUMBER) -> list[tuple[str, str, str | None]]:
    """Account, beginning, and end of each assignment of a number."""
    [item] = [item for item in world.stack.items() if item["PK"] == f"NUMBER#{number}"]
    return [
        (one["account_id"], one["since"][11:19], one.get("until", "")[11:19] or None) for one in item["assignments"]
    ]


def charged(world: World) -> dict[str, str]:
    """The account of each charged call. A call that is charged twice fails."""
    entries = [item for item in world.stack.items() if item.get("kind") == "call_charged"]
    calls = [entry["SK"].rpartition("#")[2] for entry in entries]
    assert len(calls) == len(set(calls)), "one event is at most one entry in the whole table"
    return {entry["SK"].rpartition("#")[2]: entry["PK"].removeprefix("ACCOUNT#") for entry in entries}


# --- Spellings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spelling",
    ["+114155550100", "14155550100", "+1 415 555 0100", "+1-415-555-0100", "\u200e+14155550100", "+1415555010\u0660"],
)
def test_no_line_gets_a_number_in_another_spelling(world: World, spelling: str) -> None:
    before = world.stack.items()
    for path in (LINE_1, "/accounts/acct_1/lines/line_9"):
        answer = world.operate("PUT", path, {"number": spelling, "user_id": "user_1"})
        assert (answer.status, answer.code) in ((422, "invalid_number"), (422, "invalid_field"))
        assert "number" in answer.body["detail"]
    assert world.stack.items() == before


def test_a_spelling_with_the_trunk_prefix_is_answered_with_the_right_one(world: World) -> None:
    answer = world.operate("PUT", LINE_1, {"number": "+114155550177", "user_id": "user_1"})
    assert answer.body["detail"].endswith("send +14155550177.")


def test_a_line_that_has_an_old_spelling_can_still_be_changed(world: World) -> None:
    world.stack.dynamodb.update_item(
        TableName=world.stack.table_name,
        Key={"PK": {"S": "ACCOUNT#acct_1"}, "SK": {"S": "LINE#line_1"}},
        UpdateExpression="SET #number = :number",
        ExpressionAttributeNames={"#number": "number"},
        ExpressionAttributeValues={":number": {"S": "+114155550100"}},
    )
    assert world.operate("PUT", LINE_1, {"international_calling": False}).status == 200
    assert world.operate("PUT", LINE_1, {"number": "+114155550199"}).code == "invalid_number"
    assert world.operate("PUT", LINE_1, {"number": OTHER}).status == 200


# --- Moves that cross -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [0, 1, 119, 120, 121, 240])
def test_a_number_that_moves_back_at_once_has_one_line_at_each_moment(world: World, seconds: int) -> None:
    world.create_account("acct_2")
    world.clock.now += timedelta(hours=1)
    move(world)
    world.clock.now += timedelta(seconds=seconds)
    move(world, LINE_1, BACK)
    found = spans(world)
    assert [one[2] for one in found[:-1]] == [one[1] for one in found[1:]], "no gap, no overlap"
    assert (found[-1][0], found[-1][2]) == ("acct_1", None)
    owner_of = {}
    for number in range(30):
        world.clock.now += timedelta(seconds=20)
        assert deliver(world, call_at(world, f"c_{number}")) == []
        at = world.clock.now.strftime("%H:%M:%S")
        [owner_of[f"c_{number}"]] = [one[0] for one in found if one[1] <= at and (one[2] is None or at < one[2])]
    assert charged(world) == owner_of


def test_a_call_of_before_two_moves_is_its_first_lines_however_late(world: World) -> None:
    for account in ("acct_2", "acct_3"):
        world.create_account(account)
    world.clock.now += timedelta(minutes=5)
    first = call_at(world, "c_1")
    move(world)
    world.clock.now += timedelta(minutes=5)
    second = call_at(world, "c_2")
    move(world, "/accounts/acct_3/lines/line_3", BACK)
    world.clock.now += timedelta(days=30)
    for _ in range(2):
        assert deliver(world, first, second, call_at(world, "c_3")) == []
        world.stack.forget()
    named = [call | {"account_id": "acct_3", "line_id": "line_3"} for call in (call_at(world, "c_3"),)]
    assert deliver(world, *named) == []
    assert charged(world) == {"c_1": "acct_1", "c_2": "acct_2", "c_3": "acct_3"}


def test_a_call_in_progress_is_charged_to_the_line_that_it_was_held_for(world: World) -> None:
    world.create_account("acct_2")
    world.adjust("5.00", "k_1")
    world.clock.now += timedelta(minutes=5)
    assert world.authorize("c_1").body["decision"] == "allow"
    call = call_at(world, "c_1")
    move(world)
    world.clock.now += timedelta(minutes=30)
    assert deliver(world, call) == []
    assert charged(world) == {"c_1": "acct_1"}
    [hold] = world.of_kind("HOLD")
    assert (hold["status"], world.of_kind("HOLD", "acct_2")) == ("released", [])
    assert world.balance() == 4_900_000


def test_of_a_move_and_a_move_back_at_once_the_number_keeps_one_line(world: World) -> None:
    world.create_account("acct_2")
    move(world)
    world.create_account("acct_3")
    world.clock.now += timedelta(minutes=5)
    answers = at_once(
        lambda: world.operate("PUT", LINE_1, BACK), lambda: world.operate("PUT", "/accounts/acct_3/lines/line_3", BACK)
    )
    won, lost = sorted(answer.status for answer in answers)
    assert (won, lost in (404, 409)) == (201, True), "the other one comes too late, or meets the first"
    lines = [item for item in world.stack.items() if item.get("number") == NUMBER and "closes_at" not in item]
    assert [item["PK"] for item in lines] == [f"ACCOUNT#{spans(world)[-1][0]}"]


def test_a_move_shows_neither_account_the_other_one(world: World) -> None:
    world.create_account("acct_2")
    world.clock.now += timedelta(seconds=1)
    move(world)
    assert "acct_2" not in world.get("/activity").text
    assert "acct_1" not in world.get("/activity", account="acct_2").text
    [closed] = world.changes("line_changed")
    assert (closed["subject"], closed["old"], list(closed["new"])) == ("line:line_1", {}, ["closes_at"])


# --- Erased numbers ---------------------------------------------------------------------------------------------------


def test_an_erased_number_that_is_given_away_names_only_its_new_line(world: World) -> None:
    from calling_credit.accounts.erasure import erase_number  # noqa: PLC0415

    old = call_at(world, "c_1")
    world.clock.now += timedelta(minutes=5)
    world.operate("PUT", LINE_1, {"number": OTHER})
    world.clock.now += timedelta(minutes=5)
    list(erase_number(world.stack.dynamodb, world.stack.table_name, "acct_1", NUMBER, OPERATOR, world.clock.now))
    world.create_account("acct_2")
    move(world, LINE_2, {"number": NUMBER, "user_id": "user_1"})
    world.clock.now += timedelta(minutes=1)
    assert deliver(world, old) == ["m_0"]
    assert deliver(world, call_at(world, "c_2")) == []
    assert charged(world) == {"c_2": "acct_2"}


def test_a_line_that_gives_its_number_up_in_a_moment_is_named(world: World) -> None:
    from calling_credit.accounts.erasure import erase_number, lines_with  # noqa: PLC0415

    world.create_account("acct_2")
    move(world)
    place = (world.stack.dynamodb, world.stack.table_name, "acct_1", NUMBER)
    list(erase_number(*place, OPERATOR, world.clock.now))
    assert lines_with(*place, world.clock.now) == ["line_1"]
    world.clock.now += timedelta(minutes=2)
    list(erase_number(*place, OPERATOR, world.clock.now))
    assert lines_with(*place, world.clock.now) == []
    assert NUMBER not in str(world.stack.items("acct_1"))


def test_a_denied_call_of_a_moved_number_is_listed_where_it_was_refused(world: World) -> None:
    world.create_account("acct_2")
    move(world)
    world.clock.now += timedelta(minutes=5)
    assert world.authorize("c_1", to=UNITED_KINGDOM).body["reason"] == "unknown_line"
    assert len(world.of_kind("DENIED")) == 1
    assert world.of_kind("DENIED", "acct_2") == []
