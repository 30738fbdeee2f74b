"""A call that names only its number belongs to the line that had the number when it began."""

from datetime import timedelta
from typing import Any

import pytest

from tests.functions.numbers_bench import LINE_2, MOVE, NUMBER, OTHER, call_at, deliver
from tests.harness.http import http_event
from tests.harness.world import UNITED_KINGDOM, World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]


def charged(world: World) -> dict[str, list[str]]:
    """The charged calls of each account."""
    entries = [item for item in world.stack.items() if item["SK"].startswith("ENTRY#")]
    accounts = sorted({entry["PK"].removeprefix("ACCOUNT#") for entry in entries})
    return {
        account: [entry["SK"].rpartition("#")[2] for entry in entries if entry["PK"] == f"ACCOUNT#{account}"]
        for account in accounts
    }


def test_a_call_that_names_only_its_number_is_charged_to_its_line(world: World) -> None:
    assert deliver(world, call_at(world, "c_1")) == []
    [entry] = world.entries()
    assert (entry["line_id"], entry["user_id"], entry["amount_micros"]) == ("line_1", "user_1", -100_000)


def test_the_same_call_with_and_without_its_account_is_charged_once(world: World) -> None:
    named = {"account_id": "acct_1", "line_id": "line_1", "user_id": "user_1"}
    assert deliver(world, call_at(world, "c_1")) == []
    assert deliver(world, call_at(world, "c_1") | named) == []
    assert charged(world) == {"acct_1": ["c_1"]}


def test_a_call_is_charged_once_however_its_number_moves(world: World) -> None:
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


@pytest.mark.parametrize(
    ("number", "code"),
    [("anonymous", "invalid_number"), ("1001", "invalid_number"), (None, "missing_field"), (7, "missing_field")],
)
def test_a_call_without_account_and_number_is_422(world: World, number: object, code: str) -> None:
    asked = {"call_id": "c_1", "from": number, "to": UNITED_KINGDOM}
    answer = world.invoke("authorize_call", http_event("authorize_call", "POST", "/calls/authorize", body=asked))
    assert (answer.status, answer.code) == (422, code)
