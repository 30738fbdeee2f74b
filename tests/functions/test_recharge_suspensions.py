"""A hopeless card, three declines in a row, and a removed card suspend automatic recharge. Only certain events end the
suspension.
"""

from collections.abc import Callable

import pytest

from local.stripe_stand_in.known_cards import card_with_id
from tests.harness.cards import DECLINED, MASTERCARD, VISA, declining
from tests.harness.recharging import (
    CANCELED,
    FAILED,
    GOES_ON,
    becomes,
    confirmations,
    declined_three_times,
    fails_once,
    leave,
    minutes_pass,
    recharges,
    remove,
    shown,
    spend,
    threshold_watched,
)
from tests.harness.till import CREATE, Till

pytestmark = [pytest.mark.dynamodb, pytest.mark.usefixtures("law_six")]
EXPIRED = declining("expired_card")
HARD = ["expired_card", "lost_card", "stolen_card", "do_not_honor__do_not_try_again", "invalid_account"]


# --- Suspended --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", HARD)
def test_a_card_that_will_never_be_accepted_is_asked_once(till: Till, reason: str) -> None:
    fails_once(till, declining(reason))
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
    """The bank accepts a top-up with the same card; an unusable one is saved on Stripe's page before."""
    if till.state()["suspended_reason"] == "card_unusable":
        till.later(seconds=1)
        page = till.world.ask("add_funds", "POST", "/payment-methods").body["url"]
        till.controls.complete_checkout(page.rpartition("/")[2], EXPIRED)
        till.call_all_back()
        card = till.sdk.v1.payment_methods.list({"customer": till.customer(), "type": "card"}).data[0].id
    becomes(till, card, VISA)
    till.paid("5.00", card)


def switched(till: Till, card: str) -> None:
    """The rule is switched off and on."""
    till.rule(enabled=False)
    till.rule(enabled=True)


def saved_again(till: Till, card: str) -> None:
    """The same card is saved again and set in the rule."""
    number = till.stand_in.account.cards[card].number
    [kind] = [kind for kind in (DECLINED, EXPIRED) if (known := card_with_id(kind)) and known.number == number]
    till.rule(payment_method_id=till.card(kind))


def removed_and_saved_again(till: Till, card: str) -> None:
    """The same card is removed first."""
    remove(till, card)
    saved_again(till, card)


def another(till: Till, card: str) -> None:
    """Another card is set in the rule."""
    till.rule(payment_method_id=till.card(MASTERCARD))


def granted(till: Till, card: str) -> None:
    """The operator grants credit."""
    till.world.adjust("1.00", "granted")


def other_settings(till: Till, card: str) -> None:
    """Threshold and limits change."""
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
def test_only_evidence_that_the_card_can_pay_ends_a_suspension(
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


def test_a_card_is_declined_at_most_four_times_in_thirty_days(till: Till) -> None:
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


def test_declines_count_per_card_even_if_it_is_saved_again(till: Till) -> None:
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


# --- A removed card ---------------------------------------------------------------------------------------------------


def test_a_removed_card_suspends_until_another_card_is_added(till: Till) -> None:
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


def test_a_card_removed_at_stripe_suspends_on_use_or_by_callback(till: Till) -> None:
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


def test_a_card_removed_before_confirmation_suspends_and_takes_nothing(till: Till) -> None:
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


def test_a_late_decline_of_the_old_card_does_not_stop_the_new_one(till: Till) -> None:
    leave(till, "5.00")
    till.set_rule(till.card(EXPIRED))
    till.fault("answer_lost", CREATE, count=2)
    till.stream()
    assert recharges(till) == [("created", "50.00")]
    till.rule(payment_method_id=till.card(MASTERCARD))
    minutes_pass(till, 5)
    assert recharges(till) == [CANCELED, ("succeeded", "50.00")]
    assert shown(till) == GOES_ON


def test_removing_the_old_card_during_its_charge_keeps_the_new_one_going(till: Till) -> None:
    leave(till, "5.00")
    till.set_rule(card := till.card())
    till.fault("dropped", CREATE, count=2)
    till.stream()
    till.rule(payment_method_id=till.card(MASTERCARD))
    remove(till, card)
    minutes_pass(till, 5)
    assert recharges(till) == [CANCELED, ("succeeded", "50.00")]
    assert shown(till) == GOES_ON


def test_removing_the_same_card_during_its_charge_takes_nothing(till: Till) -> None:
    leave(till, "5.00")
    till.set_rule(card := till.card())
    till.fault("dropped", CREATE, count=2)
    till.stream()
    till.rule(payment_method_id=till.card())
    remove(till, card)
    minutes_pass(till, 5)
    assert (recharges(till), shown(till), till.charged()) == ([CANCELED], ("suspended", "card_removed", None), [])
