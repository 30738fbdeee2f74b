"""BudgetReached is announced at 80 and 100 percent of a budget, once a month each, also if the limit changes."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.functions.budget_requests_bench import USER_BUDGET, ask, give, raise_it, spend
from tests.functions.events_bench import Listener, listener
from tests.functions.mail_bench import ADDRESSES, Postbox, postbox
from tests.functions.test_rerate_charged_calls import reprice
from tests.harness.till import ACCOUNT, Till
from tests.harness.world import DECK, World

__all__ = ["listener", "postbox"]
pytestmark = pytest.mark.dynamodb


def heard(listener: Listener) -> list[tuple[str, int]]:
    """Whose budget reached which percentage, since the last call."""
    return [(one["data"]["budget"], one["data"]["percent"]) for one in reached(listener)]


def reached(listener: Listener) -> list[dict[str, Any]]:
    """The events about budgets since the last call."""
    return [event for event in listener.hear() if event["type"] == "BudgetReached"]


def correct(world: World, number: int, duration_seconds: int = 0) -> None:
    """Correct the duration of a call of `spend`."""
    charged = [entry for entry in world.entries() if entry["kind"] == "call_charged"]
    started = {entry["SK"].split("#")[2]: entry["SK"].split("#")[1] for entry in charged}
    name = sorted(name for name in started if name.startswith("spent_"))[number]
    body = {"started_at": started[name], "duration_seconds": duration_seconds, "reason": "test"}
    key = f"{name} {duration_seconds} {len(world.entries())}"
    answer = world.operate("POST", f"/accounts/{ACCOUNT}/calls/{name}/corrections", body, key=key)
    assert answer.status == 201, answer.text


def test_each_percentage_is_announced_once(till: Till, listener: Listener) -> None:
    give(till.world, "2.00")
    spend(till.world, "1.50")
    assert heard(listener) == []
    spend(till.world, "0.10")
    [event] = reached(listener)
    assert event["data"] == {
        "budget": "line",
        "line_id": "line_1",
        "user_id": None,
        "month": "2026-11",
        "percent": 80,
        "limit": "2.00",
        "spent": "1.60",
        "at": "refuse",
    }
    spend(till.world, "0.30")
    assert heard(listener) == []
    spend(till.world, "0.10")
    assert heard(listener) == [("line", 100)]
    spend(till.world, "1.00")
    assert heard(listener) == []


def test_one_call_may_reach_both_percentages_of_both_budgets(till: Till, listener: Listener) -> None:
    give(till.world, "2.00")
    give(till.world, "2.50", USER_BUDGET, at="tell")
    spend(till.world, "2.00")
    assert sorted(heard(listener)) == [("line", 80), ("line", 100), ("user", 80)]


def test_events_say_what_happens_at_the_budget(till: Till, listener: Listener) -> None:
    give(till.world, "2.00", at="tell")
    spend(till.world, "1.60")
    assert [event["data"]["at"] for event in reached(listener)] == ["tell"]
    give(till.world, "2.00")
    spend(till.world, "0.40")
    assert [event["data"]["at"] for event in reached(listener)] == ["refuse"], "the amount stayed"
    give(till.world, None)
    give(till.world, "4.00", at="tell")
    till.world.clock.now = datetime(2026, 12, 2, 12, tzinfo=UTC)
    spend(till.world, "3.20")
    assert [event["data"]["at"] for event in reached(listener)] == ["tell"], "a new month's counter"


def test_a_raised_budget_announces_nothing_again(till: Till, listener: Listener) -> None:
    give(till.world, "2.00")
    spend(till.world, "1.60")
    assert heard(listener) == [("line", 80)]
    ask(till.world)
    assert raise_it(till.world).status == 200
    spend(till.world, "1.60")
    assert heard(listener) == [], "80 percent of the raised limit"
    spend(till.world, "0.80")
    assert heard(listener) == [("line", 100)]


def test_a_changed_budget_announces_nothing_again(till: Till, listener: Listener) -> None:
    give(till.world, "2.00")
    spend(till.world, "2.00")
    assert heard(listener) == [("line", 80), ("line", 100)]
    give(till.world, "5.00")
    spend(till.world, "3.00")
    give(till.world, "3.00")
    assert heard(listener) == []


def test_a_lowered_budget_announces_what_it_newly_reaches(till: Till, listener: Listener) -> None:
    give(till.world, "5.00")
    spend(till.world, "1.60")
    assert heard(listener) == []
    give(till.world, "2.00")
    assert heard(listener) == [("line", 80)]
    give(till.world, "1.00")
    assert heard(listener) == [("line", 100)]


def test_an_ended_budget_announces_nothing(till: Till, listener: Listener) -> None:
    give(till.world, "2.00")
    spend(till.world, "1.00")
    give(till.world, None)
    spend(till.world, "1.00")
    assert heard(listener) == []
    give(till.world, "2.00")
    assert heard(listener) == [("line", 80), ("line", 100)]


def test_the_next_month_announces_again(till: Till, listener: Listener) -> None:
    give(till.world, "2.00")
    spend(till.world, "1.60")
    assert heard(listener) == [("line", 80)]
    till.world.clock.now = datetime(2026, 12, 2, 12, tzinfo=UTC)
    spend(till.world, "1.60")
    assert heard(listener) == [("line", 80)]


def test_money_given_back_and_spent_again_announces_nothing(till: Till, listener: Listener) -> None:
    give(till.world, "2.00")
    spend(till.world, "1.60")
    assert heard(listener) == [("line", 80)]
    correct(till.world, 0)
    assert heard(listener) == []
    spend(till.world, "1.60")
    assert heard(listener) == []
    spend(till.world, "0.40")
    assert heard(listener) == [("line", 100)]
    correct(till.world, 0, duration_seconds=960)
    correct(till.world, 1, duration_seconds=0)
    correct(till.world, 1, duration_seconds=960)
    assert heard(listener) == []


def test_a_rerating_that_gives_back_announces_nothing_again(till: Till, listener: Listener) -> None:
    world = till.world
    give(world, "2.00")
    spend(world, "2.00")
    assert heard(listener) == [("line", 80), ("line", 100)]
    for deck in (DECK.replace(b"0.10,", b"0.01,"), DECK.replace(b"0.10,", b"0.20,")):
        world.stack.publish(deck, f"deck {len(deck)} {deck.count(b'0.20,')}")
        assert reprice(world)["changed"] == 1
        assert heard(listener) == []


def test_what_is_given_back_while_a_budget_is_ended_stays_to_be_told(till: Till, listener: Listener) -> None:
    give(till.world, "2.00")
    give(till.world, None)
    spend(till.world, "2.00")
    correct(till.world, 0, duration_seconds=60)
    assert heard(listener) == []
    give(till.world, "2.00")
    spend(till.world, "1.90")
    assert heard(listener) == [("line", 80), ("line", 100)]


def test_each_event_is_mailed_once_to_the_billing_addresses(postbox: Postbox, listener: Listener) -> None:
    world = postbox.till.world
    world.operate("PUT", f"/accounts/{ACCOUNT}", {"billing_emails": ADDRESSES[:1]})
    give(world, "2.00", USER_BUDGET)
    spend(world, "2.00")
    for event in reached(listener):
        postbox.bring(event)
        postbox.bring(event)
    subjects = [subject for _, subject in postbox.sent()]
    assert subjects == ["A budget is nearly used up", "A budget is used up"]
    texts = [mail["Content"]["Simple"]["Body"]["Text"]["Data"] for mail in postbox.asked]
    assert all("International calls of user Ada have cost $2.00 in November 2026." in text for text in texts)
