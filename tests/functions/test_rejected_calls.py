"""Invalid messages go back alone, and calls without a price or a line are listed."""

import io
from datetime import timedelta
from typing import Any

import pytest

from calling_credit.dynamodb import keys
from calling_credit.dynamodb.sweep import read_listed
from tests.domain.examples import EVENT, event_body
from tests.functions.calls_bench import CHARGE, POISON, UNANSWERED, lines_of, log
from tests.harness.world import INCLUDED, UNCOVERED, World

__all__ = ["log"]

pytestmark = pytest.mark.dynamodb


# --- Unknown accounts -------------------------------------------------------------------------------------------------


def test_a_call_of_an_unknown_account_goes_back_alone_and_writes_nothing(world: World) -> None:
    unknown = {"account_id": "acct_x"}
    assert world.deliver(unknown, {}, {**unknown, "call_id": "c_2", "to": UNCOVERED}) == ["m_0", "m_2"]
    assert world.stack.items("acct_x") == []
    assert world.balance() == -CHARGE


def test_a_redelivered_call_posts_once_its_account_exists(world: World) -> None:
    assert world.deliver({"account_id": "acct_late"}) == ["m_0"]
    world.create_account("acct_late")
    assert world.deliver({"account_id": "acct_late"}) == []
    assert world.balance("acct_late") == -CHARGE


def test_free_calls_of_unknown_accounts_are_done_with(world: World) -> None:
    free = [{"to": INCLUDED}, {"call_id": "c_2", **UNANSWERED}]
    assert world.deliver(*({"account_id": "acct_x", **call} for call in free)) == []
    assert world.stack.items("acct_x") == []


@pytest.mark.parametrize("code", POISON)
def test_an_invalid_message_goes_back_alone_and_its_reason_is_logged(world: World, log: io.StringIO, code: str) -> None:
    before = len(world.stack.items())
    assert world.deliver(POISON[code], {"call_id": "c_good"}) == ["m_0"]
    assert [keys.id_of(entry["SK"]) for entry in world.entries()] == ["c_good"]
    assert len(world.stack.items()) == before + 2, "the good call's entry and day"
    [refusal] = [line for line in lines_of(log) if line["level"] == "WARNING"]
    assert (refusal["message"], refusal["message_id"]) == (code, "m_0")
    assert refusal["detail"].endswith(".")


@pytest.mark.parametrize("poison", [1, 10, 999, 1000])
def test_poison_in_a_thousand_goes_back_and_the_others_are_posted(world: World, poison: int) -> None:
    accounts = [f"acct_p{number}" for number in range(10)]
    for account in accounts:
        world.create_account(account)
    bad = [event_body(version="2", call_id=f"c_{number}") for number in range(poison)]
    good = [
        event_body(call_id=f"c_{number}", account_id=accounts[number % len(accounts)])
        for number in range(1000 - poison)
    ]
    messages = [*bad, *good]
    messages[::2], messages[1::2] = messages[:500], messages[500:]
    expected = [f"m_{number}" for number, body in enumerate(messages) if '"version": "2"' in body]
    assert sorted(world.deliver(*messages)) == sorted(expected)
    assert len(expected) == poison
    assert sum(world.balance(account) for account in accounts) == -CHARGE * (1000 - poison)


def test_an_empty_batch_is_answered(world: World) -> None:
    assert world.deliver() == []


# --- Unrated ----------------------------------------------------------------------------------------------------------


def kept(world: World, kind: str) -> list[dict[str, Any]]:
    """The items of a kind in the sweep index."""
    return list(read_listed(world.stack.dynamodb, world.stack.table_name, kind))


def test_a_call_without_a_price_is_kept_whole_and_listed_and_not_charged(world: World) -> None:
    assert world.deliver({"to": UNCOVERED}) == []
    [unrated] = kept(world, "unrated")
    assert unrated["SK"] == keys.unrated_sk("2026-11-23T10:00:00.000Z", "c_1")
    assert {name: unrated[name] for name in ("line_id", "user_id", "direction", "from", "to", "duration_seconds")} == {
        "line_id": "line_1",
        "user_id": "user_1",
        "direction": "outbound",
        "from": EVENT["from"],
        "to": UNCOVERED,
        "duration_seconds": 125,
    }
    assert unrated["ended_at"] == EVENT["ended_at"]
    assert (world.entries(), world.balance()) == ([], 0)


def test_an_unrated_call_delivered_again_is_kept_once(world: World) -> None:
    world.deliver({"to": UNCOVERED}, {"to": UNCOVERED})
    after = world.stack.items()
    world.clock.now += timedelta(hours=1)
    assert world.deliver({"to": UNCOVERED}) == []
    assert world.stack.items() == after


def test_an_unrated_call_with_other_facts_is_a_conflict(world: World) -> None:
    world.deliver({"to": UNCOVERED})
    other = {"to": UNCOVERED, "duration_seconds": 126}
    assert world.deliver(other) == ["m_0"]
    assert world.deliver({"to": UNCOVERED, "user_id": "user_2"}) == [], "the user does not decide the charge"
    assert len(kept(world, "unrated")) == 1


def test_unrated_calls_of_many_accounts_are_all_listed(world: World) -> None:
    for number in range(8):
        world.create_account(f"acct_u{number}")
    assert world.deliver(*({"account_id": f"acct_u{number}", "to": UNCOVERED} for number in range(8))) == []
    assert sorted(keys.account_of(item["PK"]) for item in kept(world, "unrated")) == [f"acct_u{n}" for n in range(8)]


# --- Strays -----------------------------------------------------------------------------------------------------------


def test_a_call_on_an_unknown_line_is_charged_and_listed(world: World) -> None:
    assert world.deliver({"line_id": "line_x"}) == []
    assert world.balance() == -CHARGE
    [stray] = kept(world, "stray")
    assert (stray["SK"], stray["line_id"]) == (keys.stray_sk("2026-11-23T10:00:00.000Z", "c_1"), "line_x")


def test_a_call_on_a_disabled_line_is_charged_and_listed(world: World) -> None:
    world.operate("PUT", "/accounts/acct_1/lines/line_1", {"international_calling": False})
    assert world.deliver({}) == []
    assert (world.balance(), len(kept(world, "stray"))) == (-CHARGE, 1)


def test_a_call_on_an_enabled_line_is_no_stray_and_neither_is_a_free_one(world: World) -> None:
    world.deliver({}, {"call_id": "c_2", "line_id": "line_x", "to": INCLUDED})
    assert kept(world, "stray") == []


def test_an_unrated_call_on_an_unknown_line_is_listed_as_both(world: World) -> None:
    assert world.deliver({"line_id": "line_x", "to": UNCOVERED}) == []
    assert (len(kept(world, "unrated")), len(kept(world, "stray"))) == (1, 1)


def test_a_stray_whose_call_is_refused_is_not_listed(world: World) -> None:
    world.deliver({})
    assert world.deliver({"line_id": "line_x", "duration_seconds": 126}) == ["m_0"]
    assert kept(world, "stray") == []
