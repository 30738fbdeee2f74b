"""The proof of an account: no differences in a correct ledger, and every kind of difference in a wrong one."""

import copy
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.audit.book import Book
from calling_credit.audit.proof import SETTLING_TIME, DifferenceCode, Payment, prove_payments, prove_sums
from calling_credit.dynamodb import keys
from calling_credit.ledger.entries import UNARMED_MICROS
from calling_credit.topups.reversals import Losses
from tests.domain.book_examples import (
    ACCOUNT,
    AMOUNTS,
    FIRST,
    Items,
    correct_items,
    correct_payments,
    day,
    entry,
)
from tests.domain.examples import NOW


def difference_counts(items: Items, payments: list[Payment] | None = None) -> Counter[str]:
    """The number of differences by code, each counted once."""
    book = Book(ACCOUNT)
    for item in items:
        book.add(item)
    at_stripe = correct_payments() if payments is None else payments
    differences = [*prove_sums(book), *prove_payments(book, at_stripe, NOW)]
    for difference in differences:
        assert difference.account_id == ACCOUNT
        assert difference.expected != difference.found, str(difference)
    return Counter(difference.code for difference in {one.key: one for one in differences}.values())


def changed_items(kind: str, at: int = 0, **values: Any) -> Items:
    """The correct items with one item of a kind changed."""
    items = correct_items()
    [item for item in items if keys.kind_of(item["SK"]) == kind][at].update(values)
    return items


def test_a_correct_ledger_has_no_differences() -> None:
    assert difference_counts(correct_items()) == {}


def test_an_empty_account_has_no_differences() -> None:
    assert difference_counts([], []) == {}


@pytest.mark.parametrize(
    ("items", "code"),
    [
        (changed_items("day", total_micros=-200_001), DifferenceCode.DAY),
        (changed_items("day", entry_count=3), DifferenceCode.DAY),
        (changed_items("day", billed_seconds=119), DifferenceCode.DAY),
        (changed_items("balance", available_micros=1), DifferenceCode.AVAILABLE),
        (changed_items("balance", live_holds=1), DifferenceCode.HELD),
        (changed_items("hold", amount_micros=1), DifferenceCode.HELD),
        (changed_items("hold", status="released"), DifferenceCode.HELD),
        (changed_items("balance", headroom_micros=1), DifferenceCode.HEADROOM),
        (changed_items("topup", 1, reversed_micros=10_000_001), DifferenceCode.REVERSED),
        (changed_items("topup", amount_micros=25_000_001), DifferenceCode.OTHER_AMOUNT),
    ],
)
def test_the_proof_reports_a_changed_item(items: Items, code: str) -> None:
    assert difference_counts(items) == {code: 1}


def test_the_proof_reports_every_sum_of_a_changed_balance() -> None:
    codes = difference_counts(changed_items("balance", posted_micros=1))
    assert codes == {DifferenceCode.POSTED: 1, DifferenceCode.AVAILABLE: 1, DifferenceCode.HEADROOM: 1}


def test_the_proof_reports_a_held_sum_above_the_holds() -> None:
    assert difference_counts(changed_items("balance", held_micros=1)) == {
        DifferenceCode.HELD: 1,
        DifferenceCode.AVAILABLE: 1,
    }


def test_an_unarmed_headroom_is_valid_for_any_rule() -> None:
    [balance] = [item for item in correct_items() if keys.kind_of(item["SK"]) == "balance"]
    assert difference_counts(changed_items("balance", headroom_micros=balance["posted_micros"] + UNARMED_MICROS)) == {}


def test_the_proof_reports_entries_without_a_balance() -> None:
    items = [item for item in correct_items() if keys.kind_of(item["SK"]) != "balance"]
    assert difference_counts(items) == {DifferenceCode.POSTED: 1}


def test_the_proof_reports_a_day_without_entries() -> None:
    assert difference_counts([*correct_items(), day("2026-11-22", "call", 1, 60, -1)]) == {DifferenceCode.DAY: 1}


def test_a_payment_without_an_entry_differs_at_stripe_and_in_the_book() -> None:
    items = [item for item in correct_items() if not item["SK"].endswith(f"#{FIRST}") or "status" in item]
    codes = difference_counts(items)
    assert (codes[DifferenceCode.NOT_ENTERED], codes[DifferenceCode.TOP_UP_NOT_ENTERED]) == (1, 1)
    assert (codes[DifferenceCode.POSTED], codes[DifferenceCode.DAY]) == (1, 1)


def test_the_proof_reports_a_payment_made_outside_the_application() -> None:
    beside = replace(correct_payments()[0], intent_id="pi_9", topup_id="tu_9")
    assert difference_counts(correct_items(), [*correct_payments(), beside]) == {DifferenceCode.NOT_ENTERED: 1}


def test_the_proof_reports_a_second_payment_for_one_top_up() -> None:
    second = replace(correct_payments()[0], intent_id="pi_9")
    assert difference_counts(correct_items(), [*correct_payments(), second]) == {DifferenceCode.NOT_ENTERED: 1}


def test_a_recent_payment_may_lack_its_entry() -> None:
    taken = correct_payments()[0]
    young = replace(taken, intent_id="pi_9", topup_id="tu_9", paid_at=NOW - SETTLING_TIME + timedelta(seconds=1))
    old_enough = replace(young, paid_at=NOW - SETTLING_TIME)
    assert difference_counts(correct_items(), [*correct_payments(), young]) == {}
    assert difference_counts(correct_items(), [*correct_payments(), old_enough]) == {DifferenceCode.NOT_ENTERED: 1}


def test_the_proof_reports_an_entry_without_its_payment() -> None:
    assert difference_counts(correct_items(), correct_payments()[1:]) == {DifferenceCode.NOT_PAID: 1}


def test_the_proof_reports_an_entry_with_another_amount() -> None:
    payments = [replace(correct_payments()[0], received_micros=24_000_000), correct_payments()[1]]
    assert difference_counts(correct_items(), payments) == {DifferenceCode.OTHER_AMOUNT: 1}


def test_the_proof_reports_two_entries_for_one_payment() -> None:
    twice = entry("2026-11-22", FIRST, "top_up", 25_000_000, intent_id="pi_1")
    assert difference_counts([*correct_items(), twice])[DifferenceCode.TWICE] == 1


@pytest.mark.parametrize("losses", [Losses(0, 0), Losses(10_000_001, 0), Losses(10_000_000, -1)])
def test_the_reversed_amount_must_equal_the_losses_at_stripe(losses: Losses) -> None:
    payments = [correct_payments()[0], replace(correct_payments()[1], losses=losses)]
    assert difference_counts(correct_items(), payments) == {DifferenceCode.REVERSED: 1}


def test_a_recent_refund_may_lack_its_reversal() -> None:
    refunded = replace(correct_payments()[0], losses=Losses(5_000_000, 0), last_reversed_at=NOW - timedelta(minutes=1))
    assert difference_counts(correct_items(), [refunded, correct_payments()[1]]) == {}
    earlier = replace(refunded, last_reversed_at=NOW - SETTLING_TIME)
    assert difference_counts(correct_items(), [earlier, correct_payments()[1]]) == {DifferenceCode.REVERSED: 1}


def test_the_proof_reports_a_reversal_without_a_top_up() -> None:
    planted = entry("2026-11-21", "tu_9.rev.1", "reversal", -1, topup_id="tu_9")
    assert difference_counts([*correct_items(), planted])[DifferenceCode.REVERSED] == 1


def test_a_difference_has_the_same_key_for_any_amounts() -> None:
    keys = set()
    for amount in (1, 2):
        book = Book(ACCOUNT)
        for item in changed_items("day", total_micros=amount):
            book.add(item)
        keys |= {difference.key for difference in prove_sums(book)}
    assert len(keys) == 1


PLACES = [
    (at, name)
    for at, item in enumerate(correct_items())
    for name in AMOUNTS
    if name in item and item.get("status") not in ("failed", "released", "expired")
]


@given(place=st.sampled_from(PLACES), change=st.integers(-(10**9), 10**9).filter(bool))
def test_the_proof_reports_any_single_changed_number(place: tuple[int, str], change: int) -> None:
    at, name = place
    items = copy.deepcopy(correct_items())
    items[at][name] += change
    assert difference_counts(items)


@given(
    at=st.sampled_from([at for at, item in enumerate(correct_items()) if keys.kind_of(item["SK"]) in ("entry", "day")])
)
def test_the_proof_reports_any_missing_entry_or_day(at: int) -> None:
    items = correct_items()
    del items[at]
    assert difference_counts(items)


@given(at=st.integers(0, 1), change=st.integers(-(10**7), 10**7).filter(bool))
def test_the_proof_reports_any_amount_that_differs_at_stripe(at: int, change: int) -> None:
    payments = correct_payments()
    payments[at] = replace(payments[at], received_micros=payments[at].received_micros + change)
    assert difference_counts(correct_items(), payments)
