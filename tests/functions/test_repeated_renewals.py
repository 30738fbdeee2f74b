"""A callback or a sweep that repeats the renewal of a card undoes nothing that happened since."""

from typing import Any

import pytest

from local.stripe_stand_in.controls import Controls
from local.stripe_stand_in.payment_methods import printed
from tests.functions.test_renewed_cards import HARD, card_of, cards_of, listed
from tests.harness.actors import OPERATOR
from tests.harness.cards import CHALLENGED, DECLINED, VISA
from tests.harness.recharging import GOES_ON, becomes, fails_once, shown
from tests.harness.till import Till

pytestmark = pytest.mark.dynamodb


def renewed(till: Till, card: str, **change: Any) -> list[dict[str, Any]]:
    """Renew a card some seconds later, and send the callback; its events."""
    till.stand_in.take_events()
    till.later(seconds=5)
    Controls(till.stand_in).renew_card(card, **change)
    events: list[dict[str, Any]] = till.stand_in.take_events()
    again(till, events)
    return events


def again(till: Till, events: list[dict[str, Any]]) -> None:
    """Send these callbacks some seconds later."""
    till.later(seconds=5)
    assert {till.call_back(event).status for event in events} == {200}


def test_a_repeated_renewal_returns_no_declines_to_a_card_that_paid(till: Till) -> None:
    card = till.card(DECLINED)
    till.pay("25.00", card)
    events = renewed(till, card)
    becomes(till, card, VISA)
    till.paid("25.00", card)
    again(till, events)
    assert [item["state"] for item in listed(till)] == ["ok"]
    assert cards_of(till).state(card_of(till, card), till.world.clock.now).tries_left == 4


@pytest.mark.parametrize("same_number", [True, False])
def test_a_repeated_renewal_forgives_no_later_decline(till: Till, same_number: bool) -> None:
    card = till.card()
    events = renewed(till, card, same_number=same_number)
    becomes(till, card, HARD)
    till.later(seconds=5)
    assert till.paid("25.00", card)["failure"]["code"] == "expired_card"
    again(till, events)
    assert till.pay("25.00", card).code == "card_declined_too_often"


@pytest.mark.parametrize("same_number", [True, False])
def test_two_renewals_in_reverse_order_allow_an_expired_card(till: Till, same_number: bool) -> None:
    card = till.card(HARD)
    till.pay("25.00", card)
    till.stand_in.take_events()
    events = []
    for _ in range(2):
        till.later(seconds=5)
        Controls(till.stand_in).renew_card(card, same_number=same_number)
        events += till.stand_in.take_events()
    becomes(till, card, VISA)
    again(till, events[::-1])
    till.paid("25.00", card)


def test_a_repeated_renewal_does_not_block_an_unblocked_card_again(till: Till) -> None:
    card = till.card()
    old = card_of(till, card)
    cards_of(till).block(old, "fraudulent", till.world.clock.now)
    events = renewed(till, card)
    till.later(seconds=5)
    assert cards_of(till).unblock(card_of(till, card), till.world.clock.now, ("acct_1", OPERATOR), "Its holder paid.")
    again(till, events)
    assert not cards_of(till).is_blocked(card_of(till, card))


def test_a_dispute_of_the_old_number_blocks_the_new_one_saved_again(till: Till) -> None:
    card = till.card()
    till.paid("25.00", card)
    renewed(till, card)
    [charge] = till.objects("charge")
    number = till.stand_in.account.cards[card]
    assert till.world.ask("add_funds", "DELETE", f"/payment-methods/{card}").status == 204
    Controls(till.stand_in).dispute(charge["id"])
    till.call_all_back()
    saved = till.card()
    becomes_number(till, saved, number)
    assert till.pay("25.00", saved).code == "card_blocked"


def becomes_number(till: Till, card: str, number: Any) -> None:
    """Let a saved card have the same number as another one."""
    till.stand_in.account.cards[card] = number
    till.stand_in.account.objects["payment_method"][card]["card"] |= printed(number)


def test_a_confirmed_payment_with_the_old_number_resumes_the_rule(till: Till) -> None:
    card = fails_once(till, CHALLENGED)
    assert shown(till)[1] == "authentication_required"
    [waiting] = till.top_ups()
    renewed(till, card)
    becomes(till, card, VISA)
    link = till.top_up(waiting["topup_id"])["next_action_url"]
    till.visit(link.rsplit("/", 1)[1], "POST")
    intent = till.intent_of(waiting["topup_id"])
    if intent["status"] == "requires_action":
        till.challenge(waiting["topup_id"])
        till.call_all_back()
    assert till.top_up(waiting["topup_id"])["status"] == "succeeded"
    assert shown(till) == GOES_ON
    till.check()


def test_a_renewed_card_that_is_saved_again_and_pays_resumes_the_rule(till: Till) -> None:
    card = fails_once(till, HARD)
    renewed(till, card)
    number = till.stand_in.account.cards[card]
    till.later(seconds=5)
    saved = till.card()
    becomes_number(till, saved, number)
    becomes(till, saved, VISA)
    listed(till)
    assert till.shown_rule()["payment_method_id"] == saved
    till.paid("25.00", saved)
    assert shown(till) == GOES_ON
