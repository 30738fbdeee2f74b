"""Deck files may have blanks at their ends and named columns; each is noted."""

import pytest

from calling_credit.rates.deck import Deck
from calling_credit.rates.deck_csv import COLUMNS, parse_deck, read_deck_file
from tests.domain.examples import ROW, deck, deck_csv
from tests.domain.test_decks import faults


def deck_of(data: bytes) -> Deck:
    """The deck of a file without errors."""
    parsed = parse_deck(data, "deck-1")
    assert isinstance(parsed, Deck), parsed
    return parsed


def noted(data: bytes) -> list[tuple[str, str]]:
    """The notes about a deck file without errors: code and sentence."""
    file = read_deck_file(data, "deck-1")
    assert file.errors == []
    return [(note.code, note.detail) for note in file.notes]


@pytest.mark.parametrize("blank", [b"\n", b"\n\n", b" \n", b",,,,,,,,,\n", b"\r\n", b" , ,,,,,,,,,\n"])
def test_blank_lines_are_accepted_with_a_note(blank: bytes) -> None:
    data = deck_csv({}) + blank
    assert [code for code, _ in noted(data)] == ["blank_lines"]
    assert deck_of(data).rows == deck({}).rows
    assert "(3" in noted(data)[0][1]


@pytest.mark.parametrize("column", COLUMNS)
def test_blanks_at_the_end_of_a_cell_are_accepted_with_a_note(column: str) -> None:
    data = deck_csv({}, {"prefix": "45", column: f"{({**ROW, 'prefix': '45'})[column]} \u00a0"})
    assert noted(data) == [("trailing_blanks", "1 line (3) with blanks at the end of a cell or of the line; ignored.")]
    assert deck_of(data).rows == deck({}, {"prefix": "45"}).rows


def test_empty_cells_after_the_last_column_are_accepted_with_a_note() -> None:
    data = deck_csv({}, {"prefix": "45"}).replace(b"\n", b",,\n")
    assert [code for code, _ in noted(data)] == ["trailing_blanks"]
    assert deck_of(data).rows == deck({}, {"prefix": "45"}).rows


def test_named_columns_may_follow_and_are_not_used() -> None:
    data = deck_csv({}, {"prefix": "45"}).replace(b"category\n", b"category,note\n").replace(b"call\n", b"call,x\n")
    assert noted(data) == [("unused_column", "The column note is not used.")]
    assert deck_of(data).rows == deck({}, {"prefix": "45"}).rows


def test_a_base_column_names_the_deck_it_was_made_from() -> None:
    data = deck_csv({}, {"prefix": "45"}).replace(b"category\n", b"category,base\n").replace(b"call\n", b"call,v1\n")
    assert (noted(data), read_deck_file(data, "deck-1").base) == ([], "v1")
    assert faults(data.replace(b"v1", b"v2", 1)) == [(1, "base", "wrong_header")]
