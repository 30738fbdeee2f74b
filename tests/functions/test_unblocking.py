"""A dispute blocks the card of any payment. Unblocking frees all copies of a card, and charges nothing by itself."""

import pytest

from tests.functions.reversals_bench import dispute, paid
from tests.functions.test_blocked_cards import unblock
from tests.functions.test_money_back import wait_a_day
from tests.harness.cards import DECLINED, MASTERCARD, VISA
from tests.harness.recharging import charges_now, confirmations, fails_once, minutes_pass, recharges, shown, talk
from tests.harness.till import CONFIRM, RETRIEVE, Till

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


def test_a_dispute_of_a_payment_that_is_not_credited_blocks_its_card(till: Till) -> None:
    card = till.card(VISA)
    till.set_rule(till.card(MASTERCARD))
    till.fault("answer_lost", CONFIRM, count=2)
    till.fault("dropped", RETRIEVE, count=2)
    payment = till.paid("20.00", card)
    till.all_well()
    intent = till.stand_in.account.objects["payment_intent"][till.intent_of(payment["id"])["id"]]
    intent["amount_received"] -= 1
    till.call_all_back()
    assert till.status_of(payment["id"]) != "succeeded"
    dispute(till, str(till.objects("charge")[0]["id"]), 2_000)
    till.call_all_back()
    assert (shown(till)[1], till.world.balance()) == ("payment_disputed", 0)
    assert till.pay("5.00", card).code == "card_blocked"
