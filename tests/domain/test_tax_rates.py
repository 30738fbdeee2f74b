"""The table of tax rates: the whole file is right or nothing of it is used, and the latest row in force decides."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.tax.rates import TaxTableError, format_rate, needless_rows, parse_rate, parse_tax_table

HEADER = "country,region,rate_percent,effective_from\n"
TABLE = (
    HEADER
    + "US,*,0,2026-01-01\n"
    + "US,NY,8.875,2026-01-01\n"
    + "US,NY,9,2026-12-01T05:00:00Z\n"
    + "GB,*,20,2026-01-01\n"
    + "FR,*,20,2027-01-01\n"
)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def faults_of(text: str) -> list[str]:
    """The faults of a table."""
    with pytest.raises(TaxTableError) as refused:
        parse_tax_table(text.encode())
    return refused.value.faults


@pytest.mark.parametrize(
    ("country", "region", "at", "percent"),
    [
        ("US", "NY", NOW, "8.875"),
        ("US", "NY", datetime(2026, 12, 1, 4, 59, 59, tzinfo=UTC), "8.875"),
        ("US", "NY", datetime(2026, 12, 1, 5, tzinfo=UTC), "9"),
        ("US", "CA", NOW, "0"),
        ("US", None, NOW, "0"),
        ("GB", "ENG", NOW, "20"),
        ("FR", None, NOW, None),
        ("DE", None, NOW, None),
        ("US", "NY", datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC), None),
    ],
)
def test_the_latest_row_in_force_decides(country: str, region: str | None, at: datetime, percent: str | None) -> None:
    rate = parse_tax_table(TABLE.encode()).rate(country, region, at)
    assert (None if rate is None else format_rate(rate)) == percent


def test_a_table_of_a_spreadsheet_program_is_read() -> None:
    text = "\ufeff" + TABLE.replace("\n", "\r\n") + "\r\n"
    assert parse_tax_table(text.encode()).rates == parse_tax_table(TABLE.encode()).rates


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "The first line must be"),
        ("country,region,rate,effective_from\nGB,*,20,2026-01-01\n", "The first line must be"),
        (HEADER, "The table has no rates."),
        (HEADER + "UK,*,20,2026-01-01\n", "Line 2: 'UK' is no ISO 3166 country"),
        (HEADER + "001,*,20,2026-01-01\n", "Line 2: '001' is no ISO 3166 country"),
        (HEADER + "US,New York,20,2026-01-01\n", "Line 2: 'New York' is neither"),
        (HEADER + "US,,20,2026-01-01\n", "Line 2: '' is neither"),
        (HEADER + "US,ny,20,2026-01-01\n", "Line 2: 'ny' is neither"),
        (HEADER + "US,*,20 %,2026-01-01\n", "Line 2: '20 %' is no percentage"),
        (HEADER + "US,*,8.87555,2026-01-01\n", "Line 2: '8.87555' is no percentage"),
        (HEADER + "US,*,-1,2026-01-01\n", "Line 2: '-1' is no percentage"),
        (HEADER + "US,*,100.0001,2026-01-01\n", "Line 2: '100.0001' is no percentage"),
        (HEADER + "US,*,20,01.01.2026\n", "Line 2: '01.01.2026' is neither a date"),
        (HEADER + "US,*,20,2026-01-01T00:00:00\n", "Line 2: '2026-01-01T00:00:00' is neither a date"),
        (HEADER + "US,*,20,2026-02-30\n", "Line 2: '2026-02-30' is neither a date"),
        (HEADER + "US,*,20\n", "Line 2: it has 3 cells instead of 4."),
        (TABLE + "GB,*,21,2026-01-01T00:00:00Z\n", "Line 7: GB,* has two rates from 2026-01-01T00:00:00Z."),
        (HEADER + 'GB,*,"20,2026-01-01\n', "The file is no CSV"),
    ],
)
def test_a_wrong_table_is_refused_as_a_whole(text: str, fault: str) -> None:
    assert any(found.startswith(fault) for found in faults_of(text)), faults_of(text)


def test_a_row_for_a_region_that_does_not_exist_is_named() -> None:
    rows = "US,NYC,20,2026-01-01\nCA,NY,20,2026-01-01\nGB,ENG,20,2026-01-01\nCA,QC,15,2026-01-01\nUS,*,0,2026-01-01\n"
    found = needless_rows(parse_tax_table((HEADER + rows).encode()))
    assert [words.split()[0] for words in found] == ["CA,NY", "US,NYC"]


def test_other_files_are_refused() -> None:
    with pytest.raises(TaxTableError):
        parse_tax_table(b"\xff\xfe\x00")
    with pytest.raises(TaxTableError):
        parse_tax_table(b"x" * 1_000_001)


def test_a_refusal_names_each_fault_up_to_a_number() -> None:
    assert faults_of(HEADER + "UK,x,a,b\n" + "GB,*,20,never\n")[0].startswith("Line 2: 'UK'")
    assert len(faults_of(HEADER + "UK,x,a,b\n" * 50)) == 20


@given(st.integers(0, 1_000_000))
def test_a_rate_round_trips_as_text(rate: int) -> None:
    assert parse_rate(format_rate(rate)) == rate
