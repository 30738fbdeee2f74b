"""Refunds and disputes take credit once and return it when they fail or are won."""

import pytest

from local.stripe_stand_in.controls import Controls
from tests.functions.reversals_bench import balance, dispute, paid, refund, reversals
from tests.harness.till import Till

pytestmark = pytest.mark.dynamodb


def test_a_refund_takes_its_credit_back_once_however_often_it_is_told(till: Till) -> None:
    charge = paid(till)
    refund(till, charge, 3_000)
    events = till.stand_in.take_events()
    for event in events * 3:
        assert till.call_back(event).status == 200
    assert (balance(till), reversals(till)) == (7_000, [-30_000_000])
    [item] = till.top_ups()
    assert (item["reversed_micros"], item["reversals"]) == (30_000_000, 1)


def test_partial_refunds_add_up_to_the_whole_and_no_further(till: Till) -> None:
    charge = paid(till)
    for cents in (1_000, 2_500, 6_500):
        refund(till, charge, cents)
        till.call_all_back()
    assert (balance(till), reversals(till)) == (0, [-10_000_000, -25_000_000, -65_000_000])


def test_a_refund_that_fails_gives_the_credit_back(till: Till) -> None:
    charge = paid(till)
    failing = refund(till, charge, 4_000)
    till.call_all_back()
    Controls(till.stand_in).fail_refund(failing)
    till.call_all_back()
    assert (balance(till), reversals(till)) == (10_000, [-40_000_000, 40_000_000])


def test_a_dispute_takes_the_credit_without_fee_and_a_win_returns_it(till: Till) -> None:
    charge = paid(till)
    opened = dispute(till, charge, 10_000)
    till.call_all_back()
    assert balance(till) == 0
    Controls(till.stand_in).win_dispute(opened)
    till.call_all_back()
    assert (balance(till), reversals(till)) == (10_000, [-100_000_000, 100_000_000])


def test_a_lost_dispute_is_not_clawed_twice(till: Till) -> None:
    charge = paid(till)
    opened = dispute(till, charge, 10_000)
    till.call_all_back()
    Controls(till.stand_in).lose_dispute(opened)
    till.call_all_back()
    assert (balance(till), reversals(till)) == (0, [-100_000_000])


def test_a_dispute_after_a_partial_refund_takes_no_more_than_was_paid(till: Till) -> None:
    charge = paid(till)
    refund(till, charge, 3_000)
    till.call_all_back()
    dispute(till, charge, 10_000)
    till.call_all_back()
    assert (balance(till), reversals(till)) == (0, [-30_000_000, -70_000_000])


def test_a_dispute_won_in_part_gives_that_part_back(till: Till) -> None:
    charge = paid(till)
    opened = dispute(till, charge, 8_000)
    till.call_all_back()
    Controls(till.stand_in).win_dispute(opened, 5_000)
    till.call_all_back()
    assert (balance(till), reversals(till)) == (7_000, [-80_000_000, 50_000_000])


def test_an_inquiry_takes_nothing(till: Till) -> None:
    charge = paid(till)
    Controls(till.stand_in).dispute(charge, inquiry=True)
    till.call_all_back()
    assert (balance(till), reversals(till)) == (10_000, [])


def test_a_reversal_of_spent_credit_goes_below_zero_on_the_statement(till: Till) -> None:
    charge = paid(till, "25.00")
    till.world.adjust("-20.00", "spent")
    refund(till, charge, 2_500)
    till.call_all_back()
    assert balance(till) == -2_000
    rows = till.world.get("/statement").body["items"]
    [row] = [row for row in rows if row["kind"] == "credit_reversed"]
    assert (row["amount"], row["description"]) == ("-25.00", "Payment refunded or disputed, Visa ending 4242")
