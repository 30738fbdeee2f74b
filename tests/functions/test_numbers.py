"""A phone number belongs to one line, and moves from one line to another in one transaction."""

from datetime import timedelta
from typing import Any

import pytest

from tests.functions.accounts_bench import at_once
from tests.functions.numbers_bench import LINE_2, MOVE, NUMBER, OTHER
from tests.harness.table import Stack
from tests.harness.world import World, number_of

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]

LINE_1 = "/accounts/acct_1/lines/line_1"
LEAD = timedelta(seconds=120)


def assignments(stack: Stack, number: str = NUMBER) -> list[tuple[str, str, str, str, str | None]]:
    """The stored assignments of a number: account, line, user, and the times after 2026-11-23."""
    items = [item for item in stack.items() if item["PK"] == f"NUMBER#{number}"]
    return [
        (one["account_id"], one["line_id"], one["user_id"], one["since"][11:19], one.get("until", "")[11:19] or None)
        for item in items
        for one in item["assignments"]
    ]


# --- One line has the number ------------------------------------------------------------------------------------------


def test_a_line_has_its_number_from_its_creation(world: World) -> None:
    assert assignments(world.stack) == [("acct_1", "line_1", "user_1", "12:00:00", None)]


@pytest.mark.parametrize("path", ["/accounts/acct_1/lines/line_9", "/accounts/acct_2/lines/line_1"])
def test_a_number_of_another_line_is_409_and_writes_nothing(world: World, path: str) -> None:
    world.create_account("acct_2")
    before = world.stack.items()
    answer = world.operate("PUT", path, {"number": NUMBER, "user_id": "user_1"})
    assert (answer.status, answer.code, answer.body["number"]) == (409, "number_taken", NUMBER)
    assert "acct_1" not in answer.text
    assert "line_1" not in answer.text
    assert world.stack.items() == before


def test_a_line_that_changes_its_number_frees_the_old_one_after_the_lead(world: World) -> None:
    world.clock.now += timedelta(hours=1)
    assert world.operate("PUT", LINE_1, {"number": OTHER}).status == 200
    assert assignments(world.stack) == [("acct_1", "line_1", "user_1", "12:00:00", "13:02:00")]
    assert assignments(world.stack, OTHER) == [("acct_1", "line_1", "user_1", "13:00:00", None)]
    world.create_account("acct_2")
    assert world.operate("PUT", LINE_2, {"number": NUMBER, "user_id": "user_1"}).status == 201
    assert assignments(world.stack)[1:] == [("acct_2", "line_2", "user_1", "13:02:00", None)]


def test_another_user_of_a_line_is_recorded_with_the_number(world: World) -> None:
    world.operate("PUT", "/accounts/acct_1/users/user_2", {"name": "Lin"})
    assert world.operate("PUT", LINE_1, {"user_id": "user_2"}).status == 200
    assert [one[2:] for one in assignments(world.stack)] == [
        ("user_1", "12:00:00", "12:02:00"),
        ("user_2", "12:02:00", None),
    ]


def test_a_request_that_changes_nothing_leaves_the_number_alone(world: World) -> None:
    before = assignments(world.stack)
    world.clock.now += timedelta(hours=1)
    for body in ({}, {"number": NUMBER}, {"international_calling": False}):
        assert world.operate("PUT", LINE_1, body).status == 200
    assert assignments(world.stack) == before


def test_of_two_lines_that_claim_a_number_at_once_one_gets_it(world: World) -> None:
    accounts = [f"acct_{number}" for number in range(2, 6)]
    for account in accounts:
        world.create_account(account)
    body = {"number": OTHER, "user_id": "user_1"}
    answers = at_once(
        *[lambda account=account: world.operate("PUT", f"/accounts/{account}/lines/l", body) for account in accounts]
    )
    assert sorted(answer.status for answer in answers) == [201, 409, 409, 409]
    [winner] = [account for account, answer in zip(accounts, answers, strict=True) if answer.status == 201]
    assert [one[0] for one in assignments(world.stack, OTHER)] == [winner]
    lines = [item for item in world.stack.items() if item.get("number") == OTHER]
    assert [item["PK"] for item in lines] == [f"ACCOUNT#{winner}"]


# --- Moving -----------------------------------------------------------------------------------------------------------


def test_a_move_ends_one_assignment_and_begins_the_other(world: World) -> None:
    world.create_account("acct_2")
    world.clock.now += timedelta(hours=1)
    answer = world.operate("PUT", LINE_2, MOVE)
    assert (answer.status, answer.body["number"]) == (201, NUMBER)
    assert assignments(world.stack) == [
        ("acct_1", "line_1", "user_1", "12:00:00", "13:02:00"),
        ("acct_2", "line_2", "user_1", "13:02:00", None),
    ]
    assert world.get("/lines").body["items"] == []
    numbers = [line["number"] for line in world.get("/lines", account="acct_2").body["items"]]
    assert numbers == sorted([number_of("acct_2"), NUMBER])


def test_the_old_line_works_until_the_move_takes_effect(world: World) -> None:
    world.create_account("acct_2")
    world.adjust("5.00", "k_1")
    world.operate("PUT", LINE_2, MOVE)
    world.clock.now += LEAD - timedelta(milliseconds=1)
    assert world.authorize("c_1").body["decision"] == "allow"
    world.clock.now += timedelta(milliseconds=1)
    assert world.authorize("c_2").body["reason"] == "unknown_line"


def test_a_move_sent_twice_moves_once(world: World) -> None:
    world.create_account("acct_2")
    assert world.operate("PUT", LINE_2, MOVE).status == 201
    before = world.stack.items()
    assert world.operate("PUT", LINE_2, MOVE).status == 200
    assert world.stack.items() == before


def test_a_number_moves_back_and_its_line_opens_again(world: World) -> None:
    world.create_account("acct_2")
    world.operate("PUT", LINE_2, MOVE)
    world.clock.now += timedelta(hours=1)
    back = MOVE | {"move_from": {"account_id": "acct_2", "line_id": "line_2"}}
    answer = world.operate("PUT", LINE_1, back)
    assert (answer.status, answer.body["international_calling"]) == (201, False)
    assert [one[0] for one in assignments(world.stack)] == ["acct_1", "acct_2", "acct_1"]
    assert [line["line_id"] for line in world.get("/lines").body["items"]] == ["line_1"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"move_from": {"account_id": "acct_1", "line_id": "line_x"}, "number": OTHER}, 404, "unknown_line"),
        ({"move_from": {"account_id": "acct_1", "line_id": "line_1"}, "number": OTHER}, 404, "unknown_line"),
        ({"move_from": {"account_id": "acct_1", "line_id": "line_x"}, "number": NUMBER}, 409, "number_taken"),
        ({"move_from": {"account_id": "acct_2", "line_id": "line_2"}, "number": NUMBER}, 422, "invalid_field"),
        ({"move_from": "acct_1", "number": NUMBER}, 422, "invalid_field"),
        ({"move_from": {"account_id": "acct_1"}, "number": NUMBER}, 422, "missing_field"),
        ({"move_from": {"account_id": "a b", "line_id": "line_1"}, "number": NUMBER}, 422, "invalid_id"),
        ({"move_from": {"account_id": "acct_1", "line_id": "line_1"}}, 422, "missing_field"),
    ],
    ids=str,
)
def test_an_impossible_move_writes_nothing(world: World, body: dict[str, Any], status: int, code: str) -> None:
    world.create_account("acct_2")
    before = world.stack.items()
    answer = world.operate("PUT", LINE_2, {"user_id": "user_1"} | body)
    assert (answer.status, answer.code) == (status, code)
    assert world.stack.items() == before


def test_of_two_moves_of_a_number_at_once_one_succeeds(world: World) -> None:
    for account in ("acct_2", "acct_3"):
        world.create_account(account)
    paths = (LINE_2, "/accounts/acct_3/lines/line_2")
    answers = at_once(*[lambda path=path: world.operate("PUT", path, MOVE) for path in paths])
    moved, refused = sorted(answer.status for answer in answers)
    assert (moved, refused) in {(201, 404), (201, 409)}  # 404: the first had ended, so the line had no number to give.
    spans = [one for one in assignments(world.stack) if one[4] is None]
    assert len(spans) == 1
