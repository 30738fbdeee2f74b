"""A top-up: its properties, its request, and its entry."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.errors import InvalidValue
from calling_credit.money import Bounds
from calling_credit.topups.declines import Decline
from calling_credit.topups.entry import topup_entry
from calling_credit.topups.parsing import TopUpRequest, parse_payment_method_id, parse_top_up
from calling_credit.topups.topup import OPEN, PENDING
from tests.domain.examples import NOW
from tests.domain.payment_examples import BOUNDS, INTENT, MANUAL, ago, ahead, usd

HARD = Decline("stolen_card", "do_not_try_again")

# --- What it is -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "is_open", "is_pending"),
    [
        ("created", True, True),
        ("confirming", True, True),
        ("processing", True, True),
        ("requires_action", True, False),
        ("succeeded", False, False),
        ("failed", False, False),
        ("canceled", False, False),
    ],
)
def test_an_abandoned_challenge_is_open_but_not_pending(status: Any, is_open: bool, is_pending: bool) -> None:
    assert replace(MANUAL, status=status).is_open == is_open == (status in OPEN)
    assert (status in PENDING) == is_pending


@pytest.mark.parametrize(
    ("lease_until", "is_leased"), [(None, False), (ago(), False), (ahead(milliseconds=1), True), (ago(hours=1), False)]
)
def test_a_lease_ends_at_its_exact_moment(lease_until: str | None, is_leased: bool) -> None:
    assert replace(MANUAL, lease_until=lease_until).is_leased(NOW) == is_leased


def test_a_payment_has_an_age_and_a_decline() -> None:
    assert replace(MANUAL, created_at=ago(minutes=3)).age(NOW) == timedelta(minutes=3)
    assert MANUAL.decline is None
    assert replace(MANUAL, failure_code=HARD.code, failure_advice=HARD.advice).decline == HARD


# --- What a request may say -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "micros"),
    [("5", 5_000_000), ("5.00", 5_000_000), ("25.5", 25_500_000), ("25.01", 25_010_000), ("500.00", 500_000_000)],
)
def test_a_top_up_has_an_amount_in_whole_cents_and_a_card(amount: str, micros: int) -> None:
    assert parse_top_up({"amount": amount, "payment_method_id": "pm_1", "else": 1}, BOUNDS) == TopUpRequest(
        micros, "pm_1"
    )


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ("1e3", "invalid_amount"),
        ("NaN", "invalid_amount"),
        ("Infinity", "invalid_amount"),
        ("25.001", "invalid_amount"),
        ("25.000", "invalid_amount"),
        ("", "invalid_amount"),
        (" 25", "invalid_amount"),
        ("$25", "invalid_amount"),
        ("1,000", "invalid_amount"),
        (25, "invalid_amount"),
        (25.0, "invalid_amount"),
        (True, "invalid_amount"),
        (None, "invalid_amount"),
        (["25.00"], "invalid_amount"),
        ("-5", "amount_out_of_range"),
        ("0", "amount_out_of_range"),
        ("4.99", "amount_out_of_range"),
        ("500.01", "amount_out_of_range"),
        ("999999999", "amount_out_of_range"),
    ],
)
def test_an_invalid_payment_amount_is_refused(amount: object, code: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        parse_top_up({"amount": amount, "payment_method_id": "pm_1"}, BOUNDS)
    assert refused.value.code == code
    assert refused.value.detail.endswith(".")


@pytest.mark.parametrize(("total", "micros"), [("28.75", 28_750_000), ("0", 0), (None, None)])
def test_a_top_up_may_name_the_total_that_was_shown(total: str | None, micros: int | None) -> None:
    body = {"amount": "25.00", "payment_method_id": "pm_1", "total": total}
    assert parse_top_up(body, BOUNDS).total_micros == micros


@pytest.mark.parametrize("total", ["28.755", "1e3", "", 28.75, True, ["28.75"]])
def test_an_invalid_total_is_refused(total: object) -> None:
    with pytest.raises(InvalidValue, match="total must be") as refused:
        parse_top_up({"amount": "25.00", "payment_method_id": "pm_1", "total": total}, BOUNDS)
    assert refused.value.code == "invalid_amount"


@pytest.mark.parametrize(
    "body", [{}, {"amount": "25.00"}, {"payment_method_id": "pm_1"}, {"amount": "25.00", "payment_method_id": None}]
)
def test_a_top_up_without_amount_or_card_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue) as refused:
        parse_top_up(body, BOUNDS)
    assert refused.value.code == "missing_field"


@pytest.mark.parametrize("value", ["pm_1", "card_1NvZ0a2eZvKYlo2C", "a" * 255])
def test_valid_payment_method_ids_are_accepted(value: str) -> None:
    assert parse_payment_method_id({"payment_method_id": value}) == value


@pytest.mark.parametrize(
    "value", ["", "_", "pm 1", "pm_1/detach", "../pm_1", "pm_1?x=1", "pm_1\n", "pm_é", "pm_²", "a" * 256, 5, True, []]
)
def test_an_invalid_payment_method_id_never_reaches_stripe(value: object) -> None:
    with pytest.raises(InvalidValue) as refused:
        parse_payment_method_id({"payment_method_id": value})
    assert refused.value.code == "invalid_payment_method"


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(-(10**9), 2 * 10**9))
def test_bounds_include_both_ends_and_errors_name_them(least: int, span: int, amount: int) -> None:
    bounds = Bounds(least, least + span)
    assert bounds.check(least) == least
    assert bounds.check(least + span) == least + span
    if not least <= amount <= least + span:
        with pytest.raises(InvalidValue, match=r"amount must lie between") as refused:
            bounds.check(amount)
        assert refused.value.code == "amount_out_of_range"


# --- Its entry --------------------------------------------------------------------------------------------------------


def test_an_entry_has_the_payments_creation_time_at_any_settlement() -> None:
    topup = replace(MANUAL, created_at="2026-11-23T04:59:59.999Z")
    entry = topup_entry(topup, INTENT, "America/New_York", NOW)
    assert entry.key == ("acct_1", "2026-11-23T04:59:59.999Z", "tu_manual")
    assert (entry.kind, entry.category, entry.amount_micros) == ("top_up_paid", "top_up", usd("25"))
    assert (entry.local_date, entry.recorded_at) == ("2026-11-22", "2026-11-23T12:00:00.000Z")
    assert (entry.debit, entry.credit) == ("card_payments", "customer_credit")
    paid = {"payment": "manual", "brand": "visa", "last4": "4242", "intent_id": "pi_1"}
    assert entry.explanation == {**paid, "gross_micros": usd("25")}
    later = topup_entry(topup, INTENT, "America/New_York", NOW + timedelta(days=3))
    assert later == replace(entry, recorded_at=later.recorded_at)
