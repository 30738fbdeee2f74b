"""No cell of a CSV file is a formula for a spreadsheet program."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.csv_cells import csv_table, inert_text
from tests.domain.csv_examples import BLANKS, FORMULA_CHARACTERS, WRITTEN


@pytest.mark.parametrize("cell", WRITTEN, ids=ascii)
def test_a_formula_gets_an_apostrophe_and_other_text_stays(cell: str) -> None:
    assert inert_text(cell) == WRITTEN[cell]


@given(st.text(BLANKS), st.sampled_from(FORMULA_CHARACTERS), st.text())
def test_no_written_cell_begins_with_a_formula(blanks: str, character: str, rest: str) -> None:
    written = inert_text(blanks + character + rest)
    begin = written.lstrip(BLANKS)
    assert begin[0] == "'" or begin.lstrip("+-").replace(".", "").isdigit()


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=2), max_size=5))
def test_every_table_is_read_back_with_only_apostrophes_added(rows: list[list[str]]) -> None:
    text = csv_table(["a", "b"], rows)
    read = list(csv.reader(io.StringIO(text, newline="")))
    assert read == [["a", "b"], *[[inert_text(cell) for cell in row] for row in rows]]


def test_other_values_are_written_as_they_are() -> None:
    assert csv_table(["a", "b", "c", "d"], [[True, False, -5, None]]) == "a,b,c,d\r\ntrue,false,-5,\r\n"
