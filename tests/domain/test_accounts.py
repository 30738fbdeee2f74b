"""Operator requests for accounts, lines, users, and adjustments, merged with stored values or refused."""

from collections.abc import Callable
from typing import Any

import pytest

from calling_credit.accounts.account import (
    Account,
    Line,
    account_view,
    line_view,
    parse_account,
    parse_switch,
)
from calling_credit.accounts.line_number import parse_line
from calling_credit.accounts.user import User, parse_user
from calling_credit.errors import InvalidValue
from calling_credit.ids import check_id
from calling_credit.ledger.adjustments import Adjustment, parse_adjustment

LINE = Line("line_1", "+14155550100", "user_1", international_calling=True)
ACCOUNT = Account("acct_1", "USD", "America/New_York", "closed", ("a@example.com",))
NOT_TEXT = ["", "  ", "x" * 300, "a\nb", "a\0", "\ud800", "\u202e", 5, True, [], {}]


def assert_refused(code: str, read: Callable[[], object]) -> None:
    with pytest.raises(InvalidValue) as refused:
        read()
    assert refused.value.code == code
    assert refused.value.detail.endswith(".")


@pytest.mark.parametrize("value", ["a", "acct_1", "A.b:c@d+e-f", "9" * 64])
def test_valid_ids_are_accepted(value: str) -> None:
    assert check_id(value, "account_id") == value


@pytest.mark.parametrize("value", ["", "_a", "a b", "a#b", "a/b", "a\n", "é", "\ud800", "a" * 65], ids=ascii)
def test_invalid_ids_are_rejected(value: str) -> None:
    assert_refused("invalid_id", lambda: check_id(value, "account_id"))


# --- Accounts ---------------------------------------------------------------------------------------------------------


def test_a_new_account_is_open_and_in_dollars() -> None:
    new = parse_account("acct_1", {"time_zone": "Asia/Kolkata"}, None)
    assert new == Account("acct_1", "USD", "Asia/Kolkata", "open", (), admission=True)


def test_an_account_update_changes_only_the_given_fields() -> None:
    assert parse_account("acct_1", {}, ACCOUNT) == ACCOUNT
    changed = parse_account("acct_1", {"status": "open", "billing_emails": []}, ACCOUNT)
    assert changed == Account("acct_1", "USD", "America/New_York", "open", ())


def test_unknown_fields_are_ignored() -> None:
    assert parse_account("acct_1", {"balance": "1000000.00", "account_id": "acct_2"}, ACCOUNT) == ACCOUNT


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"currency": "EUR"}, "unsupported_currency"),
        ({"currency": None}, "unsupported_currency"),
        ({"currency": {}}, "unsupported_currency"),
        ({"time_zone": "Mars/Olympus"}, "invalid_time_zone"),
        ({"time_zone": "../../etc/passwd"}, "invalid_time_zone"),
        ({"time_zone": None}, "invalid_time_zone"),
        ({"time_zone": 5}, "invalid_time_zone"),
        ({"status": "deleted"}, "invalid_status"),
        ({"status": []}, "invalid_status"),
        ({"status": None}, "invalid_status"),
        ({"billing_emails": "a@example.com"}, "invalid_email"),
        ({"billing_emails": None}, "invalid_email"),
        ({"low_balance": 5}, "invalid_amount"),
        ({"low_balance": "5.001"}, "invalid_amount"),
        ({"low_balance": "-0.01"}, "amount_out_of_range"),
        ({"low_balance": "10000.01"}, "amount_out_of_range"),
        ({"billing_emails": ["a"]}, "invalid_email"),
        ({"billing_emails": ["a b@example.com"]}, "invalid_email"),
        ({"billing_emails": ["jürgen@example.com"]}, "invalid_email"),
        ({"billing_emails": ["a@b@c"]}, "invalid_email"),
        ({"billing_emails": ["a@example.com\n"]}, "invalid_email"),
        ({"billing_emails": ["a@\ud800"]}, "invalid_email"),
        ({"billing_emails": ["a\0@example.com"]}, "invalid_email"),
        ({"billing_emails": [5]}, "invalid_email"),
        ({"billing_emails": ["a@example.com"] * 11}, "invalid_email"),
        ({"billing_emails": ["a" * 65 + "@example.com"]}, "invalid_email"),
    ],
    ids=ascii,
)
def test_invalid_account_settings_are_refused(body: dict[str, Any], code: str) -> None:
    assert_refused(code, lambda: parse_account("acct_1", body, ACCOUNT))


def test_the_low_balance_level_is_set_kept_and_removed() -> None:
    levelled = parse_account("acct_1", {"low_balance": "5.00"}, ACCOUNT)
    assert levelled.low_micros == 5_000_000
    assert account_view(levelled)["low_balance"] == "5.00"
    assert parse_account("acct_1", {"status": "closed"}, levelled) == levelled
    assert parse_account("acct_1", {"low_balance": None}, levelled) == ACCOUNT
    assert "low_balance" not in account_view(ACCOUNT)


def test_an_invalid_account_id_is_refused() -> None:
    assert_refused("invalid_id", lambda: parse_account("a b", {}, None))


# --- Lines ------------------------------------------------------------------------------------------------------------


def test_international_calling_of_a_new_line_is_off() -> None:
    body = {"number": "+14155550100", "user_id": "user_1"}
    assert parse_line("line_1", body, None) == Line("line_1", "+14155550100", "user_1", international_calling=False)


def test_a_line_update_changes_only_the_given_fields() -> None:
    assert parse_line("line_1", {}, LINE) == LINE
    assert parse_line("line_1", {"user_id": "user_2"}, LINE) == Line(
        "line_1", "+14155550100", "user_2", international_calling=True
    )
    assert not parse_line("line_1", {"international_calling": False}, LINE).international_calling


@pytest.mark.parametrize("number", ["+14165550100", "+16045550100", "+18005550100", "+12125550100"])
def test_a_line_may_have_a_us_or_canadian_number(number: str) -> None:
    assert parse_line("line_1", {"number": number, "user_id": "user_1"}, None).number == number


@pytest.mark.parametrize(
    "number", ["+17875550100", "+19395550100", "+18765550100", "+16585550100", "+442071838750", "+870773111632"]
)
def test_a_line_may_not_have_a_foreign_number(number: str) -> None:
    body = {"number": number, "user_id": "user_1"}
    with pytest.raises(InvalidValue) as refused:
        parse_line("line_1", body, None)
    assert refused.value.code in ("foreign_number", "invalid_number")
    if number in ("+17875550100", "+18765550100", "+442071838750"):
        assert refused.value.code == "foreign_number"


@pytest.mark.parametrize(
    "number", ["4155550100", "+1415555010", "+14155550100 ", "911", "+19995550100", "tel:+14155550100"]
)
def test_an_invalid_line_number_is_refused(number: str) -> None:
    code = "invalid_number" if len(number) <= 16 else "invalid_field"
    assert_refused(code, lambda: parse_line("line_1", {"number": number, "user_id": "user_1"}, None))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"user_id": "user_1"}, "missing_field"),
        ({"number": "+14155550100"}, "missing_field"),
        ({"number": None, "user_id": "user_1"}, "missing_field"),
        ({"number": "+14155550100", "user_id": "user 1"}, "invalid_id"),
        ({"number": "+14155550100", "user_id": 5}, "invalid_field"),
        ({"number": 14155550100, "user_id": "user_1"}, "invalid_field"),
    ],
    ids=str,
)
def test_a_line_without_a_required_field_is_refused(body: dict[str, Any], code: str) -> None:
    assert_refused(code, lambda: parse_line("line_1", body, None))


@pytest.mark.parametrize("value", ["true", 1, 0, [], {}])
def test_a_switch_accepts_only_true_or_false(value: object) -> None:
    assert_refused("invalid_field", lambda: parse_switch({"international_calling": value}))


@pytest.mark.parametrize("body", [{}, {"international_calling": None}])
def test_a_missing_switch_is_refused(body: dict[str, Any]) -> None:
    assert_refused("missing_field", lambda: parse_switch(body))


def test_a_line_is_shown_with_the_name_of_its_user() -> None:
    assert line_view(LINE, "Ada") == {
        "line_id": "line_1",
        "number": "+14155550100",
        "user": {"id": "user_1", "name": "Ada"},
        "international_calling": True,
        "version": 0,
    }


# --- Users ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Ada", "Ana María Ñ", "李雷", "x" * 120])
def test_a_user_has_a_name(name: str) -> None:
    assert parse_user("user_1", {"name": name}) == User("user_1", name)


@pytest.mark.parametrize("name", NOT_TEXT, ids=lambda value: ascii(value)[:20])
def test_an_unprintable_user_name_is_refused(name: object) -> None:
    assert_refused("invalid_field", lambda: parse_user("user_1", {"name": name}))


def test_a_user_without_a_name_is_refused() -> None:
    assert_refused("missing_field", lambda: parse_user("user_1", {}))


# --- Adjustments ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "micros"),
    [("25.00", 25_000_000), ("-2.5", -2_500_000), ("0.0001", 100), ("100000", 10**11), ("-100000.0000", -(10**11))],
)
def test_an_adjustment_has_a_signed_amount_and_a_reason(amount: str, micros: int) -> None:
    assert parse_adjustment({"amount": amount, "reason": "goodwill"}) == Adjustment(micros, "goodwill")


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ("0", "amount_out_of_range"),
        ("-0.00", "amount_out_of_range"),
        ("100000.0001", "amount_out_of_range"),
        ("-100000.0001", "amount_out_of_range"),
        ("0.00001", "invalid_amount"),
        ("1e3", "invalid_amount"),
        ("", "invalid_amount"),
        (25, "invalid_amount"),
        (25.5, "invalid_amount"),
        (None, "invalid_amount"),
        (True, "invalid_amount"),
    ],
)
def test_an_invalid_zero_or_excessive_amount_is_refused(amount: object, code: str) -> None:
    assert_refused(code, lambda: parse_adjustment({"amount": amount, "reason": "goodwill"}))


@pytest.mark.parametrize("reason", NOT_TEXT, ids=lambda value: ascii(value)[:20])
def test_an_unprintable_reason_is_refused(reason: object) -> None:
    assert_refused("invalid_field", lambda: parse_adjustment({"amount": "1", "reason": reason}))


@pytest.mark.parametrize("body", [{}, {"amount": "1"}, {"reason": "goodwill"}])
def test_an_adjustment_without_amount_or_reason_is_refused(body: dict[str, Any]) -> None:
    assert_refused("missing_field", lambda: parse_adjustment(body))
