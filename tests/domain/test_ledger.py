"""The book balances: every entry debits one account and credits another, and totals are sums of entries."""

from dataclasses import FrozenInstanceError, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.categories import RESERVED_CATEGORIES, TOP_UP
from calling_credit.ledger.entries import (
    CALL_REVENUE,
    CARD_PAYMENTS,
    CUSTOMER_CREDIT,
    OPERATOR_ADJUSTMENTS,
    DayTotal,
    Entry,
    EntryKind,
    adjustment_entry,
    balance_change,
    day_changes,
)
from tests.domain.examples import NOW

CHARGE = Entry(
    account_id="acct_1",
    happened_at="2026-11-23T10:00:00.000Z",
    cause_id="c_1",
    kind=EntryKind.CALL_CHARGED,
    category="outbound_international_call",
    amount_micros=-42_000,
    local_date="2026-11-23",
    recorded_at="2026-11-23T12:00:00.000Z",
    facts_hash="f",
    billed_seconds=180,
)
entries = st.lists(
    st.builds(
        replace,
        st.just(CHARGE),
        kind=st.sampled_from([EntryKind.CALL_CHARGED, EntryKind.BALANCE_ADJUSTED, EntryKind.TOP_UP_PAID]),
        category=st.sampled_from(["a_b", "c_d", "adjustment", "top_up"]),
        amount_micros=st.integers(-(10**12), 10**12),
        local_date=st.sampled_from(["2026-11-22", "2026-11-23"]),
        billed_seconds=st.integers(0, 90_000),
    )
)


def test_a_call_debits_the_customer_to_revenue() -> None:
    assert (CHARGE.debit, CHARGE.credit) == (CUSTOMER_CREDIT, CALL_REVENUE)


def test_a_paid_top_up_credits_the_customer() -> None:
    entry = replace(CHARGE, kind=EntryKind.TOP_UP_PAID, category=TOP_UP, amount_micros=25_000_000)
    assert (entry.debit, entry.credit) == (CARD_PAYMENTS, CUSTOMER_CREDIT)


def test_a_call_cannot_have_the_category_of_a_payment() -> None:
    assert {TOP_UP, "adjustment", "refund", "dispute"} <= RESERVED_CATEGORIES


@pytest.mark.parametrize(
    ("amount", "debit", "credit"),
    [(1, OPERATOR_ADJUSTMENTS, CUSTOMER_CREDIT), (-1, CUSTOMER_CREDIT, OPERATOR_ADJUSTMENTS)],
)
def test_an_adjustment_moves_credit_between_the_operator_and_the_customer(amount: int, debit: str, credit: str) -> None:
    entry = adjustment_entry("acct_1", "adj_1", amount, "goodwill", "UTC", "client:ops", NOW)
    assert (entry.debit, entry.credit) == (debit, credit)


@given(entries)
def test_every_entry_is_balanced_and_the_customers_side_is_the_balance(drawn: list[Entry]) -> None:
    accounts: dict[str, int] = {}
    for entry in drawn:
        assert entry.debit != entry.credit
        accounts[entry.debit] = accounts.get(entry.debit, 0) - abs(entry.amount_micros)
        accounts[entry.credit] = accounts.get(entry.credit, 0) + abs(entry.amount_micros)
    assert sum(accounts.values()) == 0
    assert accounts.get(CUSTOMER_CREDIT, 0) == balance_change(drawn)


@given(entries)
def test_the_day_totals_equal_the_sum_of_entries(drawn: list[Entry]) -> None:
    days = day_changes(drawn)
    assert set(days) == {(entry.local_date, entry.category) for entry in drawn}
    assert sum(day.count for day in days.values()) == len(drawn)
    assert sum(day.total_micros for day in days.values()) == balance_change(drawn)
    assert sum(day.billed_seconds for day in days.values()) == sum(entry.billed_seconds for entry in drawn)


def test_a_day_holds_only_its_own_date_and_category() -> None:
    later = replace(CHARGE, local_date="2026-11-24")
    premium = replace(CHARGE, category="outbound_premium_call", amount_micros=-1)
    assert day_changes([CHARGE, CHARGE, later, premium]) == {
        ("2026-11-23", "outbound_international_call"): DayTotal(2, 360, -84_000),
        ("2026-11-24", "outbound_international_call"): DayTotal(1, 180, -42_000),
        ("2026-11-23", "outbound_premium_call"): DayTotal(1, 180, -1),
    }


def test_no_entries_change_nothing() -> None:
    assert (balance_change([]), day_changes([])) == (0, {})


def test_an_entry_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        CHARGE.amount_micros = 0  # type: ignore[misc]


def test_an_adjustment_has_the_accounts_local_date_and_its_reason() -> None:
    entry = adjustment_entry("acct_1", "adj_1", 5_000_000, "goodwill", "Pacific/Kiritimati", "client:ops", NOW)
    assert entry.key == ("acct_1", "2026-11-23T12:00:00.000Z", "adj_1")
    assert (entry.kind, entry.category, entry.local_date) == (EntryKind.BALANCE_ADJUSTED, "adjustment", "2026-11-24")
    assert entry.explanation == {"reason": "goodwill", "by": "client:ops"}
