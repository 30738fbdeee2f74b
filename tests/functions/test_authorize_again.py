"""Repeated, extended, and concurrent requests never promise the same credit twice."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from tests.functions.holds_bench import balances, credit, denied, hold
from tests.harness.faults import answer_lost
from tests.harness.http import http_event
from tests.harness.table import Context
from tests.harness.wire import Pass, Sent, Wire, cancelled, wired
from tests.harness.world import UNITED_KINGDOM, World

__all__ = ["credit"]

pytestmark = pytest.mark.dynamodb


# --- Repeated requests ------------------------------------------------------------------------------------------------


def test_the_same_request_again_holds_nothing_more(world: World) -> None:
    first = world.authorize()
    world.clock.now += timedelta(seconds=5)
    with world.recorded("authorize_call") as requests:
        assert world.authorize().body == first.body
    assert [name for name, _ in requests] == ["BatchGetItem"]
    assert balances(world) == ("5.00", "1.00", "4.00")


def test_an_extension_holds_the_missing_amount(world: World) -> None:
    world.authorize()
    world.clock.now += timedelta(seconds=540)
    answer = world.authorize()
    assert (answer.body["max_seconds"], answer.body["held"]) == (1140, "1.90")
    assert balances(world) == ("5.00", "1.90", "3.10")
    assert hold(world)["sweep_sk"] == "2026-11-23T12:36:00.000Z#acct_1#c_1"
    assert world.balance() == 5_000_000


def test_an_extension_without_credit_keeps_the_existing_hold(world: World) -> None:
    world.authorize(seconds=86_400)
    world.clock.now += timedelta(seconds=2_940)
    answer = world.authorize().body
    assert (answer["decision"], answer["reason"]) == ("deny", "insufficient_credit")
    assert (answer["max_seconds"], answer["held"]) == (3_000, "5.00")


def test_a_call_that_was_posted_is_not_authorized_again(world: World) -> None:
    world.authorize()
    world.deliver({})
    assert denied(world.authorize()) == "call_finished"
    world.deliver({"call_id": "c_2", "disposition": "busy", "duration_seconds": 0})
    assert world.balance() == 4_700_000


# --- Concurrent requests ----------------------------------------------------------------------------------------------


def test_concurrent_calls_are_admitted_up_to_the_credit(world: World) -> None:
    world.adjust("-3.00", "taken")
    with wired(world.stack) as wire:
        wire.with_conflicts = True
        with ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(lambda number: world.authorize(f"c_{number}", seconds=60), range(60)))
    assert wire.conflicts
    told = Counter((answer.body["decision"], answer.body["reason"]) for answer in answers)
    assert told == {("allow", None): 20, ("deny", "insufficient_credit"): 40}
    assert balances(world) == ("2.00", "2.00", "0.00")
    assert world.balance() == 2_000_000


def test_concurrent_calls_stay_within_the_limit_of_simultaneous_calls(world: World) -> None:
    world.operate("PUT", "/accounts/acct_1", {"limits": {"simultaneous_calls": 3}})
    with wired(world.stack) as wire:
        wire.with_conflicts = True
        with ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(lambda number: world.authorize(f"c_{number}", seconds=60), range(24)))
    assert Counter(answer.body["reason"] for answer in answers) == {None: 3, "simultaneous_calls_limit": 21}


def test_concurrent_calls_stay_within_the_daily_limit(world: World) -> None:
    world.operate("PUT", "/accounts/acct_1", {"limits": {"daily_spend": "0.50"}})
    with wired(world.stack) as wire:
        wire.with_conflicts = True
        with ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(lambda number: world.authorize(f"c_{number}", seconds=60), range(24)))
    assert Counter(answer.body["reason"] for answer in answers) == {None: 5, "daily_spend_limit": 19}


@pytest.mark.parametrize("is_topped_up", [True, False])
@pytest.mark.parametrize("before", ["BatchGetItem", "TransactWriteItems"])
@pytest.mark.parametrize("is_held", [True, False])
def test_a_call_charged_while_another_is_authorized_counts_in_the_day(
    world: World, wire: Wire, is_held: bool, before: str, is_topped_up: bool
) -> None:
    """The call is charged between the two reads or after both, with or without other money."""
    world.operate("PUT", "/accounts/acct_1", {"limits": {"daily_spend": "1.00"}})
    if is_held:
        world.authorize(seconds=60)
    waited_for = ["BatchGetItem", *([] if before == "BatchGetItem" else ["BatchGetItem"]), before]

    def charge(sent: Sent, passed: Pass) -> Any:
        if [sent.operation] == waited_for[:1] and waited_for.pop(0) and not waited_for:
            assert world.deliver({}) == []
            if is_topped_up:
                world.adjust("0.20", "credit beside it")
        return passed()

    with wire.interfering(charge):
        answer = world.authorize("c_2")
    assert (answer.body["held"], answer.body["limited_by"]) == ("0.70", "daily_spend_limit")
    posted, held, _ = balances(world)
    assert (posted, held) == ("4.90" if is_topped_up else "4.70", "0.70")


def test_the_same_request_twice_at_once_holds_once(world: World) -> None:
    with wired(world.stack) as wire:
        wire.with_conflicts = True
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: world.authorize(), range(16)))
    assert {answer.text for answer in answers} == {answers[0].text}
    assert balances(world) == ("5.00", "1.00", "4.00")


def test_a_lost_response_is_given_again(world: World, wire: Wire) -> None:
    lost: list[Sent] = []

    def lose_one(sent: Sent, passed: Pass) -> Any:
        if sent.operation == "TransactWriteItems" and len(lost) < 3:
            lost.append(sent)
            return answer_lost(None, sent, passed)  # type: ignore[arg-type]
        return passed()

    with wire.interfering(lose_one):
        answer = world.authorize()
    assert lost
    assert (answer.body["decision"], answer.body["held"]) == ("allow", "1.00")
    assert balances(world) == ("5.00", "1.00", "4.00")


def test_a_request_among_too_many_is_asked_to_retry(world: World, wire: Wire) -> None:
    context = Context(10.0)

    def contend(sent: Sent, passed: Pass) -> Any:
        context.seconds -= 1.0
        return cancelled(["None", "TransactionConflict"]) if sent.operation == "TransactWriteItems" else passed()

    body = {"call_id": "c_1", "account_id": "acct_1", "line_id": "line_1", "to": UNITED_KINGDOM}
    event = http_event("authorize_call", "POST", "/calls/authorize", body=body)
    with wire.interfering(contend):
        answer = world.stack.apps["authorize_call"].handler(event, context)
    assert answer["statusCode"] == 503
    assert "Retry-After" in answer["headers"]
    assert balances(world)[1] == "0.00"
