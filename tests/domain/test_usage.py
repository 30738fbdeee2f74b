"""Usage as shown to customers: labels, sums by category and day, and rows that are safe in a spreadsheet."""

import csv
import io
from typing import Any

import pytest

from calling_credit.accounts.account import Account
from calling_credit.dynamodb import keys
from calling_credit.errors import NotFound
from calling_credit.ledger.balance import Balance
from calling_credit.usage.summary import (
    CSV_COLUMNS,
    balance_view,
    call_row,
    check_call_category,
    csv_text,
    label,
    statement_row,
    usage_summary,
)

TODAY = "2026-11-23"
ENTRY: dict[str, Any] = {
    "PK": keys.account_pk("acct_1"),
    "SK": keys.entry_sk("2026-11-23T10:00:00.000Z", "c_1"),
    "kind": "call_charged",
    "category": "outbound_international_call",
    "amount_micros": -42_300,
    "debit": "customer_credit",
    "credit": "call_revenue",
    "local_date": TODAY,
    "recorded_at": "2026-11-23T12:00:00.000Z",
    "facts_hash": "f",
    "billed_seconds": 180,
    "line_id": "line_1",
    "user_id": "user_1",
    "to": "+442071838750",
    "origin": "US",
    "destination": "United Kingdom",
    "country": "GB",
    "prefix": "44",
    "duration_seconds": 125,
    "rate_micros_per_minute": 14_100,
    "connection_fee_micros": 0,
    "deck": "deck-1",
}


def day(local_date: str, category: str, count: int, billed: int, total: int) -> dict[str, Any]:
    """A DAY item."""
    sums = {"entry_count": count, "billed_seconds": billed, "total_micros": total}
    return {"PK": keys.account_pk("acct_1"), "SK": keys.day_sk(local_date, category), **sums}


@pytest.mark.parametrize(
    ("category", "shown"),
    [
        ("outbound_international_call", "Outbound International Call"),
        ("outbound_premium_call", "Outbound Premium Call"),
        ("top_up", "Top-up"),
        ("satellite_call", "Satellite Call"),
        ("x2", "X2"),
    ],
)
def test_a_category_has_a_label_and_an_unknown_one_is_title_cased(category: str, shown: str) -> None:
    assert label(category) == shown


@pytest.mark.parametrize("category", ["adjustment", "top_up", "refund", "", "A", "a#b", "x" * 41, "a\n"])
def test_an_invalid_call_category_is_not_found(category: str) -> None:
    with pytest.raises(NotFound) as refused:
        check_call_category(category)
    assert refused.value.code == "unknown_category"


def test_an_unused_call_category_is_valid() -> None:
    check_call_category("satellite_call")


def test_the_summary_has_positive_sums_by_category_and_day() -> None:
    days = [
        day("2026-11-01", "outbound_international_call", 2, 120, -28_000),
        day("2026-11-01", "outbound_premium_call", 1, 60, -2_420_000),
        day("2026-11-02", "outbound_international_call", 1, 60, -14_001),
    ]
    assert usage_summary(days, "USD") == {
        "currency": "USD",
        "total": "2.462001",
        "categories": [
            {
                "category": "outbound_international_call",
                "label": "Outbound International Call",
                "calls": 3,
                "billed_seconds": 180,
                "total": "0.042001",
            },
            {
                "category": "outbound_premium_call",
                "label": "Outbound Premium Call",
                "calls": 1,
                "billed_seconds": 60,
                "total": "2.42",
            },
        ],
        "days": [{"date": "2026-11-01", "total": "2.448"}, {"date": "2026-11-02", "total": "0.014001"}],
    }


def test_payments_are_not_spending() -> None:
    days = [day("2026-11-01", category, 1, 0, 5_000_000) for category in ("adjustment", "top_up", "refund")]
    assert usage_summary(days, "USD") == {"currency": "USD", "total": "0.00", "categories": [], "days": []}


LINES = {"line_1": "+14155550100"}


def test_a_call_row_shows_the_parts_of_its_price() -> None:
    assert call_row(ENTRY, {"user_1": "Ada"}, LINES) == {
        "call_id": "c_1",
        "started_at": "2026-11-23T10:00:00.000Z",
        "to": "+442071838750",
        "destination": "United Kingdom",
        "country": "GB",
        "duration_seconds": 125,
        "billed_seconds": 180,
        "rate_per_minute": "0.0141",
        "connection_fee": "0.00",
        "price": "0.0423",
        "user": {"id": "user_1", "name": "Ada"},
        "rate_deck": "deck-1",
        "call_key": "c_1",
        "line_id": "line_1",
        "line_number": "+14155550100",
        "corrected": False,
        "suspicious": False,
    }


def test_a_user_without_a_name_is_shown_by_id() -> None:
    assert call_row(ENTRY, {}, LINES)["user"] == {"id": "user_1", "name": None}


def parsed_csv(name: str | None, destination: str = "United Kingdom") -> list[dict[str, str]]:
    """One row, read back from its CSV."""
    row = call_row(ENTRY | {"destination": destination}, {} if name is None else {"user_1": name}, LINES)
    return list(csv.DictReader(io.StringIO(csv_text([row]), newline="")))


def test_csv_has_a_header_and_rfc_4180_lines() -> None:
    text = csv_text([])
    assert text == ",".join(CSV_COLUMNS) + "\r\n"
    [row] = parsed_csv('Ada, "Countess"')
    assert row["user_name"] == 'Ada, "Countess"'
    assert (row["price"], row["user_id"], row["to"]) == ("0.0423", "user_1", "+442071838750")


def test_csv_of_a_user_without_a_name_has_an_empty_cell() -> None:
    assert parsed_csv(None)[0]["user_name"] == ""


@pytest.mark.parametrize("text", ["=1+1", "+1+1", "-1+1", "@SUM(A1)", " \uff1d1+1", '=HYPERLINK("http://x","y")'])
def test_text_that_looks_like_a_formula_is_escaped(text: str) -> None:
    [row] = parsed_csv(text, destination=text)
    assert row["user_name"] == row["destination"] == f"'{text}"


def test_a_statement_row_of_a_call_shows_destination_and_amount() -> None:
    assert statement_row(ENTRY) == {
        "id": "c_1",
        "at": "2026-11-23T10:00:00.000Z",
        "date": "2026-11-23",
        "kind": "call_charged",
        "category": "outbound_international_call",
        "amount": "-0.0423",
        "description": "Outbound International Call to United Kingdom, +442071838750",
        "recorded_at": "2026-11-23T12:00:00.000Z",
        "debit": "customer_credit",
        "credit": "call_revenue",
        "line_id": "line_1",
        "user_id": "user_1",
        "billed_seconds": 180,
    }


def test_a_statement_row_of_an_adjustment_shows_its_reason() -> None:
    adjusted = {**ENTRY, "kind": "balance_adjusted", "category": "adjustment", "amount_micros": 5_000_000}
    adjusted = {name: value for name, value in adjusted.items() if name not in ("line_id", "user_id")}
    row = statement_row({**adjusted, "reason": "goodwill", "billed_seconds": 0})
    assert (row["amount"], row["description"]) == ("5.00", "Adjustment: goodwill")
    assert not {"line_id", "user_id", "billed_seconds"} & set(row)


@pytest.mark.parametrize(
    ("payment", "description"),
    [("manual", "Top-up, Visa ending 4242"), ("automatic", "Automatic recharge, Visa ending 4242")],
)
def test_a_statement_row_of_a_payment_shows_its_maker_and_card(payment: str, description: str) -> None:
    moved = {"kind": "top_up_paid", "category": "top_up", "amount_micros": 25_000_000, "billed_seconds": 0}
    sides = {"debit": "card_payments", "credit": "customer_credit", "local_date": TODAY, "recorded_at": "r"}
    card = {"payment": payment, "brand": "visa", "last4": "4242", "intent_id": "pi_1"}
    assert statement_row({"SK": keys.entry_sk("2026-11-23T10:00:00.000Z", "tu_1"), **moved, **sides, **card}) == {
        "id": "tu_1",
        "at": "2026-11-23T10:00:00.000Z",
        "date": TODAY,
        "kind": "top_up_paid",
        "category": "top_up",
        "amount": "25.00",
        "description": description,
        "recorded_at": "r",
        "debit": "card_payments",
        "credit": "customer_credit",
    }


def test_the_balance_shows_the_state_of_automatic_recharge_beside_it() -> None:
    balance = Balance(-5, held_micros=7, available_micros=-12, updated_at="2026-11-23T12:00:00.000Z")
    recharge = {"enabled": False, "status": "disabled"}
    account = Account("acct_1", "USD", "America/New_York", "open", ())
    assert balance_view(account, balance, recharge) == {
        "account_id": "acct_1",
        "currency": "USD",
        "time_zone": "America/New_York",
        "status": "open",
        "frozen": False,
        "balance": "-0.000005",
        "held": "0.000007",
        "available": "-0.000012",
        "auto_recharge": recharge,
        "included_minutes": [],
        "expiring": [],
        "updated_at": "2026-11-23T12:00:00.000Z",
    }
