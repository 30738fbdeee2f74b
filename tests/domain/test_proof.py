"""The proof of a book: it finds nothing in a right one, each kind of difference in a wrong one, and any single amount
that is not what it was.
"""

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
from tests.domain.examples import NOW

ACCOUNT, FIRST, SECOND = "acct_1", "tu_1", "tu_2"
AMOUNTS = (
    "amount_micros",
    "total_micros",
    "posted_micros",
    "available_micros",
    "held_micros",
    "live_holds",
    "headroom_micros",
    "reversed_micros",
    "entry_count",
    "billed_seconds",
)
"""The numbers of items that a proof holds against others."""

Items = list[dict[str, Any]]


def entry(at: str, cause: str, category: str, amount_micros: int, seconds: int = 0, **more: Any) -> dict[str, Any]:
    """An entry of that day's noon."""
    return {
        "SK": keys.entry_sk(f"{at}T12:00:00.000Z", cause),
        "category": category,
        "amount_micros": amount_micros,
        "local_date": at,
        "billed_seconds": seconds,
        **more,
    }


def day(at: str, category: str, count: int, seconds: int, total_micros: int) -> dict[str, Any]:
    """The totals of a day and category."""
    totals = {"entry_count": count, "billed_seconds": seconds, "total_micros": total_micros}
    return {"SK": keys.day_sk(at, category), **totals}


def hold(call_id: str, amount_micros: int, status: str = "live") -> dict[str, Any]:
    """What is, or was, held for a call."""
    return {"SK": keys.hold_sk(call_id), "status": status, "amount_micros": amount_micros}


def topup(topup_id: str, amount_micros: int, reversed_micros: int = 0, status: str = "succeeded") -> dict[str, Any]:
    """A stored payment."""
    return {
        "SK": keys.topup_sk(topup_id),
        "topup_id": topup_id,
        "status": status,
        "amount_micros": amount_micros,
        "reversed_micros": reversed_micros,
        "customer_id": "cus_1",
    }


def right_items() -> Items:
    """A right ledger: two payments, one of them refunded in part, three calls on two days, an armed rule."""
    posted = 25_000_000 + 50_000_000 - 10_000_000 - 300_000
    return [
        {"SK": keys.account_sk(), "stripe_customer_id": "cus_1"},
        {"SK": keys.auto_recharge_sk(), "threshold_micros": 40_000_000},
        {
            "SK": keys.balance_sk(),
            "posted_micros": posted,
            "held_micros": 700_000,
            "available_micros": posted - 700_000,
            "headroom_micros": posted - 40_000_000,
            "live_holds": 2,
        },
        hold("c_4", 500_000),
        hold("c_5", 200_000),
        hold("c_3", 900_000, "released"),
        hold("c_6", 800_000, "expired"),
        day("2026-11-20", "call", 2, 120, -200_000),
        day("2026-11-21", "call", 1, 60, -100_000),
        day("2026-11-20", "top_up", 1, 0, 25_000_000),
        day("2026-11-21", "top_up", 1, 0, 50_000_000),
        day("2026-11-21", "reversal", 1, 0, -10_000_000),
        entry("2026-11-20", "c_1", "call", -100_000, 60),
        entry("2026-11-20", "c_2", "call", -100_000, 60),
        entry("2026-11-21", "c_3", "call", -100_000, 60),
        entry("2026-11-20", FIRST, "top_up", 25_000_000, intent_id="pi_1"),
        entry("2026-11-21", SECOND, "top_up", 50_000_000, intent_id="pi_2"),
        entry("2026-11-21", f"{SECOND}.rev.1", "reversal", -10_000_000, topup_id=SECOND),
        {"SK": keys.line_sk("line_1"), "number": "+14155550100"},
        topup(FIRST, 25_000_000),
        topup(SECOND, 50_000_000, 10_000_000),
        topup("tu_3", 50_000_000, status="failed"),
    ]


def right_payments() -> list[Payment]:
    """What Stripe says of it."""
    taken = NOW - timedelta(days=1)
    return [
        Payment("pi_1", FIRST, ACCOUNT, 25_000_000, taken, Losses(0, 0)),
        Payment("pi_2", SECOND, ACCOUNT, 50_000_000, taken, Losses(10_000_000, 0), taken),
    ]


def found(items: Items, payments: list[Payment] | None = None) -> Counter[str]:
    """How many differences of each code there are, each named once."""
    book = Book(ACCOUNT)
    for item in items:
        book.add(item)
    asked = right_payments() if payments is None else payments
    differences = [*prove_sums(book), *prove_payments(book, asked, NOW)]
    for difference in differences:
        assert difference.account_id == ACCOUNT
        assert difference.expected != difference.found, str(difference)
    return Counter(difference.code for difference in {one.key: one for one in differences}.values())


def changed(kind: str, at: int = 0, **values: Any) -> Items:
    """The right items with one of a kind changed."""
    items = right_items()
    [item for item in items if keys.kind_of(item["SK"]) == kind][at].update(values)
    return items


def test_a_correct_ledger_has_no_differences() -> None:
    assert found(right_items()) == {}


def test_an_empty_account_has_no_differences() -> None:
    assert found([], []) == {}


@pytest.mark.parametrize(
    ("items", "code"),
    [
        (changed("day", total_micros=-200_001), DifferenceCode.DAY),
        (changed("day", entry_count=3), DifferenceCode.DAY),
        (changed("day", billed_seconds=119), DifferenceCode.DAY),
        (changed("balance", available_micros=1), DifferenceCode.AVAILABLE),
        (changed("balance", live_holds=1), DifferenceCode.HELD),
        (changed("hold", amount_micros=1), DifferenceCode.HELD),
        (changed("hold", status="released"), DifferenceCode.HELD),
        (changed("balance", headroom_micros=1), DifferenceCode.HEADROOM),
        (changed("topup", 1, reversed_micros=10_000_001), DifferenceCode.REVERSED),
        (changed("topup", amount_micros=25_000_001), DifferenceCode.OTHER_AMOUNT),
    ],
)
def test_the_proof_reports_a_changed_item(items: Items, code: str) -> None:
    assert found(items) == {code: 1}


def test_the_proof_reports_every_sum_of_a_changed_balance() -> None:
    codes = found(changed("balance", posted_micros=1))
    assert codes == {DifferenceCode.POSTED: 1, DifferenceCode.AVAILABLE: 1, DifferenceCode.HEADROOM: 1}


def test_the_proof_reports_a_held_sum_above_the_holds() -> None:
    assert found(changed("balance", held_micros=1)) == {DifferenceCode.HELD: 1, DifferenceCode.AVAILABLE: 1}


def test_an_unarmed_headroom_is_valid_for_any_rule() -> None:
    [balance] = [item for item in right_items() if keys.kind_of(item["SK"]) == "balance"]
    assert found(changed("balance", headroom_micros=balance["posted_micros"] + UNARMED_MICROS)) == {}


def test_the_proof_reports_entries_without_a_balance() -> None:
    items = [item for item in right_items() if keys.kind_of(item["SK"]) != "balance"]
    assert found(items) == {DifferenceCode.POSTED: 1}


def test_the_proof_reports_a_day_without_entries() -> None:
    assert found([*right_items(), day("2026-11-22", "call", 1, 60, -1)]) == {DifferenceCode.DAY: 1}


def test_a_payment_without_an_entry_differs_at_stripe_and_in_the_book() -> None:
    items = [item for item in right_items() if not item["SK"].endswith(f"#{FIRST}") or "status" in item]
    codes = found(items)
    assert (codes[DifferenceCode.NOT_ENTERED], codes[DifferenceCode.TOP_UP_NOT_ENTERED]) == (1, 1)
    assert (codes[DifferenceCode.POSTED], codes[DifferenceCode.DAY]) == (1, 1)


def test_the_proof_reports_a_payment_made_outside_the_application() -> None:
    beside = replace(right_payments()[0], intent_id="pi_9", topup_id="tu_9")
    assert found(right_items(), [*right_payments(), beside]) == {DifferenceCode.NOT_ENTERED: 1}


def test_the_proof_reports_a_second_payment_for_one_top_up() -> None:
    second = replace(right_payments()[0], intent_id="pi_9")
    assert found(right_items(), [*right_payments(), second]) == {DifferenceCode.NOT_ENTERED: 1}


def test_a_recent_payment_may_lack_its_entry() -> None:
    taken = right_payments()[0]
    young = replace(taken, intent_id="pi_9", topup_id="tu_9", paid_at=NOW - SETTLING_TIME + timedelta(seconds=1))
    old_enough = replace(young, paid_at=NOW - SETTLING_TIME)
    assert found(right_items(), [*right_payments(), young]) == {}
    assert found(right_items(), [*right_payments(), old_enough]) == {DifferenceCode.NOT_ENTERED: 1}


def test_the_proof_reports_an_entry_without_its_payment() -> None:
    assert found(right_items(), right_payments()[1:]) == {DifferenceCode.NOT_PAID: 1}


def test_the_proof_reports_an_entry_with_another_amount() -> None:
    payments = [replace(right_payments()[0], received_micros=24_000_000), right_payments()[1]]
    assert found(right_items(), payments) == {DifferenceCode.OTHER_AMOUNT: 1}


def test_the_proof_reports_two_entries_for_one_payment() -> None:
    twice = entry("2026-11-22", FIRST, "top_up", 25_000_000, intent_id="pi_1")
    assert found([*right_items(), twice])[DifferenceCode.TWICE] == 1


@pytest.mark.parametrize("losses", [Losses(0, 0), Losses(10_000_001, 0), Losses(10_000_000, -1)])
def test_the_reversed_amount_must_equal_the_losses_at_stripe(losses: Losses) -> None:
    payments = [right_payments()[0], replace(right_payments()[1], losses=losses)]
    assert found(right_items(), payments) == {DifferenceCode.REVERSED: 1}


def test_a_recent_refund_may_lack_its_reversal() -> None:
    refunded = replace(right_payments()[0], losses=Losses(5_000_000, 0), last_reversed_at=NOW - timedelta(minutes=1))
    assert found(right_items(), [refunded, right_payments()[1]]) == {}
    earlier = replace(refunded, last_reversed_at=NOW - SETTLING_TIME)
    assert found(right_items(), [earlier, right_payments()[1]]) == {DifferenceCode.REVERSED: 1}


def test_the_proof_reports_a_reversal_without_a_top_up() -> None:
    planted = entry("2026-11-21", "tu_9.rev.1", "reversal", -1, topup_id="tu_9")
    assert found([*right_items(), planted])[DifferenceCode.REVERSED] == 1


def test_a_difference_has_the_same_key_for_any_amounts() -> None:
    keys = set()
    for amount in (1, 2):
        book = Book(ACCOUNT)
        for item in changed("day", total_micros=amount):
            book.add(item)
        keys |= {difference.key for difference in prove_sums(book)}
    assert len(keys) == 1


PLACES = [
    (at, name)
    for at, item in enumerate(right_items())
    for name in AMOUNTS
    if name in item and item.get("status") not in ("failed", "released", "expired")
]


@given(place=st.sampled_from(PLACES), change=st.integers(-(10**9), 10**9).filter(bool))
def test_the_proof_reports_any_single_changed_number(place: tuple[int, str], change: int) -> None:
    at, name = place
    items = copy.deepcopy(right_items())
    items[at][name] += change
    assert found(items)


@given(
    at=st.sampled_from([at for at, item in enumerate(right_items()) if keys.kind_of(item["SK"]) in ("entry", "day")])
)
def test_the_proof_reports_any_missing_entry_or_day(at: int) -> None:
    items = right_items()
    del items[at]
    assert found(items)


@given(at=st.integers(0, 1), change=st.integers(-(10**7), 10**7).filter(bool))
def test_the_proof_reports_any_amount_that_differs_at_stripe(at: int, change: int) -> None:
    payments = right_payments()
    payments[at] = replace(payments[at], received_micros=payments[at].received_micros + change)
    assert found(right_items(), payments)
