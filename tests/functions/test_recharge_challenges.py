"""A recharge that the bank wants confirmed is suspended. Its payment waits a day for the customer, and no second one
begins beside it.
"""

from typing import Any

import pytest

from tests.harness.cards import CHALLENGED, MASTERCARD, VISA
from tests.harness.recharging import (
    GOES_ON,
    becomes,
    confirmations,
    fails_once,
    follow,
    leave,
    minutes_pass,
    recharges,
    remove,
    shown,
    spend,
    talk,
    usd,
)
from tests.harness.till import CANCEL, Till

pytestmark = [pytest.mark.dynamodb, pytest.mark.usefixtures("law_six")]
SUSPENDED = ("suspended", "authentication_required", None)
WAITS = ("requires_action", "50.00")
NO_FUNDS = "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds"


def waiting(till: Till) -> dict[str, Any]:
    """The payment to confirm, as an admin sees it."""
    [found] = [till.top_up(item["topup_id"]) for item in till.top_ups() if item["status"] == "requires_action"]
    return found


def confirm(till: Till, *, confirmed: bool = True) -> dict[str, Any]:
    """Follow the link and answer the bank; the payment before Stripe's callbacks arrive."""
    payment = waiting(till)
    assert follow(till, payment["next_action_url"]).status == 303
    till.challenge(payment["id"], confirmed=confirmed)
    return payment


def test_the_payment_waits_and_the_recharge_is_suspended_without_a_decline(till: Till) -> None:
    fails_once(till, CHALLENGED)
    assert recharges(till) == [WAITS]
    assert shown(till) == SUSPENDED
    payment = waiting(till)
    assert payment["failure"] == {
        "code": "authentication_required",
        "message": "Your bank asks you to confirm this payment.",
    }
    assert payment["next_action_url"].startswith("https://page.test/links/")
    assert (till.state()["failures"], confirmations(till)) == (0, 1)


@pytest.mark.parametrize("told", [True, False], ids=["callbacks", "sweeper"])
@pytest.mark.parametrize("minutes", [0, 1, 2, 3, 5, 8, 10, 61, 600])
def test_the_link_completes_the_same_intent_and_recharges_resume(till: Till, minutes: int, told: bool) -> None:
    card = fails_once(till, CHALLENGED)
    minutes_pass(till, minutes, step=1 if minutes < 60 else 20)
    confirm(till)
    if told:
        till.call_all_back()
    else:
        minutes_pass(till, 62, step=31)
    assert recharges(till) == [("succeeded", "50.00")]
    assert (till.charged(), len(till.objects("payment_intent"))) == ([5000], 1)
    assert shown(till) == GOES_ON
    becomes(till, card, VISA)
    leave(till, "5.00")
    till.stream()
    assert recharges(till) == [("succeeded", "50.00")] * 2


def test_a_link_works_all_day_while_the_sweeper_runs_every_minute(till: Till) -> None:
    fails_once(till, CHALLENGED)
    link = waiting(till)["next_action_url"]
    for _ in range(15):
        till.sweep(minutes=1)
        assert follow(till, link).status == 303
    till.sweep(hours=23, minutes=40)
    assert follow(till, link).status == 303


def test_an_abandoned_payment_is_canceled_after_a_day_without_a_charge(till: Till) -> None:
    fails_once(till, CHALLENGED)
    till.sweep(hours=23, minutes=59)
    assert recharges(till) == [WAITS]
    till.sweep(hours=1)
    assert recharges(till) == [("canceled", "50.00")]
    assert [intent["status"] for intent in till.objects("payment_intent")] == ["canceled"]
    assert shown(till) == SUSPENDED
    for _ in range(3):
        till.sweep(days=1)
        spend(till, "10.00")
        assert till.stream() == 0
    assert confirmations(till) == 1


def test_a_customer_who_does_not_confirm_may_follow_the_link_again(till: Till) -> None:
    fails_once(till, CHALLENGED)
    confirm(till, confirmed=False)
    till.call_all_back()
    minutes_pass(till, 5)
    assert (recharges(till), shown(till)) == ([WAITS], SUSPENDED)
    confirm(till)
    till.call_all_back()
    assert (recharges(till), shown(till)) == ([("succeeded", "50.00")], GOES_ON)


def test_a_decline_after_confirmation_waits_like_any_other_decline(till: Till) -> None:
    fails_once(till, NO_FUNDS)
    confirm(till)
    till.call_all_back()
    minutes_pass(till, 5)
    assert recharges(till) == [("failed", "50.00")]
    assert shown(till) == ("paused", "backing_off", "2026-11-23T13:00:00.000Z")
    till.sweep(minutes=55)
    till.stream()
    assert recharges(till) == [("failed", "50.00"), WAITS]


# --- Another payment begins meanwhile ---------------------------------------------------------------------------------


@pytest.mark.parametrize("followed", [False, True], ids=["not opened", "at the bank"])
def test_another_card_cancels_the_waiting_payment_first_and_is_charged(till: Till, followed: bool) -> None:
    fails_once(till, CHALLENGED)
    if followed:
        follow(till, waiting(till)["next_action_url"])
    till.rule(payment_method_id=till.card(MASTERCARD))
    till.stream()
    assert recharges(till) == [("canceled", "50.00"), ("succeeded", "50.00")]
    assert till.charged() == [5000]
    assert shown(till) == GOES_ON


def test_a_waiting_payment_confirmed_just_before_is_the_only_charge(till: Till) -> None:
    fails_once(till, CHALLENGED)
    confirm(till)
    till.rule(payment_method_id=till.card(MASTERCARD))
    till.stream()
    assert recharges(till) == [("succeeded", "50.00")]
    assert till.world.balance() == usd("55.00")


def test_a_manual_payment_with_the_same_card_resumes_recharges(till: Till) -> None:
    card = fails_once(till, CHALLENGED)
    by_hand = till.paid("25.00", card)
    assert (by_hand["status"], recharges(till)) == ("requires_action", [("canceled", "50.00")])
    till.challenge(by_hand["id"])
    till.call_all_back()
    assert shown(till) == GOES_ON
    assert (till.stream(), till.charged()) == (0, [2500])


def test_a_manual_payment_with_another_card_keeps_the_suspension(till: Till) -> None:
    fails_once(till, CHALLENGED)
    till.paid("5.00", till.card(MASTERCARD))
    assert recharges(till) == [("canceled", "50.00")]
    spend(till, "5.00")
    assert (shown(till), till.stream(), till.charged()) == (SUSPENDED, 0, [500])


@pytest.mark.parametrize("kind", ["dropped", "answer_lost", "error_500", "error_500_after", "rate_limited"])
def test_no_payment_begins_until_the_waiting_one_is_surely_canceled(till: Till, kind: str) -> None:
    fails_once(till, CHALLENGED)
    till.rule(payment_method_id=till.card(MASTERCARD))
    till.fault(kind, CANCEL)
    [record] = till.take_records()
    answer = till.world.stack.invoke("auto_recharge", {"Records": [record]})
    assert answer == {"batchItemFailures": [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]}
    assert len(till.objects("payment_intent")) == 1
    assert till.world.stack.invoke("auto_recharge", {"Records": [record]}) == {"batchItemFailures": []}
    assert recharges(till) == [("canceled", "50.00"), ("succeeded", "50.00")]


def test_another_card_works_after_the_waiting_payments_card_is_removed(till: Till) -> None:
    card = fails_once(till, CHALLENGED)
    remove(till, card)
    till.rule(payment_method_id=till.card(CHALLENGED))
    assert (till.stream(), shown(till)) == (0, SUSPENDED)
    till.rule(payment_method_id=till.card(VISA))
    till.stream()
    assert recharges(till) == [("canceled", "50.00"), ("succeeded", "50.00")]


# --- The disaster -----------------------------------------------------------------------------------------------------


def test_an_unanswered_challenge_does_not_charge_again_every_hour(till: Till) -> None:
    """A published incident: a waiting attempt was dropped after an hour and replaced each time."""
    fails_once(till, CHALLENGED)
    minutes_pass(till, 3 * 24 * 60, lambda: talk(till, minutes=1), step=61)
    assert confirmations(till) == 1
    assert len(till.objects("payment_intent")) == 1
    assert recharges(till) == [("canceled", "50.00")]
    assert shown(till) == SUSPENDED
