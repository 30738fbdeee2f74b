"""Money is parsed from and formatted as decimal strings exactly; other values are refused."""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.errors import InvalidValue
from calling_credit.money import MICROS_PER_DOLLAR, format_money, parse_money

MAX_MICROS = 1_000_000_000 * MICROS_PER_DOLLAR - 1
micros = st.integers(-MAX_MICROS, MAX_MICROS)


@given(micros)
def test_formatted_money_parses_to_the_same_micros(amount: int) -> None:
    assert parse_money(format_money(amount)) == amount


@given(micros)
def test_formatted_money_is_the_exact_amount(amount: int) -> None:
    assert Decimal(format_money(amount)) == Decimal(amount).scaleb(-6)


@given(micros)
def test_formatted_money_has_two_to_six_decimals(amount: int) -> None:
    fraction = format_money(amount).partition(".")[2]
    assert 2 <= len(fraction) <= 6
    assert len(fraction) == 2 or not fraction.endswith("0")


@given(st.decimals(min_value=-999_999_999, max_value=999_999_999, places=6))
def test_a_decimal_of_up_to_six_places_parses_exactly(amount: Decimal) -> None:
    assert parse_money(f"{amount:.6f}") == int(amount.scaleb(6))


@given(st.text() | st.text("-.0123456789", max_size=12))
def test_any_text_parses_exactly_or_is_refused(text: str) -> None:
    if re.fullmatch(r"-?(0|[1-9][0-9]{0,8})(\.[0-9]{1,6})?", text):
        assert parse_money(text) == Decimal(text).scaleb(6)
    else:
        with pytest.raises(InvalidValue):
            parse_money(text)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("0", 0),
        ("-0", 0),
        ("-5", -5_000_000),
        ("25", 25_000_000),
        ("25.00", 25_000_000),
        ("0.0123", 12_300),
        ("-0.0123", -12_300),
        ("0.000001", 1),
        ("999999999.999999", 999_999_999_999_999),
    ],
)
def test_valid_amounts_are_accepted(text: str, amount: int) -> None:
    assert parse_money(text) == amount


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        ".5",
        "5.",
        "05",
        "00",
        "+5",
        "--5",
        " 5",
        "5 ",
        "5\n",
        "1e3",
        "1E3",
        "0x10",
        "1_000",
        "1,000.00",
        "1,5",
        "$5",
        "NaN",
        "nan",
        "Infinity",
        "-",
        "\uff12\uff15",
        "٢٥",
        "0.0000001",
        "1000000000",
        "9" * 400,
        "5\ud800",
        25,
        25.0,
        0,
        True,
        None,
        [],
        {},
    ],
    ids=ascii,
)
def test_invalid_amounts_are_rejected(text: object) -> None:
    with pytest.raises(InvalidValue, match=r"amount must be a decimal string") as refused:
        parse_money(text)
    assert refused.value.code == "invalid_amount"


@pytest.mark.parametrize(("text", "decimals"), [("25.001", 2), ("25.000", 2), ("0.00001", 4), ("0.5", 0)])
def test_too_many_decimals_are_refused(text: str, decimals: int) -> None:
    with pytest.raises(InvalidValue, match=f"price .* at most {decimals} decimals"):
        parse_money(text, field="price", decimals=decimals)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "0.00"),
        (25_000_000, "25.00"),
        (12_300, "0.0123"),
        (-1, "-0.000001"),
        (-12_500_000, "-12.50"),
        (10**15, "1000000000.00"),
    ],
)
def test_amounts_are_formatted(amount: int, text: str) -> None:
    assert format_money(amount) == text
