"""A bank wants its customer to confirm a payment (3-D Secure): confirmed, declined or abandoned, it ends once, and a
new payment never leaves an open one behind.
"""

from collections.abc import Sequence
from itertools import permutations
from typing import Any

import pytest

from tests.harness.cards import CHALLENGED, VISA
from tests.harness.till import CANCEL, RETRIEVE, Till

pytestmark = pytest.mark.dynamodb
NOT_CONFIRMED = {
    "code": "payment_intent_authentication_failure",
    "message": "Your bank's confirmation did not succeed. Try again, or use another card.",
}


def challenged(till: Till, amount: str = "25.00", **more: Any) -> dict[str, Any]:
    """A payment that waits for its customer."""
    shown = till.paid(amount, till.card(CHALLENGED), **more)
    assert shown["status"] == "requires_action"
    return shown


def statuses(till: Till) -> list[str]:
    """The status of every payment, oldest first."""
    return [str(item["status"]) for item in till.top_ups()]


def test_a_payment_to_confirm_has_exactly_the_documented_shape(till: Till) -> None:
    shown = challenged(till)
    assert shown == {
        "id": shown["id"],
        "kind": "manual",
        "status": "requires_action",
        "amount": "25.00",
        "created_at": "2026-11-23T12:00:00.000Z",
        "payment_method": {"brand": "visa", "last4": "3220"},
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


# --- A new payment ends the open one ----------------------------------------------------------------------------------


def test_a_new_payment_first_cancels_an_open_challenge(till: Till) -> None:
    waiting, card = challenged(till), till.card(VISA)
    till.wire.sent.clear()
    assert till.paid("30.00", card)["status"] == "succeeded"
    assert till.top_up(waiting["id"])["status"] == "canceled"
    assert till.intent_of(waiting["id"])["status"] == "canceled"
    changes = [sent.path.rpartition("/")[2] for sent in till.wire.sent if sent.method == "POST"]
    assert changes == ["cancel", "payment_intents", "confirm"]
    assert till.charged() == [3000]
    till.check()


def test_an_open_challenge_that_was_paid_meanwhile_is_credited_too(till: Till) -> None:
    waiting = challenged(till)
    till.challenge(waiting["id"])
    till.paid("30.00", till.card(VISA))
    assert till.top_up(waiting["id"])["status"] == "succeeded"
    assert till.world.balance() == 55_000_000
    till.call_all_back()
    assert till.world.balance() == 55_000_000
    till.check()


def test_a_second_challenge_takes_the_place_of_the_first(till: Till) -> None:
    first, second = challenged(till), challenged(till)
    assert statuses(till).count("canceled") == 1
    assert till.top_up(first["id"])["status"] == "canceled"
    till.challenge(second["id"])
    till.call_all_back()
    assert till.world.balance() == 25_000_000
    till.check()


def test_a_refused_request_leaves_an_open_challenge_alone(till: Till) -> None:
    waiting = challenged(till, key="one")
    before = till.everything()
    for amount, card, key in (("30.00", "pm_unknown", "two"), ("1e3", "pm_unknown", "two"), ("30.00", "pm_1", "one")):
        assert till.pay(amount, card, key=key).status in (404, 409, 422)
    assert till.everything() == before
    assert till.top_up(waiting["id"]) == waiting


def test_an_open_challenge_of_another_account_is_left_alone(till: Till) -> None:
    till.world.create_account("acct_2")
    waiting = challenged(till)
    till.paid("30.00", till.card(account="acct_2"), account="acct_2")
    assert till.top_up(waiting["id"]) == waiting


@pytest.mark.parametrize("kind", ["dropped", "rate_limited", "lock_timeout", "error_500"])
def test_no_payment_begins_until_the_open_challenge_is_surely_canceled(till: Till, kind: str) -> None:
    waiting, card = challenged(till), till.card(VISA)
    till.fault(kind, CANCEL)
    before = till.everything()
    answer = till.pay("30.00", card, key="two")
    assert (answer.status, answer.code) == (503, "payments_unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert till.everything() == before
    assert till.paid("30.00", card, key="two")["status"] == "succeeded"
    assert till.top_up(waiting["id"])["status"] == "canceled"
    till.check()


def test_a_cancellation_whose_answer_was_lost_is_found_by_the_next_try(till: Till) -> None:
    waiting, card = challenged(till), till.card(VISA)
    till.fault("answer_lost", CANCEL)
    answer = till.pay("30.00", card, key="two")
    assert (answer.status, answer.code) == (503, "payments_unavailable")
    assert till.paid("30.00", card, key="two")["status"] == "succeeded"
    assert till.top_up(waiting["id"])["status"] == "canceled"
    till.check()


def test_an_open_challenge_missing_at_stripe_blocks_no_payment(till: Till) -> None:
    waiting = challenged(till)
    till.stand_in.account.objects["payment_intent"].clear()
    assert till.paid("30.00", till.card(VISA))["status"] == "succeeded"
    assert till.top_up(waiting["id"])["status"] == "requires_action"
    assert till.world.balance() == 30_000_000
    till.check()


def test_a_challenge_confirmed_during_a_stripe_outage_is_credited_later(till: Till) -> None:
    shown = challenged(till)
    till.challenge(shown["id"])
    till.fault("dropped", RETRIEVE)
    till.sweep(minutes=3)
    assert till.top_up(shown["id"]) == shown
    till.sweep(minutes=4)
    assert till.top_up(shown["id"])["status"] == "succeeded"
    till.check()


@pytest.mark.parametrize("happened", ["is not known any more", "was changed by hand"])
def test_an_abandoned_challenge_that_cannot_end_blocks_no_recharge(till: Till, happened: str) -> None:
    card = till.card(VISA)
    waiting = challenged(till)
    intents = till.stand_in.account.objects["payment_intent"]
    if happened == "is not known any more":
        intents.clear()
    else:
        intents[till.intent_of(waiting["id"])["id"]]["amount"] = 4_000
    till.later(minutes=16)
    till.set_rule(card)
    till.stream()
    assert till.charged() == [5000]
    assert till.top_up(waiting["id"])["status"] == "requires_action"
    assert till.world.balance() == 50_000_000
    till.check()
