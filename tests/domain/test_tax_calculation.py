"""The tax on credit is rounded half up to the cent, and the most credit that money buys is exact."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.errors import Conflict
from calling_credit.money import format_money, parse_money
from calling_credit.tax.calculation import NO_TAX, Taxation, tax_view
from calling_credit.tax.rates import parse_rate

CENT = 10_000
NETS = st.integers(1, 1_000_000).map(lambda cents: cents * CENT)
RATES = st.integers(0, 1_000_000)


def at(percent: str) -> Taxation:
    """The taxation with this rate."""
    return Taxation(is_due=True, rate=parse_rate(percent))


@pytest.mark.parametrize(
    ("net", "percent", "tax"),
    [
        ("86.96", "15", "13.04"),
        ("10.00", "8.875", "0.89"),
        ("10.00", "8.85", "0.89"),
        ("10.00", "8.8499", "0.88"),
        ("0.01", "49.9999", "0.00"),
        ("0.01", "50", "0.01"),
        ("5.00", "0", "0.00"),
        ("500.00", "100", "500.00"),
    ],
)
def test_tax_is_rounded_half_up_to_the_cent(net: str, percent: str, tax: str) -> None:
    assert format_money(at(percent).tax_micros(parse_money(net))) == tax


def test_a_hundred_dollars_include_the_tax_of_fifteen_percent() -> None:
    assert at("15").gross_micros(parse_money("86.96")) == parse_money("100.00")


@given(NETS, RATES)
def test_tax_is_that_of_exact_decimals(net: int, rate: int) -> None:
    exact = (Decimal(net) / 1_000_000 * rate / 1_000_000).quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert Taxation(is_due=True, rate=rate).tax_micros(net) == int(exact * 1_000_000)


@given(st.integers(0, 2_000_000).map(lambda cents: cents * CENT), NETS, RATES)
def test_the_largest_net_is_the_last_multiple_that_fits(gross: int, step: int, rate: int) -> None:
    tax = Taxation(is_due=True, rate=rate)
    net = tax.largest_net(gross, step)
    assert net % step == 0
    assert net == 0 or tax.gross_micros(net) <= gross
    assert tax.gross_micros(net + step) > gross


def test_without_tax_the_card_pays_the_credit() -> None:
    assert (NO_TAX.tax_micros(25_000_000), NO_TAX.gross_micros(25_000_000), NO_TAX.percent) == (0, 25_000_000, None)
    assert NO_TAX.largest_net(59_000_000, 25_000_000) == 50_000_000
    assert tax_view(NO_TAX) is None


def test_without_a_calculation_nothing_can_be_charged() -> None:
    unknown = Taxation(is_due=True, billing="{}")
    for calculate in (unknown.tax_micros, unknown.gross_micros):
        with pytest.raises(Conflict, match="tax_unavailable"):
            calculate(25_000_000)
    with pytest.raises(Conflict, match="tax_unavailable"):
        unknown.require()
    assert tax_view(unknown) == {"percent": None, "reason": "tax_unavailable"}
    assert (unknown.untaxed.is_available, unknown.untaxed.billing) == (True, "{}")


def test_a_rate_of_zero_is_a_calculation() -> None:
    assert (at("0").is_available, at("0").percent) == (True, "0")
    assert tax_view(at("8.875")) == {"percent": "8.875", "reason": None}
