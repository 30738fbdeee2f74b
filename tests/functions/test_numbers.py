"""A phone number belongs to one line, and moves from one line to another in one transaction."""

from datetime import timedelta
from typing import Any

import pytest

from tests.functions.accounts_bench import at_once
from tests.functions.numbers_bench import NUMBER, call_at, deliver
from tests.harness.http import http_event
from tests.harness.table import Stack
from tests.harness.world import UNITED_KINGDOM, World, number_of

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]

OTHER = "+14155550177"
LINE_1, LINE_2 = "/accounts/acct_1/lines/line_1", "/accounts/acct_2/lines/line_2"
MOVE = {"number": NUMBER, "user_id": "user_1", "move_from": {"account_id": "acct_1", "line_id": "line_1"}}
LEAD = timedelta(seconds=120)


def assignments(stack: Stack, number: str = NUMBER) -> list[tuple[str, str, str, str, str | None]]:
    """The stored assignments of a number: account, line, user, and the times after 2026-11-23."""
    items = [item for item in stack.items() if item["PK"] == f"NUMBER#{number}"]
    return [
        (one["account_id"], one["line_id"], one["user_id"], one["since"][11:19], one.get("until", "")[11:19] or None)
        for item in items
        for one in item["assignments"]
    ]


def charged(world: World) -> dict[str, list[str]]:
    """The charged calls of each account."""
    entries = [item for item in world.stack.items() if item["SK"].startswith("ENTRY#")]
    accounts = sorted({entry["PK"].removeprefix("ACCOUNT#") for entry in entries})
    return {
        account: [entry["SK"].rpartition("#")[2] for entry in entries if entry["PK"] == f"ACCOUNT#{account}"]
        for account in accounts
    }


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
    assert [line["number"] for line in world.get("/lines", account="acct_2").body["items"]] == [
        number_of("acct_2"),
        NUMBER,
    ]


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
    assert sorted(answer.status for answer in answers) == [201, 409]
    spans = [one for one in assignments(world.stack) if one[4] is None]
    assert len(spans) == 1


# --- Calls by number --------------------------------------------------------------------------------------------------


def test_a_call_that_names_only_its_number_is_charged_to_its_line(world: World) -> None:
    assert deliver(world, call_at(world, "c_1")) == []
    [entry] = world.entries()
    assert (entry["line_id"], entry["user_id"], entry["amount_micros"]) == ("line_1", "user_1", -100_000)


def test_the_same_call_with_and_without_its_account_is_charged_once(world: World) -> None:
    named = {"account_id": "acct_1", "line_id": "line_1", "user_id": "user_1"}
    assert deliver(world, call_at(world, "c_1")) == []
    assert deliver(world, call_at(world, "c_1") | named) == []
    assert charged(world) == {"acct_1": ["c_1"]}


def test_a_call_is_charged_once_in_the_whole_table_however_its_number_moves(world: World) -> None:
    """Delivered, moved, and delivered again: over the queue, and after days from the dead-letter queue."""
    world.create_account("acct_2")
    call = call_at(world, "c_1")
    assert deliver(world, call) == []
    world.clock.now += timedelta(minutes=5)
    assert world.operate("PUT", LINE_2, MOVE).status == 201
    assert deliver(world, call) == []
    world.clock.now += timedelta(days=10)
    assert deliver(world, call, call_at(world, "c_2")) == []
    world.stack.forget()
    assert deliver(world, call) == []
    assert charged(world) == {"acct_1": ["c_1"], "acct_2": ["c_2"]}


def test_a_call_that_waited_in_the_dead_letter_queue_is_of_its_former_line(world: World) -> None:
    world.create_account("acct_2")
    world.clock.now += timedelta(minutes=5)
    call = call_at(world, "c_1")
    world.clock.now += timedelta(minutes=5)
    world.operate("PUT", LINE_2, MOVE)
    world.clock.now += timedelta(days=3)
    assert deliver(world, call) == []
    assert charged(world) == {"acct_1": ["c_1"]}


def test_a_warm_function_follows_a_move_at_the_moment_it_takes_effect(world: World) -> None:
    world.create_account("acct_2")
    assert deliver(world, call_at(world, "c_0")) == []
    world.operate("PUT", LINE_2, MOVE)
    for seconds, call_id in ((1, "c_1"), (58, "c_2"), (60, "c_3"), (1, "c_4"), (1, "c_5")):
        world.clock.now += timedelta(seconds=seconds)
        assert deliver(world, call_at(world, call_id)) == []
    assert charged(world) == {"acct_1": ["c_0", "c_1", "c_2", "c_3"], "acct_2": ["c_4", "c_5"]}


@pytest.mark.parametrize(("number", "ahead"), [(OTHER, 0), (NUMBER, -1), (NUMBER, 61)])
def test_a_call_of_an_unknown_or_undecided_number_is_refused(world: World, number: str, ahead: int) -> None:
    now = world.clock.now
    world.clock.now += timedelta(seconds=ahead)
    call = call_at(world, "c_1", **{"from": number})
    world.clock.now = now
    assert deliver(world, call) == ["m_0"]
    assert charged(world) == {}
    if ahead == 61:
        world.clock.now += timedelta(seconds=61)
        assert deliver(world, call) == []


def test_a_new_number_works_at_once_in_a_warm_function(world: World) -> None:
    assert deliver(world, call_at(world, "c_1", **{"from": OTHER})) == ["m_0"]
    world.operate("PUT", "/accounts/acct_1/lines/line_2", {"number": OTHER, "user_id": "user_1"})
    assert deliver(world, call_at(world, "c_1", **{"from": OTHER})) == []


def test_an_event_that_costs_nothing_releases_the_hold_of_its_number(world: World) -> None:
    world.adjust("5.00", "k_1")
    assert world.authorize("c_1").body["decision"] == "allow"
    world.clock.now += timedelta(seconds=30)
    event = call_at(world, "c_1") | {"duration_seconds": 0, "disposition": "no_answer"}
    assert deliver(world, event) == []
    assert [hold["status"] for hold in world.of_kind("HOLD")] == ["released"]


def test_a_late_call_on_a_closed_line_is_no_stray_and_a_new_one_is(world: World) -> None:
    world.create_account("acct_2")
    early = call_at(world, "c_1") | {"account_id": "acct_1", "line_id": "line_1"}
    world.clock.now += timedelta(minutes=5)
    world.operate("PUT", LINE_2, MOVE)
    world.clock.now += timedelta(minutes=5)
    late = call_at(world, "c_2") | {"account_id": "acct_1", "line_id": "line_1"}
    assert deliver(world, early, late) == []
    assert [item["SK"].rpartition("#")[2] for item in world.of_kind("STRAY")] == ["c_2"]


def test_a_cached_history_decides_without_another_request(world: World) -> None:
    numbers = world.stack.apps["rate_calls"].numbers
    asked = {(NUMBER, "2026-11-23T12:00:30.000Z")}
    with world.recorded("rate_calls") as requests:
        first = numbers.resolve(asked, world.clock.now)
        assert numbers.resolve(asked, world.clock.now + timedelta(seconds=59)) == first
        assert len(requests) == 1
        numbers.resolve(asked, world.clock.now + timedelta(seconds=60))
        numbers.resolve({(NUMBER, "2026-11-23T12:02:00.000Z")}, world.clock.now + timedelta(seconds=61))
        assert len(requests) == 3


# --- Authorizing by number --------------------------------------------------------------------------------------------


def ask(world: World, call_id: str, **body: Any) -> Any:
    """The decision on a call that names only its number."""
    asked = {"call_id": call_id, "from": NUMBER, "to": UNITED_KINGDOM, "requested_seconds": 60, **body}
    answer = world.invoke("authorize_call", http_event("authorize_call", "POST", "/calls/authorize", body=asked))
    assert answer.status == 200, answer.text
    return answer.body


def test_a_call_is_authorized_for_the_line_of_its_number(world: World) -> None:
    world.adjust("5.00", "k_1")
    assert (ask(world, "c_1")["decision"], ask(world, "c_1")["held"]) == ("allow", "0.10")
    [hold] = world.of_kind("HOLD")
    assert hold["line_id"] == "line_1"


def test_a_moved_number_is_authorized_for_its_new_line_after_the_lead(world: World) -> None:
    world.create_account("acct_2")
    for account, key in (("acct_1", "k_1"), ("acct_2", "k_2")):
        world.adjust("5.00", key, account)
    assert ask(world, "c_1")["decision"] == "allow"
    world.operate("PUT", LINE_2, MOVE | {"international_calling": True})
    for seconds, call_id in ((119, "c_2"), (1, "c_3")):
        world.clock.now += timedelta(seconds=seconds)
        assert ask(world, call_id)["decision"] == "allow"
    assert [len(world.of_kind("HOLD", account)) for account in ("acct_1", "acct_2")] == [2, 1]


def test_a_call_from_an_unknown_number_is_denied(world: World) -> None:
    denied = ask(world, "c_1", **{"from": OTHER})
    assert (denied["decision"], denied["reason"]) == ("deny", "unknown_number")


def test_an_emergency_call_from_an_unknown_number_is_allowed(world: World) -> None:
    assert ask(world, "c_1", to="911", **{"from": OTHER})["decision"] == "allow"


@pytest.mark.parametrize("number", ["anonymous", "4155550100", None, 7])
def test_a_call_without_account_and_number_is_422(world: World, number: object) -> None:
    asked = {"call_id": "c_1", "from": number, "to": UNITED_KINGDOM}
    answer = world.invoke("authorize_call", http_event("authorize_call", "POST", "/calls/authorize", body=asked))
    assert (answer.status, answer.code) == (422, "missing_field")
