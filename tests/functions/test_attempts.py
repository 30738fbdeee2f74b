"""A call that was not answered may be tried again; an old event never frees the credit of a newer attempt."""

from datetime import timedelta
from typing import Any

import pytest

from calling_credit.instants import format_instant
from tests.domain.examples import event_body
from tests.functions.holds_bench import balances, credit, denied, hold
from tests.harness.queue import delivery, failures
from tests.harness.wire import Killed, Pass, Sent, Wire
from tests.harness.world import JAPAN, World

__all__ = ["credit"]

pytestmark = pytest.mark.dynamodb

BUSY: dict[str, Any] = {"disposition": "busy", "duration_seconds": 0, "ended_at": None}


def deliver_again(world: World, body: dict[str, Any], sent_at: Any, first: Any = None) -> list[str]:
    """Deliver an event whose message was sent at a time, and first sent at another one."""
    event = delivery(event_body(**body), sent_at=sent_at)
    if first is not None:
        attribute = {"stringValue": str(int(first.timestamp() * 1000)), "dataType": "Number"}
        event["Records"][0]["messageAttributes"] = {"first_sent_at": attribute}
    return failures(world.stack.invoke("rate_calls", event))


def test_asking_again_after_an_unanswered_call_is_a_new_attempt(world: World) -> None:
    first = world.authorize().body
    world.clock.now += timedelta(seconds=20)
    world.deliver(BUSY)
    assert balances(world) == ("5.00", "0.00", "5.00")
    world.clock.now += timedelta(seconds=10)
    assert world.authorize().body == first
    item = hold(world)
    assert (item["status"], item["authorized_at"]) == ("live", "2026-11-23T12:00:30.000Z")
    assert not {"ended_at", "ended_as", "expires_at"} & set(item)
    assert balances(world) == ("5.00", "1.00", "4.00")
    assert world.authorize().body == first, "a retry holds nothing more"
    assert world.deliver({}) == []
    assert balances(world) == ("4.70", "0.00", "4.70")
    assert denied(world.authorize()) == "call_finished"
    assert world.balance() == 4_700_000


def test_a_new_attempt_may_go_to_another_number_at_its_own_price(world: World) -> None:
    world.authorize()
    world.deliver(BUSY)
    assert world.authorize(to=JAPAN).body["rate_per_minute"] == "0.0123"
    assert world.deliver({"to": JAPAN, "duration_seconds": 60, "answered_at": None}) == []
    [entry] = [entry for entry in world.entries() if entry["kind"] == "call_charged"]
    assert (entry["prefix"], entry["promised"]) == ("81", True)


def test_a_new_attempt_counts_as_a_simultaneous_call_and_needs_credit(world: World) -> None:
    world.operate("PUT", "/accounts/acct_1", {"limits": {"simultaneous_calls": 1}})
    world.authorize()
    world.deliver(BUSY)
    world.authorize("c_2")
    assert denied(world.authorize()) == "simultaneous_calls_limit"
    world.operate("PUT", "/accounts/acct_1", {"limits": {"simultaneous_calls": 2}})
    world.adjust("-4.00", "spent")
    assert denied(world.authorize()) == "insufficient_credit"
    world.balance()


@pytest.mark.parametrize("ended_at", ["2026-11-23T12:00:10.000Z", None, "2099-01-01T00:00:00Z"])
@pytest.mark.parametrize("is_redriven", [True, False])
def test_an_old_event_does_not_free_a_newer_attempt(world: World, ended_at: str | None, is_redriven: bool) -> None:
    """Delivered again by SQS, or sent again by make redrive with the time when it was first sent."""
    world.authorize()
    world.clock.now += timedelta(seconds=20)
    event, sent_at = BUSY | {"ended_at": ended_at}, world.clock.now
    assert deliver_again(world, event, sent_at) == []
    world.clock.now += timedelta(seconds=10)
    world.authorize()
    world.clock.now += timedelta(minutes=5)
    if is_redriven:
        assert deliver_again(world, event, world.clock.now, first=sent_at) == []
    else:
        assert deliver_again(world, event, sent_at) == []
    assert balances(world) == ("5.00", "1.00", "4.00")
    assert deliver_again(world, BUSY, world.clock.now) == []
    assert balances(world)[1] == "0.00", "the event of the newer attempt frees it"


@pytest.mark.parametrize(("late", "held"), [(4.999, "0.00"), (5.0, "1.00")])
def test_the_clock_of_the_switch_may_be_5_seconds_behind(world: World, late: float, held: str) -> None:
    world.authorize()
    ended_at = (world.clock.now - timedelta(seconds=late)).isoformat(timespec="milliseconds")
    world.clock.now += timedelta(seconds=20)
    world.deliver(BUSY | {"ended_at": ended_at})
    assert balances(world)[1] == held


def test_an_event_from_before_an_extension_does_not_end_the_call(world: World) -> None:
    world.authorize()
    world.clock.now += timedelta(seconds=540)
    world.authorize()
    world.deliver(BUSY | {"ended_at": "2026-11-23T12:08:54.999Z"})
    assert balances(world)[1] == "1.90"


def test_an_attempt_begun_while_an_old_event_is_posted_keeps_its_hold(world: World, wire: Wire) -> None:
    """The hold is released and placed again, with the same amount, between reading and writing."""
    world.authorize()
    event = BUSY | {"ended_at": "2026-11-23T12:00:01.000Z"}
    begun: list[Sent] = []

    def begin(sent: Sent, passed: Pass) -> Any:
        if sent.operation == "TransactWriteItems" and not begun:
            begun.append(sent)
            assert world.deliver(event) == []
            world.clock.now += timedelta(seconds=30)
            assert world.authorize().body["held"] == "1.00"
        return passed()

    with wire.interfering(begin):
        assert world.deliver(event) == []
    assert (hold(world)["status"], hold(world)["authorized_at"]) == ("live", "2026-11-23T12:00:30.000Z")
    assert balances(world) == ("5.00", "1.00", "4.00")
    world.balance()


def test_an_answered_call_among_unanswered_events_decides_the_holds_end(world: World) -> None:
    world.authorize()
    assert world.deliver(BUSY, {}, BUSY) == []
    assert (hold(world)["status"], hold(world)["ended_as"]) == ("released", "answered")
    assert denied(world.authorize()) == "call_finished"
    world.balance()


@pytest.mark.parametrize("call_id", ["{b1c2} ~/é", "x" * 255, "h_1", "[2001:db8::1]"])
def test_authorization_and_event_find_the_same_unusual_call(world: World, call_id: str) -> None:
    assert world.authorize(call_id).body["decision"] == "allow"
    assert world.deliver({"call_id": call_id}, {"call_id": call_id}) == []
    assert balances(world) == ("4.70", "0.00", "4.70")
    [row] = world.get("/usage/outbound_international_call").body["items"]
    assert row["call_id"] == call_id or len(call_id) == 255
    assert denied(world.authorize(call_id)) == "call_finished"
    assert world.deliver({"call_id": call_id, "to": JAPAN}) == ["m_0"]
    world.balance()


# --- Why an extension adds nothing ------------------------------------------------------------------------------------


def test_a_retry_says_again_what_limited_the_call(world: World) -> None:
    first = world.authorize(seconds=86_400).body
    assert first["limited_by"] == "insufficient_credit"
    world.clock.now += timedelta(seconds=20)
    assert world.authorize(seconds=86_400).body == first


def test_a_refused_extension_says_why_it_adds_nothing(world: World) -> None:
    world.authorize(seconds=86_400)
    world.clock.now += timedelta(seconds=60)
    answer = world.authorize().body
    assert (answer["decision"], answer["max_seconds"]) == ("allow", 3_000), "600 more are granted already"
    world.clock.now += timedelta(seconds=2_900)
    answer = world.authorize().body
    assert (answer["decision"], answer["reason"], answer["limited_by"]) == ("deny", *["insufficient_credit"] * 2)
    world.operate("PUT", "/accounts/acct_1", {"frozen": True})
    answer = world.authorize().body
    assert (answer["reason"], answer["limited_by"], answer["max_seconds"]) == (*["account_frozen"] * 2, 3_000)


def test_a_call_of_a_day_says_that_no_call_is_longer(world: World) -> None:
    world.operate("PUT", "/accounts/acct_1", {"limits": {"call_price": "1000.00", "daily_spend": "1000.00"}})
    world.adjust("995.00", "more")
    assert "limited_by" not in world.authorize(seconds=86_400).body
    world.clock.now += timedelta(hours=23)
    answer = world.authorize(seconds=86_400).body
    assert (answer["decision"], answer["max_seconds"], answer["limited_by"]) == ("allow", 86_400, "maximum_duration")


@pytest.mark.parametrize("seconds", [600, 300])
def test_an_older_event_frees_no_money_of_a_repeated_request(world: World, seconds: int) -> None:
    world.authorize("c_1")
    world.clock.now += timedelta(seconds=10)
    assert world.authorize("c_1", seconds=seconds).body["decision"] == "allow"
    ended = world.clock.now - timedelta(seconds=7)
    event = {**BUSY, "started_at": format_instant(ended), "ended_at": format_instant(ended)}
    assert world.deliver(event) == []
    assert hold(world)["status"] == "live"
    assert world.deliver(event | {"ended_at": format_instant(world.clock.now)}) == []
    assert hold(world)["status"] == "released"


def test_a_retry_within_seconds_writes_nothing(world: World) -> None:
    world.authorize("c_1")
    world.clock.now += timedelta(seconds=4)
    with world.recorded("authorize_call") as requests:
        assert world.authorize("c_1").body["decision"] == "allow"
    assert "TransactWriteItems" not in [name for name, _ in requests]


def test_a_request_repeated_while_an_old_event_is_posted_keeps_its_hold(world: World, wire: Wire) -> None:
    world.authorize()
    repeated: list[Sent] = []

    def repeat(sent: Sent, passed: Pass) -> Any:
        if sent.operation == "TransactWriteItems" and not repeated:
            repeated.append(sent)
            world.clock.now += timedelta(seconds=10)
            assert world.authorize().body["held"] == "1.00"
        return passed()

    with wire.interfering(repeat):
        assert world.deliver(BUSY | {"ended_at": "2026-11-23T12:00:03.000Z"}) == []
    assert (hold(world)["status"], hold(world)["repeated_at"]) == ("live", "2026-11-23T12:00:10.000Z")
    assert balances(world) == ("5.00", "1.00", "4.00")


@pytest.mark.parametrize("is_written", [False, True])
def test_a_repeated_request_that_dies_around_its_write_may_be_sent_again(
    world: World, wire: Wire, is_written: bool
) -> None:
    first = world.authorize().body
    world.clock.now += timedelta(seconds=10)

    def die(sent: Sent, passed: Pass) -> Any:
        if sent.operation == "TransactWriteItems":
            if is_written:
                passed()
            raise Killed
        return passed()

    with wire.interfering(die), pytest.raises(Killed):
        world.authorize()
    assert ("repeated_at" in hold(world)) is is_written
    wire.dead = False
    for _ in range(2):
        assert world.authorize().body == first
    assert hold(world)["repeated_at"] == "2026-11-23T12:00:10.000Z"
    assert balances(world) == ("5.00", "1.00", "4.00")
