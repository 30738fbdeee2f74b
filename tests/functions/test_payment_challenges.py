"""A payment that the bank wants confirmed (3-D Secure) ends once: confirmed, declined, or abandoned."""

from collections.abc import Sequence
from itertools import permutations

import pytest

from tests.functions.challenges_bench import challenged
from tests.harness.cards import CHALLENGED
from tests.harness.till import Till

pytestmark = pytest.mark.dynamodb


NOT_CONFIRMED = {
    "code": "payment_intent_authentication_failure",
    "message": "Your bank could not confirm this payment. Try again, or use another card.",
}


def test_a_payment_to_confirm_has_exactly_the_documented_shape(till: Till) -> None:
    shown = challenged(till)
    assert shown == {
        "id": shown["id"],
        "kind": "manual",
        "status": "requires_action",
        "amount": "25.00",
        "tax": "0.00",
        "total": "25.00",
        "created_at": "2026-11-23T12:00:00.000Z",
        "payment_method": {"brand": "visa", "last4": "3220", "type": "card"},
        "refunded": "0.00",
        "disputed": False,
        "receipt": None,
        "credit_notes": [],
        "next_action_url": till.intent_of(shown["id"])["next_action"]["redirect_to_url"]["url"],
    }
    assert till.top_up(shown["id"]) == shown
    assert till.world.entries() == []


def test_a_confirmed_payment_is_credited_once_by_the_callbacks(till: Till) -> None:
    shown = challenged(till)
    till.call_all_back()
    till.later(minutes=10)
    till.challenge(shown["id"])
    assert till.world.entries() == []
    events = till.stand_in.take_events()
    for event in events * 2 + events[::-1]:
        assert till.call_back(event).status == 200
    paid = till.top_up(shown["id"])
    assert (paid["status"], "next_action_url" in paid, "receipt_url" in paid) == ("succeeded", False, True)
    assert till.world.balance() == 25_000_000
    till.check()


def test_a_confirmed_payment_is_credited_without_any_callback(till: Till) -> None:
    shown = challenged(till)
    till.challenge(shown["id"])
    assert till.sweep(minutes=3)["payments"] == 1
    assert till.top_up(shown["id"])["status"] == "succeeded"
    assert till.sweep(minutes=3)["payments"] == 0
    till.check()


def test_the_same_key_returns_the_current_state_of_the_payment(till: Till) -> None:
    card = till.card(CHALLENGED)
    shown = till.paid("25.00", card, key="one")
    assert till.paid("25.00", card, key="one") == shown
    till.challenge(shown["id"])
    till.call_all_back()
    assert till.paid("25.00", card, key="one") == till.top_up(shown["id"])
    assert till.charged() == [2500]
    till.check()


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_callbacks_of_a_challenge_end_in_the_same_ledger_in_any_order(till: Till, order: Sequence[int]) -> None:
    shown = challenged(till)
    till.challenge(shown["id"])
    events = [event for event in till.stand_in.take_events() if event["type"].startswith("payment_intent.")]
    assert [event["type"].split(".")[1] for event in events] == ["created", "requires_action", "succeeded"]
    for number in order:
        assert till.call_back(events[number]).status == 200
        before = till.everything()
        assert till.call_back(events[number]).status == 200
        assert till.everything() == before
    assert till.top_up(shown["id"])["status"] == "succeeded"
    assert till.world.balance() == 25_000_000
    till.check()


def test_a_declined_challenge_fails_with_a_message_and_takes_no_money(till: Till) -> None:
    shown = challenged(till)
    till.challenge(shown["id"], confirmed=False)
    till.call_all_back()
    failed = till.top_up(shown["id"])
    assert (failed["status"], failed["failure"], "next_action_url" in failed) == ("failed", NOT_CONFIRMED, False)
    assert till.intent_of(shown["id"])["status"] == "canceled"
    till.call_all_back()
    assert till.top_up(shown["id"]) == failed
    till.check()


def test_a_confirmed_card_may_still_be_declined(till: Till) -> None:
    shown = till.paid("25.00", till.card("pm_card_authenticationRequiredChargeDeclinedInsufficientFunds"))
    till.challenge(shown["id"])
    till.call_all_back()
    assert till.top_up(shown["id"])["failure"]["code"] == "insufficient_funds"
    assert till.intent_of(shown["id"])["status"] == "canceled"
    till.check()


def test_the_sweeper_cancels_a_challenge_after_a_day(till: Till) -> None:
    shown = challenged(till)
    for _ in range(24):
        till.sweep(minutes=59)
        assert till.top_up(shown["id"]) == shown
    till.sweep(hours=2)
    ended = till.top_up(shown["id"])
    assert (ended["status"], "next_action_url" in ended, "failure" in ended) == ("canceled", False, True)
    assert till.intent_of(shown["id"])["status"] == "canceled"
    till.check()


def test_a_challenge_confirmed_at_the_last_moment_is_credited_not_canceled(till: Till) -> None:
    shown = challenged(till)
    till.later(hours=25)
    till.challenge(shown["id"])
    till.sweep(seconds=1)
    assert till.top_up(shown["id"])["status"] == "succeeded"
    till.check()
