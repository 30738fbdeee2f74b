"""Shapes of public rate sheets and of exports of other billing systems: nothing is taken for what it is not."""

from datetime import date

import pytest

from ops.rate_sheets.codes import JOIN, RANGE, CodeReader
from ops.rate_sheets.increments import parse_increments
from ops.rate_sheets.notes import CellError, SheetRefusedError
from tests.domain.rate_sheet_examples import MAP, Cell, ErrorValue, Formula, Page, imported, proposed, workbook


def as_proposed(text: str, **answers: str) -> str:
    """Return the proposed map, with the answers to what it leaves open."""
    rate_map = proposed(text.encode())
    for key, value in answers.items():
        rate_map = rate_map.replace(f'{key} = ""', f'{key} = "{value}"')
    return rate_map


@pytest.mark.parametrize("day", ["22/02/2010", "2010-02-22", "05/06/2014"])
@pytest.mark.parametrize("header", ["VALIDITY", "Applied"])
def test_dates_under_an_unknown_header_are_no_increments(day: str, header: str) -> None:
    text = f"CODES,DESTINATION,RATE,{header},COMMENT\n355,Albania,0.066,{day},decrease\n43,Austria,0.1,{day},decrease\n"
    rate_map = as_proposed(text, date_order="DMY")
    assert f'effective_from = "{header}"' in rate_map
    row = imported(text, rate_map).row("355")
    assert (row.minimum_seconds, row.increment_seconds) == (60, 60)
    assert row.effective_from[:4] == day.replace("/", "-")[-4:] or row.effective_from.startswith(day)


def test_a_date_is_no_triple_of_seconds() -> None:
    with pytest.raises(CellError, match="no billing increment"):
        parse_increments("22/02/2010")
    assert parse_increments("60/60/3600") == (60, 60)


@pytest.mark.parametrize("cell", ["1-5", "08:00", "20:00"])
def test_days_and_times_are_no_increments(cell: str) -> None:
    text = f"prefix;destination;rate;weekday\n7916;Moscow;0.1;{cell}\n355;Albania;0.2;{cell}\n"
    assert 'increments = "weekday"' not in proposed(text.encode())


@pytest.mark.parametrize("columns", ["Route Type,Comment", "Status,Comment", "Comment,Route Type"])
def test_the_column_that_closes_codes_is_the_marker(columns: str) -> None:
    cells = (("-", "Increase"), ("-", "Closed"), ("-", "No change"))
    text = f"Destination,Code,Rate,{columns}\n"
    for code, (first, second) in zip(("355", "43", "93"), cells, strict=True):
        both = (second, first) if columns.startswith("Comment") else (first, second)
        text += f"Name,{code},0.1,{','.join(both)}\n"
    rate_map = proposed(text.encode())
    assert 'change = "Comment"' in rate_map
    assert set(imported(text, rate_map).rates()) == {"355", "93"}


def test_a_second_column_of_markers_is_doubted() -> None:
    text = (
        "Code,Destination,Rate,Rate Change,Code Status\n355,Albania,0.1,Increase,New\n43,Austria,0.1,Decrease,Closed\n"
    )
    rate_map = proposed(text.encode())
    assert 'change = "Code Status"  # unsure: "Rate Change" has markers too' in rate_map


@pytest.mark.parametrize("header", ["COST ON CALL", "Charge at answer", "Scatto", "connect_fee", "Costo alla risposta"])
def test_a_fee_for_the_answer_is_a_connection_fee(header: str) -> None:
    text = f"LOCATION,PREFIX,RATE BY MINUTE,{header}\nAfghanistan,93,0.1175,0.01\nAlbania,355,0.2175,0.01\n"
    assert imported(text, proposed(text.encode())).row("93").connection_fee_micros == 10_000


@pytest.mark.parametrize("header", ["effective_to", "Effective Until", "Valid to", "active_till"])
def test_the_end_of_a_price_is_not_its_beginning(header: str) -> None:
    text = (
        f"prefix,destination,rate,{header},effective_from\n44,UK,0.01,,2026-10-01\n447,UK,0.02,2026-10-31,2026-10-01\n"
    )
    outcome = imported(text, proposed(text.encode()))
    assert outcome.rates() == {"44": 10_000}
    assert ("outdated", "447") in outcome.reasons()


def test_a_pair_of_seconds_may_lie_in_two_columns() -> None:
    text = "CODES,NAME,NEW RATE USD,BILLING TERMS,\n7840,Russia,0.1665,1,60\n355,Albania,0.1665,1,60\n"
    row = imported(text, proposed(text.encode())).row("355")
    assert (row.minimum_seconds, row.increment_seconds) == (1, 60)
    cells: list[list[Cell]] = [
        ["Codes", "Name", "Rate", "Billing Terms", None],
        [7840, "Russia", 0.16, 30, 6],
        [355, "Albania", 0.1, 30, 6],
    ]
    data = workbook(Page("Rates", cells, merges=("D1:E1",)))
    rate_map = proposed(data, "carrier.xlsx")
    assert 'minimum_seconds = "Billing Terms (column D)"' in rate_map
    assert 'increment_seconds = "Billing Terms (column E)"' in rate_map


def test_a_sheet_without_a_header_keeps_dates_and_markers() -> None:
    text = "355,Albania,0.066,22/12/2026,increase\n35538,Albania,0.067,22/02/2010,decrease\n"
    text += "43,Austria,0.1,22/02/2010,closed\n"
    outcome = imported(text, proposed(text.encode()))
    assert outcome.row("355").effective_from == "2026-12-22T00:00:00.000Z"
    assert set(outcome.rates()) == {"355", "35538"}
    twice = "Afghanistan,93,0.123,0.1\nAlbania,355,0.139,0.1\n"
    assert 'rate = ""  # decide: write the one to import of "column C", "column D"' in proposed(twice.encode())


def test_a_column_of_yes_and_no_may_close_rows() -> None:
    text = "Prefix,Name,Rate,Forbidden\n447700,UK,0.0125,0\n4915,Germany,0.0421,1\n"
    rate_map = proposed(text.encode())
    assert "# Not used: Forbidden" in rate_map
    closed = rate_map.replace("[columns]", '[columns]\nchange = "Forbidden"')
    closed += '[changes]\n"0" = "unchanged"\n"1" = "closed"\n'
    assert set(imported(text, closed).rates()) == {"447700"}


@pytest.mark.parametrize(
    ("cell", "codes"),
    [
        ("336 07, 336 08", ["33607", "33608"]),
        ("336 07, 336 38", ["33607", "33638"]),
        ("336 07; 336 44", ["33607", "33644"]),
        ("336 07", ["33607"]),
        ("336 38", ["33638"]),
        ("9370 9379", ["9370", "9379"]),
        ("9370 9379, 355", ["9370", "9379", "355"]),
        ("44 7400, 44 7500", ["447400", "447500"]),
    ],
)
def test_blanks_group_digits_where_no_code_can_begin(cell: str, codes: list[str]) -> None:
    assert CodeReader(RANGE).codes(cell) == codes


def test_blanks_in_joined_columns_stay_as_they_are() -> None:
    assert CodeReader(JOIN).codes("93-70, 93-71") == ["9370", "9371"]
    assert CodeReader(RANGE).codes("6, 7", "34") == ["346", "347"]


def test_a_code_that_closes_later_without_a_known_price_is_doubted() -> None:
    text = (
        "Code,Destination,Rate,Effective,Change\n234805,Glo,0.121,20/12/2026,Closed\n234,Nigeria,0.1,01/01/2026,New\n"
    )
    outcome = imported(text, as_proposed(text, date_order="DMY"))
    assert ("closes_later", "234805") in outcome.reasons()
    assert set(outcome.rates()) == {"234"}


@pytest.mark.parametrize("cell", ["44-74", "20-21", "93-94"])
def test_a_range_over_several_countries_is_refused_or_joins(cell: str) -> None:
    text = f"Code,Destination,Rate\n{cell},A mobile network,0.1\n355,Albania,0.3\n"
    outcome = imported(text, proposed(text.encode()))
    assert set(outcome.rates()) == {cell.replace("-", ""), "355"}
    with pytest.raises(SheetRefusedError, match=r"row 2, column A .Code.*different countries"):
        imported(text, f'dash = "range"\n{MAP}')
    mixed = f"{text}447400-447409,UK,0.2\n"
    with pytest.raises(SheetRefusedError, match=r"row 2, column A .Code.*different countries"):
        imported(mixed, proposed(mixed.encode()))
    assert CodeReader(RANGE).codes("8816-8817") == ["8816", "8817"]


@pytest.mark.parametrize("header", [None, ErrorValue("#REF!"), ErrorValue("#NAME?"), Formula("B4")])
def test_a_rate_below_a_broken_header_is_proposed(header: Cell) -> None:
    rows: list[list[Cell]] = [
        ["Destination", "Code", header, "Valid From", "Rate Change"],
        ["Afghanistan", 93, 0.1945, date(2026, 9, 1), "No Change"],
        ["Albania", 355, 0.21, date(2026, 9, 1), "Increase"],
    ]
    data = workbook(Page("Rates", rows))
    rate_map = proposed(data, "carrier.xlsx")
    assert "is no usual one for it" in rate_map
    assert imported(data, rate_map).rates() == {"93": 194_500, "355": 210_000}


@pytest.mark.parametrize("header", ["Amount", "Offer", "Pricing in", "Our quote"])
def test_the_old_rate_is_not_taken_for_an_unknown_new_one(header: str) -> None:
    text = f"Prefix,Zone,{header},Previous Rate,Difference\n93,Afghanistan,0.2,0.1,0.1\n355,Albania,0.3,0.4,-0.1\n"
    rate_map = proposed(text.encode())
    assert f'rate = "{header}"' in rate_map
    assert 'old_rate = "Previous Rate"' in rate_map
    assert imported(text, rate_map).rates() == {"93": 200_000, "355": 300_000}


def test_a_column_country_with_calling_codes_is_joined() -> None:
    text = "Destination,Country,City Code,Rate\nLisbon,351,21,0.1\nAlbania,355,4,0.3\n"
    assert set(imported(text, proposed(text.encode())).rates()) == {"35121", "3554"}
    named = text.replace("351", "Portugal").replace("355", "Albania").replace(",21,", ",35121,")
    assert 'country = "Country"' in proposed(named.encode())


@pytest.mark.parametrize("pair", ["Connect Interval,Interval", "Initial Period,Recurring Period", "Init Sec,Inc Sec"])
def test_a_first_interval_is_no_fee(pair: str) -> None:
    text = f"Codes,Destination,Rate,{pair},Access Fee\n35121,Lisbon,0.1,30,6,0.05\n355,Albania,0.3,1,1,0.01\n"
    row = imported(text, proposed(text.encode())).row("35121")
    assert (row.minimum_seconds, row.increment_seconds, row.connection_fee_micros) == (30, 6, 50_000)


def test_a_surcharge_per_call_is_not_added_to_the_minute() -> None:
    text = "Codes,Destination,Rate,Surcharge per call\n35121,Lisbon,0.1,0.05\n355,Albania,0.3,0.01\n"
    row = imported(text, proposed(text.encode())).row("35121")
    assert (row.rate_micros_per_minute, row.connection_fee_micros) == (100_000, 50_000)


def test_day_and_night_beside_a_charge_are_peak_columns() -> None:
    text = "Codes,Destination,Day,Night,Connection Charge\n35121,Lisbon,0.1,0.2,0.05\n355,Albania,0.3,0.1,0.01\n"
    assert imported(text, proposed(text.encode())).rates() == {"35121": 200_000, "355": 300_000}


@pytest.mark.parametrize("end", ["", '43,"Austria,0.2\n', '44,UK "London",0.2\n'])
def test_rows_within_an_open_quotation_mark_are_refused(end: str) -> None:
    text = f'Code,Destination,Rate\n93,Afghanistan,0.1\n355,"Albania,0.1\n41,Switzerland,0.3\n376,Andorra,0.2\n{end}'
    with pytest.raises(SheetRefusedError, match=r"row 3, column B.*other rows in it.*quotation mark"):
        imported(text)
    lists = 'Code,Destination,Rate\n"93, 9370,\n9371, 9372","Two\nlines, 1, of text",0.1\n'
    assert set(imported(lists).rates()) == {"93", "9370", "9371", "9372"}


def test_a_change_of_a_destination_without_codes_is_noted() -> None:
    text = "Code,Destination,Rate,Change\n355,Albania,0.1,New\n,Afghanistan AWCC,,Closed\n,Europe,,\n"
    outcome = imported(text, f'{MAP}change = "Change"\n')
    assert [note.detail for note in outcome.notes.notes] == ["Afghanistan AWCC is marked Closed but has no code."]
