"""Unblocking a card frees all its copies, and charges nothing by itself."""

import pytest

from tests.functions.reversals_bench import dispute, paid
from tests.functions.test_blocked_cards import unblock
from tests.functions.test_money_back import wait_a_day
from tests.harness.cards import DECLINED, MASTERCARD, VISA
from tests.harness.recharging import charges_now, confirmations, fails_once, minutes_pass, recharges, shown, talk
from tests.harness.till import Till

pytestmark = pytest.mark.dynamodb


def test_unblocking_one_copy_of_a_card_unblocks_the_others(till: Till) -> None:
    copies = [till.card(VISA), till.card(VISA)]
    payments = [till.paid("20.00", copy)["id"] for copy in copies]
    for charge in till.objects("charge"):
        dispute(till, str(charge["id"]), 2_000)
    till.call_all_back()
    assert {till.pay("5.00", copy).code for copy in copies} == {"card_blocked"}
    answer = unblock(till, top_up_id=payments[1])
    assert (answer.body["payment_method"]["id"], answer.body["was_blocked"]) == (copies[1], True)
    assert {till.paid("5.00", copy)["status"] for copy in copies} == {"succeeded"}


def test_switching_on_while_disputed_forgives_nothing(till: Till) -> None:
    charge = paid(till)
    card = till.card(MASTERCARD)
    till.set_rule(card)
    dispute(till, charge, 10_000)
    till.call_all_back()
    assert till.rule(enabled=False).status == 200
    assert charges_now(till, payment_method_id=card) is None
    assert till.rule(enabled=True).body["reason"] == "payment_disputed"
    assert unblock(till, top_up_id=till.top_ups()[0]["topup_id"]).body["auto_recharge_resumes"]
    wait_a_day(till)
    assert (shown(till)[0], recharges(till)) == ("active", [])
    till.world.adjust("7.50", "for a call")
    talk(till, 1)
    till.stream()
    assert recharges(till) == [("succeeded", "50.00")]


def test_switching_on_during_a_back_off_forgives_nothing(till: Till) -> None:
    card = fails_once(till, DECLINED)
    till.world.adjust("-20.00", "a correction")
    till.rule(enabled=False)
    assert charges_now(till, payment_method_id=card) is None
    till.rule(enabled=True)
    sent = confirmations(till)
    minutes_pass(till, 180, step=10)
    assert confirmations(till) == sent
