"""Broken sheets: each refusal names sheet, row, and column, and no file leads to another exception."""

import os
import random
import re
import zipfile
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.rate_sheets.map_values import MapError
from ops.rate_sheets.notes import SheetRefusedError
from ops.rate_sheets.rate_map import parse_map
from tests.domain.rate_sheet_examples import MAP, OLD_WORKBOOK, Formula, Page, imported, proposed, table, workbook

PLACE = re.compile(r'sheet ".+", row [1-9][0-9]*, column [A-Z]{1,3}( \(.+\))?: .+\.', re.DOTALL)
HEADER = "Code,Destination,Rate\n"
CELLS = st.one_of(
    st.sampled_from(
        [
            "93",
            "9.37E+11",
            "93-76",
            "447400-447409",
            "6, 7",
            "#N/A",
            "N/A",
            "TBD",
            "0,05",
            "0.05",
            "$0.05",
            "€1",
            "Closed",
            "New",
            "60/60",
            "01/02/2026",
            "'",
            '"',
            ";",
            "\x00",
            "2026-13-45",
            "1/1",
            "Code",
            "Rate",
            "Destination",
            "99999999999999999999",
            "-1",
            "1e999",
            "nan",
            "٣",
        ]
    ),
    st.text(max_size=12),
    st.integers(-10, 10**16).map(str),
    st.floats().map(str),
)
EXAMPLES = int(os.environ.get("HYPOTHESIS_EXAMPLES", "60"))


def check_refusal(error: SheetRefusedError) -> None:
    """Check that each reason has its place and says something."""
    assert error.reasons
    for line in (f"{place}: {reason}" for place, reason in error.reasons):
        assert PLACE.fullmatch(line), line


def try_file(data: bytes, rate_map: str = MAP) -> None:
    """Inspect and import a file; it may only be refused."""
    for attempt in (lambda: proposed(data), lambda: imported(data, rate_map), lambda: imported(data, proposed(data))):
        try:
            attempt()
        except SheetRefusedError as error:
            check_refusal(error)
        except MapError as error:
            assert str(error)  # noqa: PT017 - the proposal leaves a decision open


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (HEADER + "93,Afghanistan,0.2\n9.37E+11,Afghanistan,0.3\n", 'sheet "carrier.csv", row 3, column A (Code)'),
        (HEADER + '93,Afghanistan,"0,2"\n', 'sheet "carrier.csv", row 2, column C (Rate)'),
        (HEADER + "93,Afghanistan,€0.2\n", 'sheet "carrier.csv", row 2, column C (Rate)'),
        (HEADER + "44740-447409,UK,0.2\n", 'sheet "carrier.csv", row 2, column A (Code)'),
        (HEADER + "93,Afghanistan,1001\n", 'sheet "carrier.csv", row 2, column C (Rate)'),
        ("Prefix,Name,Price\n93,Afghanistan,0.2\n", 'sheet "carrier.csv", row 1, column A'),
        ("All rates in EUR\n" + HEADER + "93,Afghanistan,0.2\n", 'sheet "carrier.csv", row 1, column A'),
        (HEADER, 'sheet "carrier.csv", row 2, column A (Code)'),
        (HEADER + '93,"Afghanistan,0.2\n' + "x" * 5000, 'sheet "carrier.csv", row 2, column B'),
    ],
)
def test_a_refusal_names_sheet_row_and_column(text: str, place: str) -> None:
    with pytest.raises(SheetRefusedError) as raised:
        imported(text)
    check_refusal(raised.value)
    assert str(raised.value).startswith(place)


def test_every_unreadable_cell_is_named_at_once() -> None:
    text = HEADER + "9x,Afghanistan,0.2\n355,Albania,0.1.2\n356,Malta,0.1\n"
    with pytest.raises(SheetRefusedError) as raised:
        imported(text)
    assert [(place.row, place.column) for place, _ in raised.value.reasons] == [(2, 0), (3, 2)]
    assert imported(text, f'unreadable = "skip"\n{MAP}').rates() == {"356": 100_000}


def test_a_column_that_mixes_joins_and_ranges_is_refused() -> None:
    data = (HEADER + "93-70,Afghanistan,0.2\n447400-447409,UK,0.1\n").encode()
    assert 'dash = ""  # decide: "93-70" joins codes and "447400-447409" is a range' in proposed(data)
    for dash in ("join", "range"):
        with pytest.raises(SheetRefusedError, match=r"row [23], column A"):
            imported(data, f'dash = "{dash}"\n{MAP}')


def test_a_formula_without_a_stored_result_is_refused() -> None:
    data = table(["Code", "Destination", "Rate"], [93, "Afghanistan", Formula("0.1*2")])
    with pytest.raises(SheetRefusedError, match=r"row 2, column C \(Rate\): The cell has a formula"):
        imported(data)


def test_a_rule_by_name_that_matches_nothing_is_refused() -> None:
    rules = MAP + '[increments.rules]\n"Mexico" = "60/60"\n"Atlantis" = "1/1"\n'
    with pytest.raises(SheetRefusedError, match='The rule "Atlantis"'):
        imported(HEADER + "52,Mexico,0.01\n", rules)


def test_two_columns_with_one_header_are_named_by_their_letters() -> None:
    text = "Code,Destination,Rate,Rate\n93,Afghanistan,0.2,0.3\n"
    with pytest.raises(SheetRefusedError, match=r"row 1, column D \(Rate\): The columns C and D"):
        imported(text)
    assert imported(text, MAP.replace('"Rate"', '"Rate (column C)"')).rates() == {"93": 200_000}


def test_a_sheet_that_the_map_does_not_name_is_refused() -> None:
    pages = [Page(name, [["Code", "Destination", "Rate"], [93, "Afghanistan", 0.2]]) for name in ("Rates 1", "Rates 2")]
    data = workbook(*pages)
    for rate_map, problem in (
        (MAP, "several sheets"),
        (f'sheet = "Rates*"\n{MAP}', "Several sheets have"),
        (f'sheet = "X"\n{MAP}', "No sheet has"),
    ):
        with pytest.raises(SheetRefusedError, match=problem):
            imported(data, rate_map)
    assert imported(data, f'sheet = "rates 2"\n{MAP}').rates() == {"93": 200_000}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 100,
        b"%PDF-1.7",
        b"\x1f\x8bxx",
        b"PK\x03\x04",
        b"\xd0\xcf\x11\xe0" + b"0" * 600,
        b"\xff\xfex",
        b"<html><table><tr><td>93</td></tr></table></html>",
        bytes(range(256)) * 20,
        b"sep=;\n",
        b'"' * 1000,
    ],
)
def test_a_file_of_another_kind_is_refused(data: bytes) -> None:
    with pytest.raises(SheetRefusedError) as raised:
        proposed(data)
    check_refusal(raised.value)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(st.lists(CELLS, max_size=5), max_size=12), st.sampled_from(",;\t"), st.booleans())
def test_no_table_of_odd_cells_ends_in_another_exception(
    rows: list[list[str]], separator: str, has_header: bool
) -> None:
    lines = [separator.join(row) for row in rows]
    text = "\n".join(["Code,Destination,Rate".replace(",", separator), *lines] if has_header else lines)
    try_file(text.encode("utf-8", "surrogatepass"))


def test_no_damaged_workbook_ends_in_another_exception() -> None:
    whole = table(["Code", "Destination", "Rate"], [93, "Afghanistan", 0.2], [355, "Albania", Formula("1+1", 2.0)])
    chance = random.Random(17)
    for _ in range(EXAMPLES):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 8)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try_file(bytes(data[: chance.choice([len(data), len(data), chance.randrange(len(data))])]))
    with zipfile.ZipFile(BytesIO(whole)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for _ in range(EXAMPLES):
        damaged, name = BytesIO(), chance.choice(list(parts))
        part = bytearray(parts[name])
        for _ in range(chance.randint(1, 4)):
            part[chance.randrange(len(part))] = chance.choice(b'0123456789<>"/= azAZ-')
        with zipfile.ZipFile(damaged, "w") as archive:
            for other, content in parts.items():
                archive.writestr(other, bytes(part) if other == name else content)
        try_file(damaged.getvalue())


def test_no_damaged_xls_file_ends_in_another_exception(capfd: pytest.CaptureFixture[str]) -> None:
    whole, chance = OLD_WORKBOOK.read_bytes(), random.Random(17)
    for _ in range(EXAMPLES):
        data = bytearray(whole)
        for _ in range(chance.choice([0, 8, 40])):
            data[chance.randrange(8, len(data))] = chance.randrange(256)
        try_file(bytes(data[: chance.choice([len(data), chance.randrange(9, len(data))])]))
    assert capfd.readouterr().err == ""
    with pytest.raises(SheetRefusedError, match="do not fit together"):
        proposed(whole[:4100])


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("currency = EUR", "TOML"),
        ('currency = "EUR"', "currency"),
        ('currency = "USD"', "columns.code"),
        (MAP.replace("code =", "kode ="), "kode"),
        (f'decimal = ";"\n{MAP}', "decimal"),
        (f'sheets = "x"\n{MAP}', "sheets"),
        (f'effective_from = "soon"\n{MAP}', "effective_from"),
        (MAP + '[price]\nmarkup_percent = "2000"\n', "markup"),
        (MAP + "[increments]\ndefault = 60\n", "increments.default"),
        (MAP + '[origins]\n"EEA" = ["Europe"]\n', "origins.EEA"),
    ],
)
def test_a_wrong_map_is_refused_with_its_key(text: str, key: str) -> None:
    with pytest.raises(MapError, match=key):
        parse_map(text)
