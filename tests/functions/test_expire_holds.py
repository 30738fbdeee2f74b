"""The sweep releases holds of calls that were never posted, and only those."""

from datetime import timedelta

import pytest

from tests.functions.holds_bench import balances, credit, hold
from tests.harness.table import sample_event
from tests.harness.wire import Pass, Sent, Wire
from tests.harness.world import World

pytestmark = pytest.mark.dynamodb
__all__ = ["credit"]
NOTHING = {"holds_expired": 0, "holds_changed": 0, "failed": 0}
LIVES = timedelta(seconds=120 + 600, minutes=15)


def test_a_hold_expires_only_when_its_call_must_have_ended(world: World) -> None:
    world.authorize()
    world.clock.now += LIVES - timedelta(milliseconds=1)
    assert world.stack.invoke("expire_holds", sample_event("expire_holds")) == NOTHING
    assert "expires_at" not in hold(world), "the table itself would forget a live hold, and its money with it"
    world.clock.now += timedelta(milliseconds=1)
    assert world.stack.invoke("expire_holds", sample_event("expire_holds")) == NOTHING | {"holds_expired": 1}
    assert (hold(world)["status"], "expires_at" in hold(world)) == ("expired", True)
    assert balances(world) == ("5.00", "0.00", "5.00")
    assert world.stack.invoke("expire_holds", {}) == NOTHING
    world.balance()


def test_a_call_after_its_hold_expired_is_charged_the_promised_price(world: World) -> None:
    world.authorize()
    world.clock.now += LIVES
    world.stack.invoke("expire_holds", {})
    assert world.deliver({}) == []
    assert balances(world) == ("4.70", "0.00", "4.70")
    assert hold(world)["status"] == "expired"
    assert world.authorize().body["reason"] == "hold_expired"


def test_an_extended_hold_lives_on(world: World) -> None:
    world.authorize()
    world.clock.now += timedelta(seconds=540)
    world.authorize()
    world.clock.now += LIVES - timedelta(seconds=540)
    assert world.stack.invoke("expire_holds", {}) == NOTHING
    world.clock.now += timedelta(seconds=540)
    assert world.stack.invoke("expire_holds", {})["holds_expired"] == 1


def test_a_hold_released_during_the_sweep_is_not_released_twice(world: World, wire: Wire) -> None:
    world.authorize()
    world.clock.now += LIVES
    posted: list[Sent] = []

    def post(sent: Sent, passed: Pass) -> object:
        if sent.operation == "TransactWriteItems" and not posted:
            posted.append(sent)
            assert world.deliver({}) == []
        return passed()

    with wire.interfering(post):  # type: ignore[arg-type]
        assert world.stack.invoke("expire_holds", {}) == NOTHING | {"holds_changed": 1}
    assert balances(world) == ("4.70", "0.00", "4.70")
    world.balance()


def test_a_hold_that_fails_to_expire_stops_no_other_and_is_counted(
    world: World, wire: Wire, capsys: pytest.CaptureFixture[str]
) -> None:
    world.authorize()
    world.authorize("c_2")
    world.clock.now += LIVES
    from tests.harness.wire import refusal  # noqa: PLC0415

    def refuse(sent: Sent, passed: Pass) -> object:
        of_first = sent.operation == "TransactWriteItems" and "HOLD#c_1" in str(sent.body)
        return refusal(400, "ValidationException") if of_first else passed()

    with wire.interfering(refuse):  # type: ignore[arg-type]
        assert world.stack.invoke("expire_holds", {}) == NOTHING | {"holds_expired": 1, "failed": 1}
    assert (hold(world)["status"], hold(world, "c_2")["status"]) == ("live", "expired")
    assert '"SweepsFailed":[1.0]' in capsys.readouterr().out
    world.balance()
