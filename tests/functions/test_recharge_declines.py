"""A declined card rests for an hour, then for a day, and then suspends the rule. Only certain events end the wait, and
no card is charged repeatedly.
"""

import pytest

from tests.harness.cards import DECLINED, MASTERCARD, VISA, declining
from tests.harness.recharging import (
    FAILED,
    GOES_ON,
    automatic,
    becomes,
    confirmations,
    fails_once,
    leave,
    minutes_pass,
    recharges,
    shown,
    spend,
    talk,
    usd,
)
from tests.harness.till import Till

pytestmark = [pytest.mark.dynamodb, pytest.mark.usefixtures("law_six")]
SOFT = ["insufficient_funds", "generic_decline", "processing_error", "do_not_honor__try_again_later"]
PAUSED = ("paused", "backing_off", "2026-11-23T13:00:00.000Z")


# --- Waiting ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", SOFT)
def test_a_declined_card_rests_for_an_hour_and_its_intent_is_canceled(till: Till, reason: str) -> None:
    fails_once(till, declining(reason))
    [attempt] = automatic(till)
    assert attempt["status"] == "failed"
    assert till.intent_of(attempt["topup_id"])["status"] == "canceled"
    assert shown(till) == PAUSED
    assert confirmations(till) == 1
    assert till.top_up(attempt["topup_id"])["failure"]["message"]


def test_a_card_is_retried_after_an_hour_and_a_day_and_then_suspended(till: Till) -> None:
    fails_once(till, DECLINED)
    till.sweep(minutes=59, seconds=59)
    assert (till.stream(), confirmations(till)) == (0, 1)
    till.sweep(seconds=1)
    assert (till.stream(), confirmations(till)) == (1, 2)
    assert shown(till) == ("paused", "backing_off", "2026-11-24T13:00:00.000Z")
    till.sweep(hours=23, minutes=59, seconds=59)
    assert (till.stream(), confirmations(till)) == (0, 2)
    till.sweep(seconds=1)
    assert (till.stream(), confirmations(till)) == (1, 3)
    assert shown(till) == ("suspended", "declined_repeatedly", None)
    for _ in range(3):
        spend(till, "10.00")
        till.sweep(days=10)
        assert (till.stream(), confirmations(till)) == (0, 3)
    assert recharges(till) == [FAILED] * 3
    assert till.charged() == []


def test_a_card_that_pays_after_the_wait_resets_the_count(till: Till) -> None:
    card = fails_once(till, DECLINED)
    becomes(till, card, VISA)
    till.sweep(hours=1)
    till.stream()
    assert recharges(till) == [FAILED, ("succeeded", "50.00")]
    assert shown(till) == GOES_ON
    becomes(till, card, DECLINED)
    leave(till, "5.00")
    till.stream()
    assert shown(till) == ("paused", "backing_off", "2026-11-23T14:00:00.000Z")


def test_calls_made_during_a_wait_are_covered_when_it_ends(till: Till) -> None:
    card = fails_once(till, DECLINED)
    for _ in range(5):
        till.later(minutes=5)
        talk(till, minutes=10)
        assert till.stream() == 0
    becomes(till, card, VISA)
    till.sweep(hours=1)
    till.stream()
    assert recharges(till)[1:] == [("succeeded", "150.00")]


def test_a_balance_that_recovered_during_the_wait_is_not_recharged(till: Till) -> None:
    fails_once(till, DECLINED)
    leave(till, "10.00")
    till.sweep(hours=1)
    assert till.stream() == 0
    assert (shown(till), confirmations(till)) == (GOES_ON, 1)


# --- The end of a wait ------------------------------------------------------------------------------------------------


def test_credit_that_the_operator_grants_does_not_end_a_wait(till: Till) -> None:
    fails_once(till, DECLINED)
    till.world.adjust("100.00", "granted")
    assert shown(till) == PAUSED
    spend(till, "100.00")
    assert (till.stream(), confirmations(till)) == (0, 1)


def test_a_paid_top_up_ends_a_wait_and_the_card_is_retried_when_needed(till: Till) -> None:
    fails_once(till, DECLINED)
    till.paid("25.00", till.card())
    assert shown(till) == GOES_ON
    assert till.stream() == 0
    spend(till, "25.00")
    assert till.stream() == 1
    assert shown(till) == PAUSED, "the first decline again"
    assert confirmations(till) == 3


def test_a_paid_top_up_that_stays_below_retries_the_card_at_once(till: Till) -> None:
    card = fails_once(till, DECLINED)
    leave(till, "-30.00")
    becomes(till, card, VISA)
    till.paid("25.00", till.card())
    till.stream()
    assert recharges(till)[1:] == [("succeeded", "50.00")]


def test_a_declined_manual_top_up_changes_neither_wait_nor_decline_count(till: Till) -> None:
    card = fails_once(till, DECLINED)
    assert till.paid("25.00", card)["status"] == "failed"
    assert shown(till) == PAUSED
    assert till.state()["failures"] == 1


@pytest.mark.parametrize("setting", [("threshold", "20.00"), ("amount", "60.00"), ("daily_limit", "500.00")])
def test_another_setting_does_not_end_a_wait(till: Till, setting: tuple[str, str]) -> None:
    fails_once(till, DECLINED)
    till.rule(**dict([setting]))
    assert (till.stream(), shown(till)) == (0, PAUSED)


def test_switching_off_and_on_does_not_end_a_wait(till: Till) -> None:
    fails_once(till, DECLINED)
    till.rule(enabled=False)
    assert shown(till) == ("disabled", None, None)
    till.rule(enabled=True)
    assert (till.stream(), shown(till)) == (0, PAUSED)


def test_only_a_different_saved_card_ends_a_wait(till: Till) -> None:
    fails_once(till, DECLINED)
    till.rule(payment_method_id=till.card(DECLINED))
    assert (till.stream(), shown(till)) == (0, PAUSED)
    till.rule(payment_method_id=till.card(MASTERCARD))
    till.stream()
    assert recharges(till) == [FAILED, ("succeeded", "50.00")]


# --- The disaster -----------------------------------------------------------------------------------------------------


def test_a_failing_claim_does_not_charge_hundreds_of_times(till: Till) -> None:
    """A published incident: each failed charge released its claim, and each call below the threshold claimed again."""
    fails_once(till, DECLINED)
    minutes_pass(till, 270, lambda: talk(till, minutes=1), step=6)
    assert confirmations(till) == 2
    assert recharges(till) == [FAILED] * 2
    assert till.world.balance() == usd("5.00") - 45 * usd("2.50")
