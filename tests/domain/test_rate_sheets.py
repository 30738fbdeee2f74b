"""Sheets of every shape: the proposed map reads them, without a word from the operator where none is needed."""

from datetime import date

import pytest

from ops.rate_sheets.notes import SheetRefusedError
from tests.domain.rate_sheet_examples import Cell, ErrorValue, Formula, Page, imported, proposed, table, workbook

DAY = date(2026, 11, 1)
BEFORE: list[list[Cell]] = [["Atlas Transit"], [], ["Rates valid from 01-Nov-2026"], ["All prices in US dollars"], []]
AFTER: list[list[Cell]] = [[], ["Rates are subject to change with 7 days' notice."], ["Atlas Transit, 1 Main Street"]]


def by_proposal(data: bytes) -> dict[str, int]:
    """The rates of a file that is imported by the map that was proposed for it."""
    return imported(data, proposed(data)).rates()


def test_a_header_far_down_between_prose_is_found_by_name() -> None:
    rows: list[list[Cell]] = [
        ["", "Destination", "Dial Code", "Rate (USD/min)"],
        ["", "Albania", 355, 0.05],
        ["", "Albania Mobile", 35567, 0.2],
    ]
    data = table(*[["line"]] * 60, *BEFORE, *rows, *AFTER)
    assert by_proposal(data) == {"355": 50_000, "35567": 200_000}
    assert 'effective_from = "2026-11-01"' in proposed(data)


def test_country_and_area_columns_are_joined() -> None:
    data = table(
        ["Country", "Country Code", "Area Code", "Price"],
        ["Afghanistan", 93, None, 0.25],
        ["Afghanistan - Mobile", 93, "70, 79", 0.27],
        ["Italy - Rome", 39, "06", 0.01],
    )
    assert by_proposal(data) == {"93": 250_000, "9370": 270_000, "9379": 270_000, "3906": 10_000}


def test_area_codes_that_are_whole_codes_are_not_joined() -> None:
    data = table(
        ["Country Code", "Code", "Name", "Rate"], [93, 9370, "Afghanistan", 0.2], [93, 9379, "Afghanistan", 0.3]
    )
    assert by_proposal(data) == {"9370": 200_000, "9379": 300_000}


def test_blank_country_codes_below_a_group_are_filled_down() -> None:
    data = table(["Country Code", "Area Codes", "Rate"], [93, 70, 0.2], [None, 79, 0.3], [355, 67, 0.1])
    assert by_proposal(data) == {"9370": 200_000, "9379": 300_000, "35567": 100_000}


def test_two_header_rows_with_merged_cells_are_one_header() -> None:
    rows: list[list[Cell]] = [
        ["Destination", "Dial Codes", "Rate per minute (USD)", None, "Charging", None],
        [None, None, "Peak", "Off Peak", "Initial", "Subsequent"],
        ["Albania", "35567;35568", 0.1, 0.2, 30, 6],
    ]
    data = workbook(Page("Rates", rows, ("A1:A2", "B1:B2", "C1:D1", "E1:F1")))
    assert by_proposal(data) == {"35567": 200_000, "35568": 200_000}
    row = imported(data, proposed(data)).row("35567")
    assert (row.minimum_seconds, row.increment_seconds) == (30, 6)


def test_one_peak_column_may_be_chosen() -> None:
    data = table(["Code", "Peak", "Off-peak"], [355, 0.2, 0.1], [356, 0.1, 0.05])
    chosen = proposed(data).replace('["Peak", "Off-peak"]', '"Off-peak"')
    assert by_proposal(data)["355"] == 200_000
    assert imported(data, chosen).rates()["355"] == 100_000


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_texts_in_any_encoding_with_decimal_commas_are_read(encoding: str) -> None:
    text = "Borealis\r\nDestination;Préfixe;Prix (USD)\r\nAlgérie;213;0,0415\r\nAlgérie Mobile;2136, 2137;0,1\r\n"
    data = text.encode(encoding)
    assert by_proposal(data) == {"213": 41_500, "2136": 100_000, "2137": 100_000}


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_any_separator_is_recognized(separator: str) -> None:
    lines = [["Code", "Destination", "Rate"], ["93", "Afghanistan", "0.2"], ["355", "Albania", "0.1"]]
    assert by_proposal("\n".join(map(separator.join, lines)).encode()) == {"93": 200_000, "355": 100_000}


def test_a_sheet_without_a_header_is_guessed_from_its_cells() -> None:
    data = b"93,Afghanistan,0.25\n9370,Afghanistan Mobile,0.27\n355,Albania,0.05\n"
    assert by_proposal(data) == {"93": 250_000, "9370": 270_000, "355": 50_000}
    assert "unsure" in proposed(data) or "column A" in proposed(data)


def test_hidden_sheets_and_sheets_without_rates_are_not_proposed() -> None:
    old = Page("Rates", [["Code", "Rate"], [93, 9.0]], is_hidden=True)
    terms = Page("Terms", [["All rates are in US dollars"]])
    new = Page("Rates ", [["Code", "Rate"], [93, 0.2], [355, 0.1]])
    assert by_proposal(workbook(old, terms, new)) == {"93": 200_000, "355": 100_000}


def test_sheets_with_similar_names_are_marked_as_unsure() -> None:
    pages = [Page(name, [["Code", "Rate"], [93, 0.2]]) for name in ("Rates", "Rates (2)")]
    assert "unsure: also possible: Rates (2)" in proposed(workbook(*pages))


def test_ambiguous_dates_must_be_decided() -> None:
    data = table(["Code", "Rate", "Effective Date"], [93, 0.2, "01/12/2025"], [355, 0.1, "02/11/2025"])
    assert 'date_order = ""  # decide' in proposed(data)
    with pytest.raises(SheetRefusedError, match=r'row 2, column C \(Effective Date\): "01/12/2025"'):
        by_proposal(data)


def test_dates_that_only_fit_one_order_decide_it() -> None:
    data = table(["Code", "Rate", "Effective Date"], [93, 0.2, "01/12/2025"], [355, 0.1, "13/11/2025"])
    assert imported(data, proposed(data)).row("93").effective_from == "2025-12-01T00:00:00.000Z"


@pytest.mark.parametrize("cell", [DAY, 46327, "46327", "2026-11-01", "1-Nov-26", "November 1, 2026"])
def test_a_date_cell_is_read_in_any_form(cell: str | int | date) -> None:
    data = table(["Code", "Rate", "Valid from"], [93, 0.2, cell], [355, 0.1, cell])
    assert imported(data, proposed(data)).row("93").effective_from == "2026-11-01T00:00:00.000Z"


def test_increments_are_read_from_a_column_with_an_unknown_header() -> None:
    data = table(["Code", "Rate", "Pas de facturation"], [93, 0.2, "30/6"], [355, 0.1, "1/1"])
    row = imported(data, proposed(data)).row("93")
    assert (row.minimum_seconds, row.increment_seconds) == (30, 6)


def test_the_cells_of_excel_are_read_as_people_see_them() -> None:
    data = table(
        ["Code", "Rate"],
        [93.0, 0.1 + 0.2],
        [937000000000.0, "$0.05"],
        ["'355", "\u00a00.07 "],
        ["+356", Formula("B2*2", 0.6000000000000001)],
        ["00357", 1],
        [358, ErrorValue()],
        [359, "TBD"],
    )
    outcome = imported(data, proposed(data))
    assert outcome.rates() == {
        "93": 300_000, "937000000000": 50_000, "355": 70_000, "356": 600_000, "357": 1_000_000,
    }  # fmt: skip
    assert {("no_rate", "358"), ("no_rate", "359")} <= outcome.reasons()


def test_an_old_rate_beside_a_new_one_is_not_a_rate() -> None:
    data = table(["Code", "Current Rate", "New Rate", "Effective Date"], [93, 0.3, 0.2, date(2027, 1, 1)])
    outcome = imported(data, proposed(data))
    assert outcome.row("93", "2026-11-29").rate_micros_per_minute == 300_000
    assert outcome.row("93", "2027-01-01").rate_micros_per_minute == 200_000


def test_a_proposal_prices_in_another_currency_only_after_a_decision() -> None:
    assert 'currency = ""  # decide' in proposed(table(["Code", "Rate (EUR)"], [49, 0.01], [93, 0.2]))
    assert 'currency = ""  # decide' in proposed(
        table(["All rates in Euro"], [], ["Code", "Rate"], [49, 0.01], [93, 0.2])
    )


def test_a_file_without_rates_is_refused_with_its_sheets() -> None:
    with pytest.raises(SheetRefusedError, match="No table with codes and rates"):
        proposed(workbook(Page("Terms", [["Hello"], ["All rates are in US dollars"]])))


def test_single_letters_of_a_status_column_must_be_decided() -> None:
    data = table(["Code", "Rate", "Status"], [93, 0.2, "I"], [355, 0.1, "D"])
    text = proposed(data)
    assert '"D" = ""  # decide' in text
    decided = text.replace('"D" = ""', '"D" = "closed"').replace('"I" = ""', '"I" = "increase"')
    assert imported(data, decided).rates() == {"93": 200_000}


def test_a_code_column_of_country_codes_is_joined_with_its_area_column() -> None:
    data = table(["Country", "Code", "Area", "Rate"], ["A", 93, None, 0.2], ["A", 93, "70;79", 0.3])
    assert by_proposal(data) == {"93": 200_000, "9370": 300_000, "9379": 300_000}


def test_lengths_of_blocks_are_not_rates_and_unused_columns_are_named() -> None:
    header = b"dialprefix;destination;rateinitial;initblock;billingblock;disconnectcharge\n"
    data = header + b"93;A;0.2;60;30;0\n355;B;0.1;30;6;0\n"
    row = imported(data, proposed(data)).row("93")
    assert (row.rate_micros_per_minute, row.minimum_seconds, row.increment_seconds) == (200_000, 60, 30)
    assert "# Not used: disconnectcharge" in proposed(data)


def test_codes_that_are_joined_within_lists_are_recognized() -> None:
    data = table(["Effective 12/15/2025"], ["Destination", "Dial Code(s)", "Rate ($)"], ["A", "355-67, 355-68", 0.3])
    assert by_proposal(data) == {"35567": 300_000, "35568": 300_000}
    assert 'effective_from = "2025-12-15"' in proposed(data)
