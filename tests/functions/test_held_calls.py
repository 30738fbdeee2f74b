"""A finished call is charged the promised price and releases its hold."""

from datetime import timedelta
from typing import Any

import pytest

from tests.domain.examples import deck_csv
from tests.functions.calls_bench import age_lines
from tests.functions.holds_bench import balances, credit, hold
from tests.harness.actors import erase_number
from tests.harness.wire import Pass, Sent, Wire
from tests.harness.world import INCLUDED, JAPAN, SHORT_CODE, UNCOVERED, UNITED_KINGDOM, World, number_of

__all__ = ["credit"]

pytestmark = pytest.mark.dynamodb

BUSY: dict[str, Any] = {"disposition": "busy", "duration_seconds": 0, "ended_at": None}
"""A call that was not answered and ended when its event was sent."""


# --- Finished calls ---------------------------------------------------------------------------------------------------


def test_a_finished_call_is_charged_and_releases_its_hold(world: World) -> None:
    world.authorize()
    assert world.deliver({}) == []
    assert balances(world) == ("4.70", "0.00", "4.70")
    item = hold(world)
    assert (item["status"], item["ended_at"]) == ("released", "2026-11-23T12:00:00.000Z")
    assert not {"sweep_pk", "sweep_sk"} & set(item)
    assert item["expires_at"] == int((world.clock.now + timedelta(days=91)).timestamp())
    assert world.balance() == 4_700_000


def test_a_call_of_the_longest_allowed_duration_costs_its_hold(world: World) -> None:
    answer = world.authorize(seconds=86_400)
    seconds = answer.body["max_seconds"]
    ended = {"duration_seconds": seconds, "ended_at": "2026-11-23T10:50:04.000Z"}
    assert world.deliver(ended) == []
    assert balances(world) == ("0.00", "0.00", "0.00")


ANSWERED: list[dict[str, Any]] = [
    {},
    {"direction": "inbound"},
    {"to": INCLUDED},
    {"to": SHORT_CODE},
    {"to": UNCOVERED},
    {"line_id": "line_nobody"},
]


@pytest.mark.parametrize("finished", ANSWERED)
def test_every_answered_call_releases_its_hold(world: World, finished: dict[str, Any]) -> None:
    world.authorize()
    assert world.deliver(finished) == []
    assert (hold(world)["status"], hold(world)["ended_as"]) == ("released", "answered")
    assert balances(world)[1] == "0.00"
    world.balance()


@pytest.mark.parametrize(
    "finished",
    [
        {"disposition": "no_answer"},
        {"disposition": "busy"},
        {"disposition": "failed", "from": "anonymous", "to": None, "started_at": "soon"},
        {"disposition": "hung_up", "line_id": 7},
        {"disposition": "answered"},
        {"direction": "inbound"},
    ],
)
@pytest.mark.parametrize("ended_at", ["2026-11-23T12:00:20.000Z", "2026-11-23T11:59:55.001Z", None])
def test_every_unanswered_call_releases_its_hold(world: World, finished: dict[str, Any], ended_at: str | None) -> None:
    world.authorize()
    world.clock.now += timedelta(seconds=30)
    assert world.deliver({"duration_seconds": 0, "ended_at": ended_at} | finished) == []
    assert (hold(world)["status"], hold(world)["ended_as"]) == ("released", "unanswered")
    assert balances(world)[1] == "0.00"
    world.balance()


def test_a_redelivered_call_changes_nothing(world: World) -> None:
    world.authorize()
    world.authorize("c_2")
    finished = [{}, {"call_id": "c_2", **BUSY}]
    world.deliver(*finished)
    before = world.stack.items()
    world.clock.now += timedelta(minutes=5)
    assert world.deliver(*finished, *finished) == []
    assert world.stack.items() == before


def test_a_call_is_charged_the_promised_price_after_a_deck_change(world: World) -> None:
    world.authorize()
    world.stack.publish(deck_csv({"rate_per_minute": "0.90"}), "deck-2")
    world.authorize("c_2")
    assert world.deliver({}, {"call_id": "c_2"}, {"call_id": "c_3"}) == []
    charged = {entry["SK"].rsplit("#", 1)[1]: entry for entry in world.entries() if entry["kind"] == "call_charged"}
    assert {name: (entry["amount_micros"], entry["deck"]) for name, entry in charged.items()} == {
        "c_1": (-300_000, "deck-1"),
        "c_2": (-2_700_000, "deck-2"),
        "c_3": (-2_700_000, "deck-2"),
    }


def test_a_call_is_charged_the_promised_price_after_its_row_is_gone(world: World) -> None:
    world.authorize()
    world.stack.publish(deck_csv({"prefix": "81", "country": "JP"}), "deck-2")
    assert world.deliver({}) == []
    assert balances(world) == ("4.70", "0.00", "4.70")


def test_a_call_to_another_number_than_authorized_is_charged_by_the_deck(world: World) -> None:
    world.authorize()
    assert world.deliver({"to": JAPAN}) == []
    [entry] = [entry for entry in world.entries() if entry["kind"] == "call_charged"]
    assert (entry["prefix"], hold(world)["status"]) == ("81", "released")


def test_erasing_a_number_during_its_call_does_not_change_the_price(world: World) -> None:
    world.authorize()
    client, name = world.stack.dynamodb, world.stack.table_name
    assert list(erase_number(client, name, "acct_1", UNITED_KINGDOM)) == ["HOLD#c_1"]
    assert UNITED_KINGDOM not in str(hold(world))
    world.clock.now += timedelta(seconds=540)
    assert world.authorize().body["held"] == "1.90"
    world.stack.publish(deck_csv({"rate_per_minute": "0.90"}), "deck-2")
    assert world.deliver({}) == []
    assert balances(world) == ("4.70", "0.00", "4.70")


def test_two_calls_of_one_id_release_its_hold_once(world: World) -> None:
    world.authorize()
    later = {"started_at": "2026-11-23T10:10:00Z", "answered_at": "2026-11-23T10:10:04Z"}
    assert world.deliver({}, later | {"ended_at": "2026-11-23T10:12:09Z"}) == []
    assert balances(world) == ("4.40", "0.00", "4.40")
    world.balance()


def test_calls_and_their_holds_fill_transactions_of_up_to_100_actions(world: World) -> None:
    world.operate("PUT", "/accounts/acct_1", {"limits": {"simultaneous_calls": 100}})
    for number in range(60):
        assert world.authorize(f"c_{number}", seconds=1, to=JAPAN).body["decision"] == "allow"
    finished = [{"call_id": f"c_{number}", "to": JAPAN} for number in range(60)]
    with world.recorded("rate_calls") as requests:
        assert world.deliver(*finished) == []
    sizes = [len(said["TransactItems"]) for name, said in requests if name == "TransactWriteItems"]
    assert sizes == [100, 24]
    assert balances(world)[1] == "0.00"
    world.balance()


def test_a_call_extended_while_it_is_posted_releases_its_whole_hold(world: World, wire: Wire) -> None:
    world.authorize()
    world.clock.now += timedelta(seconds=540)
    extended: list[Sent] = []

    def extend(sent: Sent, passed: Pass) -> Any:
        if sent.operation == "TransactWriteItems" and not extended:
            extended.append(sent)
            assert world.authorize().body["held"] == "1.90"
        return passed()

    with wire.interfering(extend):
        assert world.deliver({}) == []
    assert (hold(world)["status"], hold(world)["amount_micros"]) == ("released", 1_900_000)
    assert balances(world) == ("4.70", "0.00", "4.70")
    world.balance()


@pytest.mark.parametrize("finished", [{}, BUSY])
def test_a_hold_that_expires_while_its_call_is_posted_is_left_alone(
    world: World, wire: Wire, finished: dict[str, Any]
) -> None:
    world.authorize()
    world.clock.now += timedelta(hours=1)
    expired: list[Sent] = []

    def expire(sent: Sent, passed: Pass) -> Any:
        if sent.operation == "TransactWriteItems" and not expired:
            expired.append(sent)
            assert world.stack.invoke("expire_holds", {})["holds_expired"] == 1
        return passed()

    with wire.interfering(expire):
        assert world.deliver(finished) == []
    assert hold(world)["status"] == "expired"
    assert balances(world)[1] == "0.00"
    assert world.balance() == (5_000_000 if finished else 4_700_000)


# --- Switching admission ----------------------------------------------------------------------------------------------


def test_without_admission_a_call_is_quoted_and_nothing_is_held_or_read(world: World) -> None:
    world.create_account("acct_2", admission=False)
    world.adjust("5.00", "key", "acct_2")
    answer = world.authorize(account_id="acct_2")
    assert (answer.body["decision"], answer.body["max_seconds"], answer.body["held"]) == ("allow", 600, "0.00")
    age_lines(world, "acct_2")
    own = {"account_id": "acct_2", "from": number_of("acct_2")}
    world.deliver(own)
    with world.recorded("rate_calls") as requests:
        world.deliver(own | {"call_id": "c_2"})
    assert [name for name, _ in requests] == ["TransactWriteItems"]


def test_holds_begin_once_every_posting_function_uses_admission(world: World) -> None:
    world.create_account("acct_2", admission=False)
    world.adjust("5.00", "key", "acct_2")
    world.deliver({"account_id": "acct_2"})
    world.clock.now += timedelta(seconds=1)
    assert world.operate("PUT", "/accounts/acct_2", {"admission": True}).body["admission"] is True
    assert world.authorize(account_id="acct_2").body["held"] == "0.00"
    world.clock.now += timedelta(seconds=119)
    assert world.authorize(account_id="acct_2").body["held"] == "0.00"
    world.clock.now += timedelta(seconds=1)
    assert world.authorize(account_id="acct_2").body["held"] == "1.00"
    world.deliver({"account_id": "acct_2", "call_id": "c_1", **BUSY})
    assert world.balance("acct_2") == 4_700_000


def test_after_switching_off_calls_still_release_their_holds(world: World) -> None:
    world.authorize()
    world.operate("PUT", "/accounts/acct_1", {"admission": False})
    world.clock.now += timedelta(seconds=120)
    assert world.authorize("c_2").body["held"] == "0.00"
    world.deliver({})
    assert balances(world) == ("4.70", "0.00", "4.70")
