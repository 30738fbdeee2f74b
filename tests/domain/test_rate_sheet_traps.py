"""Traps of real sheets: sums below groups, closed codes with prices, announced prices, and unusual columns."""

import pytest

from calling_credit.rates.deck import Deck, RateRow
from ops.rate_sheets.notes import SheetRefusedError
from ops.rate_sheets.proposal import propose
from ops.rate_sheets.workbooks import read_sheets
from tests.domain.rate_sheet_examples import MAP, OLD_WORKBOOK, Cell, Page, imported, proposed, workbook

DATED = MAP + 'effective_from = "Date"\nchange = "Change"\n'
HEADER = "Code,Destination,Rate,Date,Change\n"
GROUPED = (
    'currency = "USD"\nfill_down = ["country_code"]\n[columns]\ncountry_code = "CC"\narea_code = "Area"\n'
    'destination = "Destination"\nrate = "Rate"\n'
)


def row(prefix: str, rate: int, since: str = "2020-01-01") -> RateRow:
    """A charged row of the active deck."""
    effective = f"{since}T00:00:00.000Z"
    return RateRow(prefix, "Afghanistan", "AF", "*", rate, 0, 60, 60, effective, "outbound_international_call")


ACTIVE = Deck("deck-1", [row("93", 10_000), row("93", 20_000, "2026-12-01"), row("9379", 500_000)])


def steps(rows: list[RateRow], prefix: str) -> list[tuple[str, int]]:
    """Return the date and the rate of each row of a prefix."""
    return sorted((row.effective_from[:10], row.rate_micros_per_minute) for row in rows if row.prefix == prefix)


@pytest.mark.parametrize("amends", [False, True])
def test_an_announced_price_of_the_deck_holds_until_the_sheets_date(amends: bool) -> None:
    text = HEADER + "93,Afghanistan,0.03,2027-01-01,Increase\n9370,Afghanistan Mobile,0.3,2027-01-01,New\n"
    outcome = imported(text, DATED, ACTIVE, amends=amends)
    announced = [("2026-12-01", 20_000), ("2027-01-01", 30_000)]
    assert steps(outcome.rows, "93") == [("2020-01-01", 10_000), *announced]
    assert steps(outcome.rows, "9370") == [("2020-01-01", 10_000), announced[0], ("2027-01-01", 300_000)]


def test_an_announced_price_that_a_sheet_lacks_is_doubted() -> None:
    outcome = imported(HEADER + "93,Afghanistan,0.03,2026-01-01,\n", DATED, ACTIVE)
    assert steps(outcome.rows, "93") == [("2026-01-01", 30_000)]
    assert ("newer_in_deck", "93") in outcome.reasons()


def test_a_code_that_a_sheet_lacks_keeps_its_price_until_the_sheets_date() -> None:
    later = imported(HEADER + "93,Afghanistan,0.03,2027-01-01,Increase\n", DATED, ACTIVE)
    assert steps(later.rows, "9379") == [("2020-01-01", 500_000), ("2027-01-01", 30_000)]
    assert ("old_price_kept", "9379") in later.reasons()
    for text in ("93,Afghanistan,0.03,2026-01-01,\n", "355,Albania,0.1,2027-01-01,\n"):
        outcome = imported(HEADER + text, DATED, ACTIVE)
        assert not steps(outcome.rows, "9379")
        assert ("not_in_sheet", "9379") in outcome.reasons()


def test_a_status_column_with_unknown_markers_is_asked_about() -> None:
    rows = "93,A,0.1,CLOSE\n355,B,0.2,Deleted\n213,C,0.1,Pending\n376,D,0.1,On hold\n"
    rate_map = proposed(f"Code,Destination,Rate,Status\n{rows}".encode())
    assert 'change = "Status"' in rate_map
    assert '"Pending" = ""  # decide' in rate_map


@pytest.mark.parametrize(
    ("price", "closed", "rates", "reason"),
    [
        ("2026-01-01", "2026-11-01", {}, "closed"),
        ("2026-11-01", "2026-11-01", {"9377": 400_000}, "closed"),
        ("2026-01-01", "2026-12-15", {"9377": 400_000}, "closes_later"),
        ("2026-12-15", "2026-12-15", {"9377": 400_000}, "closed"),
    ],
)
def test_a_code_that_a_sheet_prices_and_closes_is_never_silent(
    price: str, closed: str, rates: dict[str, int], reason: str
) -> None:
    text = HEADER + f"9377,A,0.4,{price},\n9377,A,,{closed},Closed\n"
    outcome = imported(text, DATED)
    assert outcome.rates() == rates
    assert (reason, "9377") in outcome.reasons()
    amended = imported(text, DATED, ACTIVE, amends=True)
    assert ("9377" in amended.rates()) == bool(rates)
    lines = {note.line for note in (*outcome.notes.notes, *amended.notes.notes)}
    assert {3} <= lines if rates else lines == {2, 3}


def test_closed_codes_of_home_or_of_no_country_are_reported() -> None:
    outcome = imported(HEADER + "1212,New York,,2026-11-01,Closed\n999999,X,,2026-11-01,Closed\n", DATED)
    assert outcome.reasons() == {("home_layer", "1212"), ("unassigned", "999999")}


def test_a_sum_below_a_group_is_no_price_of_its_country() -> None:
    text = "CC,Area,Destination,Rate\n93,,Afghanistan,0.2\n,70,Afghanistan Mobile,0.3\n,,Total,12.5\n,,Kabul,0.9\n"
    outcome = imported(text, GROUPED)
    assert outcome.rates() == {"93": 200_000, "9370": 300_000}
    assert [(note.code, note.line) for note in outcome.notes.notes] == [("no_code", 4), ("no_code", 5)]


@pytest.mark.parametrize("total", ["54321,Total,0.03", "Total:,,0.03", "54321,Grand Total,", "54321,Average rate,0.03"])
def test_a_line_of_totals_is_no_price(total: str) -> None:
    outcome = imported(f"Code,Destination,Rate\n93,Total Access,0.2\n{total}\n")
    assert outcome.rates() == {"93": 200_000}
    assert all(note.line != 3 or note.code == "no_code" for note in outcome.notes.notes)


def test_a_country_only_in_the_first_row_of_its_group_is_filled_down() -> None:
    text = "Country,Destination,Code,Rate\nAlbania,Fixed,355,0.1\n,Mobile,35567,0.2\nAfghanistan,Fixed,93,0.2\n"
    rate_map = proposed(text.encode())
    assert 'fill_down = ["country"]  # unsure' in rate_map
    assert imported(text, rate_map).row("35567").destination == "Albania - Mobile"


@pytest.mark.parametrize("cells", ["I,D,N,C", "Increase,Decrease,No Change,Deleted"])
def test_markers_are_recognized_below_an_unknown_header(cells: str) -> None:
    codes = zip(("93", "355", "213", "376"), cells.split(","), strict=True)
    text = "Code,Destination,Rate,I/D\n" + "".join(f"{code},X,0.1,{marker}\n" for code, marker in codes)
    rate_map = proposed(text.encode())
    assert 'change = "I/D"  # unsure' in rate_map
    assert ('"D" = ""  # decide' in rate_map) == ("D," in cells)


@pytest.mark.parametrize("name", ["A-Z EUR", "rates_GBP", "A-Z (€)"])
def test_a_currency_in_the_name_of_a_sheet_is_no_dollar(name: str) -> None:
    rows: list[list[Cell]] = [["Code", "Destination", "Rate"], ["93", "Afghanistan", 0.1], ["355", "Albania", 0.2]]
    data = workbook(Page(name, rows))
    assert 'currency = ""  # decide' in proposed(data)
    with pytest.raises(SheetRefusedError, match=r'sheet "[^"]+", row 1, column A: The name of the sheet states'):
        imported(data)
    assert 'currency = "USD"' in proposed(workbook(Page("Try 2", rows)))


def test_prices_with_a_foreign_sign_are_asked_about() -> None:
    assert 'currency = ""  # decide' in proposed("Code,Destination,Rate\n93,A,€0.1\n355,B,€0.2\n".encode())


def test_increments_in_minutes_or_with_units_are_read() -> None:
    text = (
        "Code,Destination,Rate USD,Billing\n93,A,0.1,1 min\n355,B,0.1,30 sec\n213,C,0.1,1 min / 1 sec\n"
        "376,D,0.1,60 sec/1 sec.\n"
    )
    rows = imported(text, proposed(text.encode())).rows
    found = {row.prefix: (row.minimum_seconds, row.increment_seconds) for row in rows if row.category != "included"}
    assert found == {"93": (60, 60), "355": (30, 30), "213": (60, 1), "376": (60, 1)}


def test_a_minimum_is_recognized_or_its_lack_is_doubted() -> None:
    text = "Code,Destination,Rate USD,MinDur,Inc\n93,A,0.1,60,1\n355,B,0.1,30,6\n"
    row = imported(text, proposed(text.encode())).row("93")
    assert (row.minimum_seconds, row.increment_seconds) == (60, 1)
    sheets = read_sheets(text.replace("MinDur", "X").encode(), "carrier.csv")
    assert any(doubt.startswith("minimum_seconds: no column") for doubt in propose(sheets, "carrier.csv").doubts)


@pytest.mark.parametrize("text", ["0.5 min", "100 min"])
def test_a_part_of_a_minute_is_refused(text: str) -> None:
    with pytest.raises(SheetRefusedError, match="is no billing increment"):
        imported(f"Code,Destination,Rate,Inc\n93,A,0.1,{text}\n", MAP + 'increments = "Inc"\n')


def test_a_text_with_columns_of_fixed_width_is_refused_with_the_way_out() -> None:
    text = "Destination       Code    Rate\nAlgeria           213     0.1\nKorea, South      82      0.2\n"
    with pytest.raises(SheetRefusedError, match="fixed width"):
        imported(text)
    padded = "Code  ;  Destination  ;  Rate\n93    ;  Afghanistan  ;  0.2\n355   ;  Albania      ;  0.1\n"
    assert imported(padded).rates() == {"93": 200_000, "355": 100_000}


def test_a_workbook_of_excel_97_is_read_like_a_newer_one() -> None:
    data = OLD_WORKBOOK.read_bytes()
    rows = {row.prefix: row for row in imported(data, proposed(data)).rows if row.category != "included"}
    found = [(row.rate_micros_per_minute, row.minimum_seconds, row.effective_from[:10]) for row in rows.values()]
    assert list(rows) == ["93", "9370", "9379", "355"]
    assert found == [(213_400, 60, "2026-12-01"), *[(300_000, 1, "2026-11-01")] * 2, (41_500, 30, "2026-11-01")]


def test_blank_cells_are_filled_down_where_the_map_says_so() -> None:
    text = "Country,Destination,Code,Rate\nALBANIA,,,\n,Fixed,355,0.1\n,Mobile,35567,0.2\n,,35568,\nTotal,,2,9\n"
    rate_map = MAP.replace("[columns]", 'fill_down = ["country", "destination"]\n[columns]\ncountry = "Country"')
    outcome = imported(text, rate_map)
    assert outcome.row("35567").destination == "ALBANIA - Mobile"
    assert outcome.reasons() == {("no_rate", "35568"), ("no_code", "")}
    filled = imported(text, rate_map.replace('"destination"]', '"destination", "rate"]'))
    assert (filled.row("35568").rate_micros_per_minute, filled.row("35568").destination) == (
        200_000,
        "ALBANIA - Mobile",
    )


def test_country_codes_alone_are_no_codes_if_the_rest_is_beside_them() -> None:
    rows = "44,,UK,0.01\n44,7400,UK Mobile,0.02\n93,70,A,0.2\n"
    assert 'area_code = "AC"' in proposed(f"CC,AC,Destination,Rate\n{rows}".encode())
    data = f"CC,Digs,Destination,Rate\n{rows}".encode()
    doubts = propose(read_sheets(data, "carrier.csv"), "carrier.csv").doubts
    assert 'code: it only has country codes; the rest may be in "Digs" (then: area_code)' in doubts


def test_an_end_date_that_never_comes_is_none() -> None:
    text = "Code,Destination,Rate,End\n93,A,0.2,31.12.9999\n355,B,0.2,9999-12-31\n"
    assert not imported(text, MAP + 'end_date = "End"\n').notes.notes
