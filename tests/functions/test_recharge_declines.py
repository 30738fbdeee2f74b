"""A declined card is left alone for an hour, then for a day, then for good; a hopeless one at once. What ends that,
what does not, and that nothing ever asks a card again and again.
"""

from collections.abc import Callable

import pytest

from local.stripe_stand_in.known_cards import card_with_id
from tests.functions.recharging import (
    automatic,
    becomes,
    confirmations,
    fails_once,
    leave,
    minutes_pass,
    recharges,
    remove,
    shown,
    spend,
    talk,
    threshold_watched,
    usd,
)
from tests.functions.till import CREATE, DECLINED, MASTERCARD, VISA, Till

pytestmark = [pytest.mark.dynamodb, pytest.mark.usefixtures("law_six")]
PREFIX = "pm_card_attachesThenDeclines_"
EXPIRED = f"{PREFIX}expired_card"
HARD = ["expired_card", "lost_card", "stolen_card", "do_not_honor__do_not_try_again", "invalid_account"]
SOFT = ["insufficient_funds", "generic_decline", "processing_error", "do_not_honor__try_again_later"]
PAUSED = ("paused", "backing_off", "2026-11-23T13:00:00.000Z")
GOES_ON = ("active", None, None)
FAILED = ("failed", "50.00")


def declined_three_times(till: Till) -> str:
    """Suspended after a decline now, one an hour later and one a day after that; the card."""
    card = fails_once(till, DECLINED)
    for span in ({"hours": 1}, {"hours": 24}):
        till.sweep(**span)
        till.stream()
    assert shown(till) == ("suspended", "declined_repeatedly", None)
    return card


# --- Waiting ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", SOFT)
def test_a_declined_card_is_left_alone_for_an_hour_and_its_intent_takes_no_money_any_more(
    till: Till, reason: str
) -> None:
    fails_once(till, PREFIX + reason)
    [attempt] = automatic(till)
    assert attempt["status"] == "failed"
    assert till.intent_of(attempt["topup_id"])["status"] == "canceled"
    assert shown(till) == PAUSED
    assert confirmations(till) == 1
    assert till.top_up(attempt["topup_id"])["failure"]["message"]


def test_after_an_hour_it_is_tried_again_after_a_day_again_and_then_no_more(till: Till) -> None:
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


def test_a_card_that_pays_after_the_wait_starts_counting_anew(till: Till) -> None:
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


def test_calls_while_waiting_are_made_up_for_when_the_wait_is_over(till: Till) -> None:
    card = fails_once(till, DECLINED)
    for _ in range(5):
        till.later(minutes=5)
        talk(till, minutes=10)
        assert till.stream() == 0
    becomes(till, card, VISA)
    till.sweep(hours=1)
    till.stream()
    assert recharges(till)[1:] == [("succeeded", "150.00")]


def test_a_balance_that_recovered_while_waiting_is_left_alone_when_the_wait_is_over(till: Till) -> None:
    fails_once(till, DECLINED)
    leave(till, "10.00")
    till.sweep(hours=1)
    assert till.stream() == 0
    assert (shown(till), confirmations(till)) == (GOES_ON, 1)


# --- What ends a wait, and what does not ------------------------------------------------------------------------------


def test_credit_that_the_operator_grants_does_not_end_a_wait(till: Till) -> None:
    fails_once(till, DECLINED)
    till.world.adjust("100.00", "granted")
    assert shown(till) == PAUSED
    spend(till, "100.00")
    assert (till.stream(), confirmations(till)) == (0, 1)


def test_a_paid_top_up_ends_a_wait_and_the_card_is_tried_again_when_it_is_needed(till: Till) -> None:
    fails_once(till, DECLINED)
    till.paid("25.00", till.card())
    assert shown(till) == GOES_ON
    assert till.stream() == 0
    spend(till, "25.00")
    assert till.stream() == 1
    assert shown(till) == PAUSED, "the first decline again"
    assert confirmations(till) == 3


def test_a_paid_top_up_that_leaves_the_balance_below_has_the_card_tried_at_once(till: Till) -> None:
    card = fails_once(till, DECLINED)
    leave(till, "-30.00")
    becomes(till, card, VISA)
    till.paid("25.00", till.card())
    till.stream()
    assert recharges(till)[1:] == [("succeeded", "50.00")]


def test_a_declined_top_up_by_hand_ends_no_wait_and_is_no_failure_of_the_rule(till: Till) -> None:
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


def test_the_same_card_saved_again_does_not_end_a_wait_and_another_does(till: Till) -> None:
    fails_once(till, DECLINED)
    till.rule(payment_method_id=till.card(DECLINED))
    assert (till.stream(), shown(till)) == (0, PAUSED)
    till.rule(payment_method_id=till.card(MASTERCARD))
    till.stream()
    assert recharges(till) == [FAILED, ("succeeded", "50.00")]


# --- Suspended --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", HARD)
def test_a_card_that_will_never_be_accepted_is_asked_once(till: Till, reason: str) -> None:
    fails_once(till, PREFIX + reason)
    assert shown(till) == ("suspended", "card_unusable", None)
    assert threshold_watched(till) is None
    for span in ({"hours": 1}, {"hours": 24}, {"days": 31}):
        till.sweep(**span)
        spend(till, "1.00")
        assert till.stream() == 0
    assert confirmations(till) == 1


def test_a_card_past_its_date_is_asked_once(till: Till) -> None:
    leave(till, "15.00")
    card = till.card()
    till.set_rule(card)
    till.stand_in.account.objects["payment_method"][card]["card"].update(exp_year=2026, exp_month=10)
    spend(till, "10.00")
    till.stream()
    assert shown(till) == ("suspended", "card_unusable", None)


def by_hand_with_another(till: Till, card: str) -> None:
    """A top-up with another card is paid."""
    till.paid("5.00", till.card(MASTERCARD))


def by_hand_with_the_same(till: Till, card: str) -> None:
    """The bank has changed its mind, and a top-up with the very card is paid."""
    becomes(till, card, VISA)
    till.paid("5.00", card)


def switched(till: Till, card: str) -> None:
    """The rule is switched off and on."""
    till.rule(enabled=False)
    till.rule(enabled=True)


def saved_again(till: Till, card: str) -> None:
    """The same card is saved once more and given to the rule."""
    number = till.stand_in.account.cards[card].number
    [kind] = [kind for kind in (DECLINED, EXPIRED) if (known := card_with_id(kind)) and known.number == number]
    till.rule(payment_method_id=till.card(kind))


def removed_and_saved_again(till: Till, card: str) -> None:
    """The same card is removed first."""
    remove(till, card)
    saved_again(till, card)


def another(till: Till, card: str) -> None:
    """Another card is given to the rule."""
    till.rule(payment_method_id=till.card(MASTERCARD))


def granted(till: Till, card: str) -> None:
    """The operator grants credit."""
    till.world.adjust("1.00", "granted")


def other_settings(till: Till, card: str) -> None:
    """Another threshold and other limits."""
    till.rule(threshold="20.00", daily_limit="500.00", hourly_count=10)


@pytest.mark.parametrize(
    ("what", "ends_soft", "ends_hard"),
    [
        (by_hand_with_another, True, False),
        (by_hand_with_the_same, True, True),
        (switched, True, False),
        (saved_again, False, False),
        (removed_and_saved_again, False, False),
        (another, True, True),
        (granted, False, False),
        (other_settings, False, False),
    ],
)
@pytest.mark.parametrize("kind", ["soft", "hard"])
def test_a_suspension_ends_with_what_shows_that_the_card_can_pay_and_with_nothing_else(
    till: Till, kind: str, what: Callable[[Till, str], None], ends_soft: bool, ends_hard: bool
) -> None:
    card = declined_three_times(till) if kind == "soft" else fails_once(till, EXPIRED)
    reason = shown(till)[1]
    leave(till, "-50.00")
    attempts = till.state()["attempt"]
    what(till, card)
    if ends_soft if kind == "soft" else ends_hard:
        assert shown(till) == GOES_ON
        till.stream()
        assert till.state()["attempt"] == attempts + 1
        return
    assert shown(till) == ("suspended", reason, None)
    till.sweep(days=1)
    assert (till.stream(), till.state()["attempt"]) == (0, attempts)


def test_a_card_is_declined_four_times_in_thirty_days_and_no_more(till: Till) -> None:
    card = declined_three_times(till)  # At 12:00, 13:00, and 13:00 of the next day.
    switched(till, card)
    till.stream()
    assert confirmations(till) == 4
    for _ in range(3):
        till.sweep(days=1)
        till.stream()
        switched(till, card)
        till.stream()
    assert confirmations(till) == 4
    assert shown(till) == ("paused", "card_declined_too_often", "2026-12-23T12:00:00.000Z")
    till.sweep(days=25)
    assert (till.stream(), confirmations(till)) == (0, 4)
    till.sweep(days=2)
    till.stream()
    assert confirmations(till) == 5


def test_the_count_is_of_the_card_however_often_it_is_saved_and_another_has_its_own(till: Till) -> None:
    card = declined_three_times(till)
    switched(till, card)
    till.stream()
    till.sweep(hours=1)
    till.stream()
    till.rule(payment_method_id=till.card(DECLINED))
    till.stream()
    assert shown(till)[1] == "card_declined_too_often"
    till.rule(payment_method_id=till.card(VISA))
    till.stream()
    assert recharges(till)[-1] == ("succeeded", "50.00")


# --- A card that is gone ----------------------------------------------------------------------------------------------


def test_a_removed_card_suspends_and_any_card_that_was_added_since_goes_on(till: Till) -> None:
    leave(till, "15.00")
    card = till.card()
    till.set_rule(card)
    remove(till, card)
    spend(till, "10.00")
    assert till.stream() == 0
    assert shown(till) == ("suspended", "card_removed", None)
    till.rule(payment_method_id=till.card())
    till.stream()
    assert recharges(till) == [("succeeded", "50.00")]


def test_a_card_removed_behind_our_back_suspends_when_it_is_needed_or_when_stripe_tells(till: Till) -> None:
    for told in (True, False):
        leave(till, "15.00")
        card = till.card()
        till.set_rule(card)
        till.sdk.v1.payment_methods.detach(card)
        if told:
            till.call_all_back()
        leave(till, "5.00")
        till.stream()
        assert shown(till) == ("suspended", "card_removed", None)
    assert (till.charged(), till.objects("payment_intent")) == ([], [])


def test_a_card_removed_between_making_an_intent_and_confirming_it_suspends_and_takes_nothing(till: Till) -> None:
    leave(till, "5.00")
    card = till.card()
    till.set_rule(card)
    till.fault("answer_lost", CREATE, count=2)
    till.stream()
    till.sdk.v1.payment_methods.detach(card)
    minutes_pass(till, 5)
    assert shown(till) == ("suspended", "card_removed", None)
    assert [intent["status"] for intent in till.objects("payment_intent")] == ["canceled"]
    assert recharges(till) == [FAILED]


def test_a_card_that_is_declined_after_the_rule_has_another_does_not_stop_the_other(till: Till) -> None:
    leave(till, "5.00")
    till.set_rule(till.card(EXPIRED))
    till.fault("answer_lost", CREATE, count=2)
    till.stream()
    assert recharges(till) == [("created", "50.00")]
    till.rule(payment_method_id=till.card(MASTERCARD))
    minutes_pass(till, 5)
    assert recharges(till) == [FAILED, ("succeeded", "50.00")]
    assert shown(till) == GOES_ON


@pytest.mark.parametrize("again", [VISA, MASTERCARD], ids=["the same", "another"])
def test_a_card_that_was_replaced_and_removed_while_it_was_charged_does_not_stop_the_new_one(
    till: Till, again: str
) -> None:
    leave(till, "5.00")
    card = till.card()
    till.set_rule(card)
    till.fault("dropped", CREATE, count=2)
    till.stream()
    till.rule(payment_method_id=till.card(again))
    remove(till, card)
    minutes_pass(till, 5)
    assert recharges(till) == [FAILED, ("succeeded", "50.00")]
    assert shown(till) == GOES_ON


# --- The disaster -----------------------------------------------------------------------------------------------------


def test_a_claim_that_a_failure_releases_does_not_charge_486_times_in_four_and_a_half_hours(till: Till) -> None:
    """A published incident: each failed charge gave its claim back, and each call below the threshold claimed again."""
    fails_once(till, DECLINED)
    minutes_pass(till, 270, lambda: talk(till, minutes=1), step=6)
    assert confirmations(till) == 2
    assert recharges(till) == [FAILED] * 2
    assert till.world.balance() == usd("5.00") - 45 * usd("2.50")
