"""Money that goes back never buys: no reversal, adjustment, or correction leads to a recharge."""

from typing import Any

import pytest

from local.stripe_stand_in.controls import Controls
from tests.functions.reversals_bench import dispute, paid, refund
from tests.harness.cards import VISA
from tests.harness.recharging import LIFTED, a_call, image, leave, minutes_pass, recharges, shown, spend, talk
from tests.harness.threads import at_once
from tests.harness.till import Till

pytestmark = pytest.mark.dynamodb


def recharged(till: Till, **more: Any) -> str:
    """Let the rule buy 50.00 once, so that the balance is 55.00; return the charge."""
    till.world.adjust("7.50", "start")
    till.set_rule(till.card(VISA), **more)
    talk(till, 1)
    till.stream()
    assert recharges(till) == [("succeeded", "50.00")]
    till.stand_in.take_events()
    [charge] = [charge for charge in till.objects("charge") if charge["status"] == "succeeded"]
    return str(charge["id"])


def wait_a_day(till: Till) -> None:
    """Let callbacks arrive, and the stream and the sweeper run for more than a day."""
    till.call_all_back()
    till.stream()
    minutes_pass(till, 26 * 60, step=120)


def test_a_dispute_never_charges_the_disputed_card(till: Till) -> None:
    charge = recharged(till)
    spend(till, "5.00")
    dispute(till, charge, 5_000)
    wait_a_day(till)
    assert recharges(till) == [("succeeded", "50.00")]
    assert shown(till) == ("suspended", "payment_disputed", None)


def test_eight_disputes_in_a_row_lead_to_no_charge(till: Till) -> None:
    card = till.card(VISA)
    for _ in range(8):
        till.paid("20.00", card)
    till.set_rule(card, **LIFTED)
    till.stream()
    for charge in till.objects("charge"):
        dispute(till, str(charge["id"]), 2_000)
        till.call_all_back()
        till.stream()
        till.sweep(minutes=10)
        till.stream()
    assert (recharges(till), len(till.charged())) == ([], 8)


def test_an_operators_refund_is_not_undone(till: Till) -> None:
    charge = recharged(till)
    refund(till, charge, 5_000)
    wait_a_day(till)
    assert recharges(till) == [("succeeded", "50.00")]
    assert shown(till) == ("suspended", "payment_refunded", None)


def test_a_refund_of_a_manual_payment_is_not_undone(till: Till) -> None:
    charge = paid(till, "20.00")
    till.set_rule(till.card(VISA))
    refund(till, charge, 2_000)
    wait_a_day(till)
    assert (recharges(till), shown(till)) == ([], ("active", None, None))


def test_a_negative_adjustment_charges_nothing(till: Till) -> None:
    till.world.adjust("20.00", "wrong grant")
    till.set_rule(till.card(VISA))
    till.world.adjust("-20.00", "the correction")
    wait_a_day(till)
    assert recharges(till) == []


def test_unfreezing_after_a_refund_charges_nothing(till: Till) -> None:
    charge = recharged(till)
    till.world.operate("PUT", "/accounts/acct_1", {"frozen": True})
    refund(till, charge, 5_000)
    till.call_all_back()
    till.world.operate("PUT", "/accounts/acct_1", {"frozen": False})
    wait_a_day(till)
    assert recharges(till) == [("succeeded", "50.00")]


def test_unfreezing_after_an_adjustment_charges_nothing(till: Till) -> None:
    till.world.adjust("20.00", "wrong grant")
    till.set_rule(till.card(VISA))
    till.world.operate("PUT", "/accounts/acct_1", {"frozen": True})
    till.world.adjust("-20.00", "the correction")
    till.world.operate("PUT", "/accounts/acct_1", {"frozen": False})
    wait_a_day(till)
    assert recharges(till) == []


# --- What ends the wait -----------------------------------------------------------------------------------------------


def test_the_next_call_charges_again(till: Till) -> None:
    till.world.adjust("20.00", "wrong grant")
    till.set_rule(till.card(VISA))
    till.world.adjust("-15.00", "the correction")
    wait_a_day(till)
    talk(till, 1)
    till.stream()
    assert recharges(till) == [("succeeded", "50.00")]


def test_a_replayed_call_does_not_count_as_the_next_call(till: Till) -> None:
    till.world.adjust("20.00", "wrong grant")
    call = a_call(till, 1)
    till.world.deliver(call)
    till.set_rule(till.card(VISA))
    till.world.adjust("-15.00", "the correction")
    till.world.deliver(call)
    wait_a_day(till)
    assert (recharges(till), image(till)["calls_seen"], image(till)["bought_back_at"]) == ([], 1, 1)


def test_a_call_refused_for_lack_of_credit_charges_again(till: Till) -> None:
    till.world.adjust("20.00", "wrong grant")
    till.set_rule(till.card(VISA))
    till.world.adjust("-20.00", "the correction")
    till.stream()
    assert till.world.authorize().body["reason"] == "recharging"
    till.stream()
    assert recharges(till) == [("succeeded", "50.00")]


def test_refused_calls_count_once_after_each_lowering(till: Till) -> None:
    till.set_rule(till.card(VISA))
    till.stream()
    leave(till, "20.00")
    till.world.adjust("-20.00", "the correction")
    for number in range(5):
        till.world.authorize(f"c_{number}")
    assert image(till)["calls_seen"] == image(till)["bought_back_at"] + 1


def test_arming_forgives_an_adjustment(till: Till) -> None:
    till.world.adjust("20.00", "wrong grant")
    card = till.card(VISA)
    till.set_rule(card)
    till.world.adjust("-15.00", "the correction")
    till.stream()
    till.set_rule(card)
    till.stream()
    assert recharges(till) == []
    till.set_rule(card, threshold="11.00")
    till.stream()
    assert recharges(till) == [("succeeded", "50.00")]


def test_a_refused_suspension_of_a_refund_ends_by_arming(till: Till) -> None:
    charge = recharged(till)
    refund(till, charge, 5_000)
    till.call_all_back()
    card = till.state()["payment_method_id"]
    till.set_rule(card)
    assert shown(till)[0] == "suspended"
    till.set_rule(card, enabled=False)
    till.set_rule(card)
    till.stream()
    assert recharges(till) == [("succeeded", "50.00")] * 2
    refund_events = till.call_all_back()
    assert refund_events
    assert shown(till)[0] == "active"


def test_a_failed_refund_ends_its_suspension(till: Till) -> None:
    charge = recharged(till)
    failing = refund(till, charge, 5_000)
    till.call_all_back()
    assert shown(till)[0] == "suspended"
    Controls(till.stand_in).fail_refund(failing)
    till.call_all_back()
    assert shown(till) == ("active", None, None)


def test_one_failed_refund_of_two_ends_nothing(till: Till) -> None:
    charge = recharged(till)
    failing = refund(till, charge, 2_000)
    refund(till, charge, 1_000)
    till.call_all_back()
    Controls(till.stand_in).fail_refund(failing)
    till.call_all_back()
    assert shown(till)[1] == "payment_refunded"


# --- Suspicious calls -------------------------------------------------------------------------------------------------


def test_a_suspicious_call_counts_a_day_after_it_was_listed(till: Till) -> None:
    till.world.adjust("605.00", "start")
    till.set_rule(till.card(VISA))
    talk(till, 300)
    till.stream()
    assert (till.world.balance(), image(till).get("calls_seen", 0)) == (4_500_000, 0)
    minutes_pass(till, 23 * 60, step=60)
    assert recharges(till) == []
    for _ in range(3):
        till.sweep(minutes=61)
        till.stream()
    assert (recharges(till), image(till)["calls_seen"]) == ([("succeeded", "50.00")], 1)


def test_two_sweeps_at_once_count_a_suspicious_call_once(till: Till) -> None:
    till.world.adjust("605.00", "start")
    till.set_rule(till.card(VISA))
    talk(till, 300)
    till.later(hours=25)
    at_once(*[till.sweep] * 3)
    assert (till.sweep(minutes=1)["failed"], image(till)["calls_seen"]) == (0, 1)


def test_a_corrected_suspicious_call_never_counts(till: Till) -> None:
    till.world.adjust("605.00", "start")
    till.set_rule(till.card(VISA))
    call = a_call(till, 300)
    till.world.deliver(call)
    body = {"started_at": call["started_at"], "duration_seconds": 17_000, "reason": "wrong record"}
    answer = till.world.operate("POST", f"/accounts/acct_1/calls/{call['call_id']}/corrections", body, key="k")
    assert answer.status == 201, answer.text
    for _ in range(3):
        till.sweep(hours=24)
        till.stream()
    assert image(till)["calls_seen"] == 0


def test_a_correction_that_charges_more_starts_no_recharge(till: Till) -> None:
    till.world.adjust("20.00", "start")
    call = a_call(till, 1)
    till.world.deliver(call)
    till.set_rule(till.card(VISA))
    body = {"started_at": call["started_at"], "duration_seconds": 480, "reason": "wrong record"}
    answer = till.world.operate("POST", f"/accounts/acct_1/calls/{call['call_id']}/corrections", body, key="k")
    assert answer.status == 201, answer.text
    assert till.world.balance() == 3_500_000
    wait_a_day(till)
    assert recharges(till) == []
