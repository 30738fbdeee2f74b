"""Single cells of rate sheets: codes, prices, dates, increments, and change markers."""

from datetime import date
from decimal import Decimal

import pytest

from ops.rate_sheets.amounts import COMMA, POINT, parse_amount
from ops.rate_sheets.cells import NumberText, number_text
from ops.rate_sheets.changes import Change, change_of
from ops.rate_sheets.codes import JOIN, LIST, RANGE, THOUSANDS, CodeReader, covering
from ops.rate_sheets.dates import parse_day
from ops.rate_sheets.increments import parse_increments
from ops.rate_sheets.notes import CellError
from ops.rate_sheets.prices import rate_micros
from ops.rate_sheets.rate_map import PriceRules

FIRST_TEN = [f"44740{digit}" for digit in range(10)]


@pytest.mark.parametrize(
    ("text", "dash", "comma", "country", "codes"),
    [
        ("93", RANGE, LIST, "", ["93"]),
        ("93.0", RANGE, LIST, "", ["93"]),
        ("+93", RANGE, LIST, "", ["93"]),
        ("0093 70", RANGE, LIST, "", ["9370"]),
        ("011 93", RANGE, LIST, "", ["93"]),
        ("1 (876)", RANGE, LIST, "", ["1876"]),
        ("9370 9379", RANGE, LIST, "", ["9370", "9379"]),
        ("6, 7", RANGE, LIST, "", ["6", "7"]),
        ("9370;9371/9372|9373\n9374", RANGE, LIST, "", ["9370", "9371", "9372", "9373", "9374"]),
        ("447400-447409", RANGE, LIST, "", FIRST_TEN),
        ("447400 \u2013 447409".replace("\u2013", "-"), RANGE, LIST, "", FIRST_TEN),
        ("93-76", JOIN, LIST, "", ["9376"]),
        ("93-70, 79", JOIN, LIST, "", ["9370", "9379"]),
        ("70, 79", RANGE, LIST, "93", ["9370", "9379"]),
        ("", RANGE, LIST, "93", ["93"]),
        ("70-72", RANGE, LIST, "93", ["9370", "9371", "9372"]),
        ("011", RANGE, LIST, "39", ["39011"]),
        ("020", RANGE, LIST, "44", ["4420"]),
        ("077-079", RANGE, LIST, "44", ["4477", "4478", "4479"]),
        ("44077-44079", RANGE, LIST, "", ["4477", "4478", "4479"]),
        ("+44 (0)7400", RANGE, LIST, "", ["447400"]),
        ("44-07400", JOIN, LIST, "", ["447400"]),
        ("01-03", RANGE, LIST, "225", ["22501", "22502", "22503"]),
        ("Proper", RANGE, LIST, "93", ["93"]),
        ("0", RANGE, LIST, "93", ["93"]),
        ("0", RANGE, LIST, "39", ["390"]),
        ("9,370", RANGE, THOUSANDS, "", ["9370"]),
        ("4474000000-4474999999", RANGE, LIST, "", ["4474"]),
    ],
)  # fmt: skip
def test_a_cell_gives_its_codes(text: str, dash: str, comma: str, country: str, codes: list[str]) -> None:
    assert CodeReader(dash, comma).codes(text, country) == codes


@pytest.mark.parametrize(
    ("text", "dash", "problem"),
    [
        ("9.37E+11", RANGE, "shortened"),
        ("2026-12-01", RANGE, "date"),
        ("1-Feb", RANGE, "date"),
        ("44740-447409", RANGE, "different lengths"),
        ("447409-447400", RANGE, "before it begins"),
        ("93-76", RANGE, "before it begins"),
        ("447400-447409", JOIN, "no country code"),
        ("93x", RANGE, "no code"),
        ("93.7", RANGE, "no code"),
        ("093", RANGE, "country code is missing"),
        ("1234567890123456", RANGE, "15 digits"),
        ("#FORMULA", RANGE, "no code"),
    ],
)
def test_an_unreadable_code_is_refused_with_its_reason(text: str, dash: str, problem: str) -> None:
    with pytest.raises(CellError, match=problem):
        CodeReader(dash).codes(text)


def test_a_range_is_covered_by_the_fewest_prefixes() -> None:
    assert covering("4470000", "4479999") == ["447"]
    assert covering("44799", "44812") == ["44799", "4480", "44810", "44811", "44812"]


@pytest.mark.parametrize(
    ("text", "decimal", "amount"),
    [
        ("0.0415", POINT, "0.0415"),
        ("$0.05", POINT, "0.05"),
        ("US$ 0.05", POINT, "0.05"),
        ("0.05 USD/min", POINT, "0.05"),
        (".5", POINT, "0.5"),
        ("1.5E-2", POINT, "0.015"),
        ("1,234.5", POINT, "1234.5"),
        ("0,0415", COMMA, "0.0415"),
        ("1.234,5", COMMA, "1234.5"),
        (NumberText("0.0415"), COMMA, "0.0415"),
        (number_text(0.1 + 0.2), POINT, "0.3"),
        ("", POINT, None),
        ("N/A", POINT, None),
        ("TBD", POINT, None),
        ("#N/A", POINT, None),
    ],
)
def test_a_price_is_an_exact_decimal(text: str, decimal: str, amount: str | None) -> None:
    assert parse_amount(text, decimal) == (None if amount is None else Decimal(amount))


@pytest.mark.parametrize(
    ("text", "decimal", "problem"),
    [
        ("0,0415", POINT, "comma"),
        ("0,041", POINT, "comma"),
        ("0.0415", COMMA, "point"),
        ("€0.05", POINT, "€"),
        ("0.05 EUR", POINT, "EUR"),
        ("A$0.05", POINT, "A\\$"),
        ("5¢", POINT, "cents"),
        ("-0.05", POINT, "negative"),
        ("0.05*", POINT, "no price"),
        ("0..5", POINT, "no price"),
        ("#FORMULA", POINT, "formula"),
    ],
)
def test_an_unreadable_price_is_refused_with_its_reason(text: str, decimal: str, problem: str) -> None:
    with pytest.raises(CellError, match=problem):
        parse_amount(text, decimal)


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("2026-12-01", ""),
        ("2026/12/1", ""),
        ("20261201", ""),
        ("46357", ""),
        ("1-Dec-26", ""),
        ("01 December 2026", ""),
        ("December 1st, 2026", ""),
        ("Tue, 1 Dec 2026", ""),
        ("2026-12-01 00:00:00", ""),
        ("01/12/2026", "DMY"),
        ("01.12.26 00:00 GMT", "DMY"),
        ("12/01/2026", "MDY"),
    ],
)
def test_a_date_is_read_in_many_forms(text: str, order: str) -> None:
    assert parse_day(text, order) == date(2026, 12, 1)


@pytest.mark.parametrize(
    ("text", "order"), [("01/12/2026", ""), ("31/02/2026", "DMY"), ("13/12/2026", "MDY"), ("soon", "")]
)
def test_an_ambiguous_or_impossible_date_is_refused(text: str, order: str) -> None:
    with pytest.raises(CellError):
        parse_day(text, order)


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("60/60", (60, 60)),
        ("30 / 6", (30, 6)),
        ("1/1", (1, 1)),
        ("60+1", (60, 1)),
        ("60", (60, 60)),
        ("per second", (1, 1)),
        ("2026-01-01", (1, 1)),
        ("30-Jun", (30, 6)),
    ],
)
def test_increments_are_read_even_if_a_spreadsheet_made_dates(text: str, pair: tuple[int, int]) -> None:
    assert parse_increments(text) == pair


@pytest.mark.parametrize("text", ["2026-06-01", "60/0", "60/7200", "often"])
def test_increments_that_may_mean_several_pairs_are_refused(text: str) -> None:
    with pytest.raises(CellError):
        parse_increments(text)


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("New", Change.NEW),
        ("NEW CODE", Change.NEW),
        ("Increase", Change.INCREASE),
        ("INC", Change.INCREASE),
        ("Dec.", Change.DECREASE),
        ("DEL", Change.CLOSED),
        ("Rate Decrease", Change.DECREASE),
        ("No change", Change.UNCHANGED),
        ("", Change.UNCHANGED),
        ("CLOSED", Change.CLOSED),
        ("Deleted", Change.CLOSED),
        ("Code removed", Change.CLOSED),
        ("Reopened", Change.NEW),
        ("D", None),
    ],
)
def test_a_marker_is_understood_or_refused(text: str, change: Change | None) -> None:
    assert change_of(text) is change


@pytest.mark.parametrize(("rate", "micros"), [("0.0415", 46_065), ("0.1", 111_000), ("0.00000001", 1)])
def test_a_markup_is_exact_and_rounds_up(rate: str, micros: int) -> None:
    assert rate_micros(Decimal(rate), PriceRules(markup_percent=Decimal(11))) == micros


def test_a_rate_is_rounded_up_to_the_step_and_at_least_the_floor() -> None:
    rules = PriceRules(Decimal("12.5"), floor=Decimal("0.01"), round_up_to=Decimal("0.0005"))
    assert rate_micros(Decimal("0.0415"), rules) == 47_000
    assert rate_micros(Decimal("0.001"), rules) == 10_000
