"""Payments under way make a card busy: only declines exhaust it. `Retry-After` names the end of every limit."""

import pytest

from tests.functions.test_blocked_cards import save_on_page
from tests.functions.test_card_testing import EXHAUSTED, codes, page
from tests.harness.cards import DECLINED, PROCESSING, VISA, declining
from tests.harness.recharging import minutes_pass, recharges, shown, talk
from tests.harness.till import Till

pytestmark = pytest.mark.dynamodb

SOFT = ("generic_decline", "insufficient_funds", "do_not_honor", "call_issuer", "try_again_later")


def test_four_payments_under_way_make_a_card_busy(till: Till) -> None:
    card = till.card(PROCESSING)
    assert codes([till.pay("5.00", card) for _ in range(5)]) == {"processing": 4, "busy": 1}


def test_a_rule_waits_minutes_for_the_payments_of_another_account(till: Till) -> None:
    till.world.create_account("acct_2")
    card = till.card(PROCESSING, "acct_2")
    others = [till.paid("5.00", card, account="acct_2")["id"] for _ in range(4)]
    till.world.adjust("7.50", "start")
    till.set_rule(till.card(PROCESSING))
    talk(till, 1)
    till.stream()
    assert (shown(till), recharges(till)) == (("paused", "card_busy", "2026-11-23T12:05:00.000Z"), [])
    for topup_id in others:
        till.settle_at_stripe(topup_id)
    till.call_all_back()
    minutes_pass(till, 6)
    assert [amount for _, amount in recharges(till)] == ["50.00"]


def test_a_busy_card_that_is_saved_again_gets_no_manual_try(till: Till) -> None:
    card = till.card(PROCESSING)
    busy = [till.paid("5.00", card)["id"] for _ in range(4)]
    till.later(hours=1)
    save_on_page(till, PROCESSING)
    till.call_all_back()
    for topup_id in busy:
        till.settle_at_stripe(topup_id, reason="insufficient_funds")
    till.call_all_back()
    assert till.pay("5.00", card).code == EXHAUSTED


def test_a_refused_payment_may_be_repeated_after_the_time_it_is_told(till: Till) -> None:
    for _ in range(2):
        for reason in SOFT:
            till.paid("5.00", till.card(declining(reason)))
        till.later(minutes=61)
    till.later(minutes=-30)
    refused = till.pay("5.00", till.card(VISA))
    assert refused.code == "too_many_declines"
    till.later(seconds=int(refused.headers["retry-after"]) - 1)
    assert till.pay("5.00", till.card(VISA)).code == "too_many_declines"
    till.later(seconds=1)
    assert till.paid("5.00", till.card(VISA))["status"] == "succeeded"


def test_a_refused_page_may_be_repeated_after_the_time_it_is_told(till: Till) -> None:
    till.customer()
    till.later(hours=1)
    for _ in range(2):
        assert page(till).status == 201
        till.later(minutes=5)
    for _ in range(9):
        till.card(DECLINED)
    refused = page(till)
    assert refused.code == "too_many_cards"
    till.later(seconds=int(refused.headers["retry-after"]) - 1)
    assert page(till).code == "too_many_cards"
    till.later(seconds=1)
    assert page(till).status == 201
