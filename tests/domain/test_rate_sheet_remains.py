"""Broken headers and cells: nothing is lost without a note, and every line of a refusal or a map stands alone."""

import pytest

from ops.rate_sheets.codes import CodeReader
from ops.rate_sheets.notes import CellError, SheetRefusedError
from ops.rate_sheets.rate_map import parse_map
from tests.domain.rate_sheet_examples import MAP, imported, proposed

ROWS = "93,Afghanistan,0.2\n355,Albania,0.3\n"


@pytest.mark.parametrize("first", ["Kode,Destination,Rate", "x,y,z", "All prices in US dollars,,"])
def test_rows_above_the_header_are_in_the_report(first: str) -> None:
    text = f"{first}\n{ROWS}Code,Destination,Rate\n33,France,0.01\n49,Germany,0.01\n"
    outcome = imported(text, MAP)
    assert set(outcome.rates()) == {"33", "49"}
    lines = {note.line for note in outcome.notes.notes if str(note.code) == "sheet"}
    assert {2, 3} <= lines


@pytest.mark.parametrize("rates", [("0.1", "0.3", "0.2"), ("0.3", "0.2", "0.1"), ("0.1", "0.2", "0.3")])
def test_each_row_that_a_higher_price_outdoes_is_in_the_report(rates: tuple[str, ...]) -> None:
    text = "Code,Destination,Rate\n" + "".join(f"93,Afghanistan,{rate}\n" for rate in rates)
    outcome = imported(text, MAP)
    assert outcome.rates() == {"93": 300_000}
    noted = [note.line for note in outcome.notes.notes if str(note.code) == "two_prices"]
    assert sorted(noted) == [line for line, rate in enumerate(rates, 2) if rate != "0.3"]


def test_no_sentence_above_the_header_is_taken_for_a_lost_row() -> None:
    text = f"Call 44 20 7946 0000,,\nValid for,30,days\n2026,Offer,\nCode,Destination,Rate\n{ROWS}"
    assert imported(text, MAP).reasons() == set()


@pytest.mark.parametrize("character", ["\x02", "\x1b", "\x7f", "\x85", "\u2028"])
@pytest.mark.parametrize(
    "place", ["Code{},Destination,Rate,Note", "Code,Destination,Rate,No{}te", "Code,Dest{},Rate,N"]
)
def test_a_control_character_in_a_header_leaves_the_map_readable(character: str, place: str) -> None:
    text = f"{place.format(character)}\n93,Afghanistan,0.2,7\n355,Albania,0.3,8\n"
    rate_map = proposed(text.encode())
    assert parse_map(rate_map).columns
    assert set(imported(text, rate_map).rates()) == {"93", "355"}


def test_each_line_of_a_refusal_names_its_cell() -> None:
    text = 'Code,Destination,Rate\n"9\n3x",Afghanistan,0.2\n355,Albania,"0.\n3x"\n'
    with pytest.raises(SheetRefusedError) as refused:
        imported(text, MAP)
    lines = str(refused.value).splitlines()
    assert len(lines) == 2
    assert all(line.startswith('sheet "carrier.csv", row ') and ", column " in line for line in lines)


@pytest.mark.parametrize(
    ("cell", "codes"),
    [
        ("93(70,79)", ["9370", "9379"]),
        ("+93 (70-72; 79)", ["9370", "9371", "9372", "9379"]),
        ("1[809/829]", ["1809", "1829"]),
        ("93(70)", ["9370"]),
        ("44(0)20", ["4420"]),
    ],
)
def test_a_list_in_brackets_follows_the_code_before_it(cell: str, codes: list[str]) -> None:
    assert CodeReader().codes(cell) == codes


@pytest.mark.parametrize("cell", ["93(70", "93(70,79),355(67,68)", "93(70,79", "93 70),79"])
def test_a_bracket_without_its_other_half_is_refused(cell: str) -> None:
    with pytest.raises(CellError, match="no code of digits"):
        CodeReader().codes(cell)


def test_the_first_row_of_prices_is_no_second_row_of_the_header() -> None:
    text = "Country,Route,Codes,USD/min\nAfghanistan,Fixed,see below,0.4\nAfghanistan,Mobile,9370,0.45\n"
    with pytest.raises(SheetRefusedError, match="No table with codes and rates"):
        proposed(text.encode())


@pytest.mark.parametrize(
    "columns",
    [
        "Codes Added,Codes Deleted",
        "Codes to be added,Codes to remove",
        "Codes New,Codes Dropped",
        "New Codes,Old Codes",
    ],
)
def test_columns_of_changed_codes_are_known_in_either_order(columns: str) -> None:
    text = (
        f'Destination,{columns},Effective Date\nAfghanistan Mobile,"9377, 9378",,2026-11-01\nAlbania,,3554,2026-11-01\n'
    )
    outcome = imported(text, proposed(text.encode()))
    assert {("no_rate", "9377"), ("no_rate", "9378"), ("closed", "3554")} <= outcome.reasons()


def test_a_text_that_is_forced_as_a_formula_is_read() -> None:
    text = 'Code,Destination,Rate USD,Increment\n="93",Afghanistan,="0.2",="60/1"\n="355",="Albania",0.3,30/6\n'
    outcome = imported(text, proposed(text.encode()))
    assert outcome.rates() == {"93": 200_000, "355": 300_000}
    assert outcome.row("93").increment_seconds == 1


def test_pairs_of_seconds_are_no_codes_of_a_sheet_without_a_header() -> None:
    with pytest.raises(SheetRefusedError, match="No table with codes and rates"):
        proposed(b"Afghanistan,x93,0.2,60/60\nAlbania,x355,0.3,30/6\nFrance,x33,0.01,1/1\n")


@pytest.mark.parametrize("kind", ["CLI", "TDM", "VIP"])
def test_a_type_of_routes_is_no_marker_of_changes(kind: str) -> None:
    text = (
        f"Code,Destination,Rate USD,Increment,Route Type\n93,Afghanistan,0.2,60/60,{kind}\n355,Albania,0.3,1/1,{kind}\n"
    )
    rate_map = proposed(text.encode())
    assert "# decide" not in rate_map
    assert "change" not in rate_map
    assert "# decide" in proposed(text.replace(kind, "D").encode())
