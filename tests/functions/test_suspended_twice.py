"""A rule that is suspended for two reasons resumes after both have ended. A dispute also blocks a renewed number."""

import pytest

from local.stripe_stand_in.controls import Controls
from tests.functions.reversals_bench import dispute, refund
from tests.functions.test_disputed_cards import unblock, with_rule
from tests.functions.test_money_back import recharged
from tests.harness.cards import CHALLENGED, DECLINED, MASTERCARD, VISA, declining
from tests.harness.recharging import becomes, confirmations, remove, shown, spend, talk
from tests.harness.till import Till

pytestmark = pytest.mark.dynamodb


def suspended_by_its_card(till: Till, kind: str) -> str:
    """Let the rule buy once, then let the bank refuse the next recharge; return the paid charge."""
    charge = recharged(till)
    becomes(till, till.state()["payment_method_id"], kind)
    spend(till, "50.00")
    till.stream()
    return charge


def refund_and_fail(till: Till, charge: str) -> None:
    """Refund a part of a payment; the bank returns the refund."""
    failing = refund(till, charge, 1_000)
    till.call_all_back()
    assert shown(till)[1] == "payment_refunded"
    Controls(till.stand_in).fail_refund(failing)
    till.call_all_back()


def test_a_failed_refund_does_not_bring_back_a_removed_card(till: Till) -> None:
    charge = recharged(till)
    remove(till, till.state()["payment_method_id"])
    refund_and_fail(till, charge)
    assert shown(till)[1] == "card_removed"
    till.set_rule(till.card(MASTERCARD))
    assert shown(till)[0] == "active"


@pytest.mark.parametrize(
    ("kind", "reason"), [(CHALLENGED, "authentication_required"), (declining("stolen_card"), "card_unusable")]
)
def test_a_failed_refund_does_not_end_a_suspension_by_the_card(till: Till, kind: str, reason: str) -> None:
    charge = suspended_by_its_card(till, kind)
    refund_and_fail(till, charge)
    assert shown(till)[1] == reason


def test_a_failed_refund_does_not_end_the_wait_after_a_decline(till: Till) -> None:
    charge = suspended_by_its_card(till, DECLINED)
    refund_and_fail(till, charge)
    talk(till, 1)
    till.stream()
    assert (shown(till)[1], confirmations(till)) == ("backing_off", 2)


@pytest.mark.parametrize("end", ["the refund fails", "the operator unblocks the card"])
def test_repeated_declines_suspend_also_after_a_reversal(till: Till, end: str) -> None:
    charge = suspended_by_its_card(till, DECLINED)
    for span in ({"hours": 1}, {"hours": 24}):
        till.sweep(**span)
        till.stream()
    before = confirmations(till)
    if end == "the refund fails":
        refund_and_fail(till, charge)
    else:
        dispute(till, charge, 1_000)
        till.call_all_back()
        assert shown(till)[1] == "payment_disputed"
        unblock(till)
    talk(till, 1)
    till.stream()
    assert (shown(till)[1], confirmations(till)) == ("declined_repeatedly", before)


def test_arming_after_a_refund_does_not_forgive_a_stolen_card(till: Till) -> None:
    charge = suspended_by_its_card(till, declining("stolen_card"))
    refund(till, charge, 1_000)
    till.call_all_back()
    card = till.state()["payment_method_id"]
    till.set_rule(card, enabled=False)
    till.set_rule(card)
    assert shown(till)[1] == "card_unusable"


def test_a_refund_read_together_with_a_dispute_is_left_behind_by_it(till: Till) -> None:
    charge = recharged(till)
    refund(till, charge, 1_000)
    dispute(till, charge, 4_000)
    till.call_all_back()
    assert shown(till)[1] == "payment_disputed"
    unblock(till)
    assert shown(till)[1] == "payment_refunded"


def test_a_dispute_does_not_repeat_a_refund_that_an_admin_forgave(till: Till) -> None:
    charge = recharged(till)
    refund(till, charge, 1_000)
    till.call_all_back()
    card = till.state()["payment_method_id"]
    till.set_rule(card, enabled=False)
    till.set_rule(card)
    dispute(till, charge, 4_000)
    till.call_all_back()
    assert shown(till)[1] == "payment_disputed"
    unblock(till)
    assert shown(till)[0] == "active"


def test_a_dispute_blocks_the_number_that_renewed_the_card(till: Till) -> None:
    charge = with_rule(till)
    Controls(till.stand_in).renew_card(till.top_ups()[0]["payment_method_id"], MASTERCARD)
    till.call_all_back()
    dispute(till, charge, 10_000)
    till.call_all_back()
    till.world.create_account("acct_2")
    for number in (VISA, MASTERCARD):
        assert till.pay("5.00", till.card(number, "acct_2"), account="acct_2").code == "card_blocked"


@pytest.mark.parametrize("renewed", ["before the dispute", "after the dispute"])
def test_unblocking_a_card_unblocks_the_number_that_renewed_it(till: Till, renewed: str) -> None:
    charge = with_rule(till)
    card = till.top_ups()[0]["payment_method_id"]
    if renewed == "before the dispute":
        Controls(till.stand_in).renew_card(card, MASTERCARD)
        till.call_all_back()
    dispute(till, charge, 10_000)
    till.call_all_back()
    if renewed == "after the dispute":
        Controls(till.stand_in).renew_card(card, MASTERCARD)
        till.call_all_back()
    assert till.pay("5.00", card).code == "card_blocked"
    body = {"payment_method_id": card, "reason": "settled"}
    assert till.world.operate("POST", "/accounts/acct_1/cards/unblock", body).status == 200
    assert till.paid("5.00", card)["status"] == "succeeded"
