"""Changes of a sheet in any order of its rows, and codes that close for callers of one country alone."""

from itertools import permutations

import pytest

from calling_credit.rates.deck import Deck, RateRow
from tests.domain.rate_sheet_examples import imported

HEADER = "Code,Destination,Rate,Change,Date,Origin\n"
MAP = """currency = "USD"
[columns]
code = "Code"
destination = "Destination"
rate = "Rate"
change = "Change"
effective_from = "Date"
origin = "Origin"
"""


def _row(prefix: str, rate: int, origin: str = "*") -> RateRow:
    return RateRow(prefix, "France", "FR", origin, rate, 0, 60, 60, "2026-01-01T00:00:00.000Z", "outbound_call")


ACTIVE = Deck("deck-1", [_row("33", 9_000), _row("33", 5_000, "DE"), _row("336", 20_000)])
DATED = (
    "33,France,0.006,Decrease,2026-10-01,",
    "33,France,0.007,Increase,2026-11-25,",
    "33,France,0.011,Increase,2026-12-05,",
    "33,France,0.013,Increase,2026-12-25,",
)


@pytest.mark.parametrize("order", list(permutations(range(len(DATED)))))
def test_the_order_of_dated_changes_does_not_matter(order: tuple[int, ...]) -> None:
    outcome = imported(HEADER + "\n".join(DATED[at] for at in order), MAP, ACTIVE, amends=True)
    found = sorted((row.effective_from[:10], row.rate_micros_per_minute) for row in outcome.rows if row.prefix == "33")
    assert found == [("2026-01-01", 5_000), ("2026-11-25", 7_000), ("2026-12-05", 11_000), ("2026-12-25", 13_000)]
    assert not any(str(note.code) == "newer_in_deck" for note in outcome.notes.notes)


@pytest.mark.parametrize("amends", [False, True])
@pytest.mark.parametrize(
    ("origin", "stays"), [("Germany", {("33", "*")}), ("", set()), ("Italy", {("33", "*"), ("33", "DE")})]
)
def test_a_code_closes_for_the_callers_that_its_row_names(
    amends: bool, origin: str, stays: set[tuple[str, str]]
) -> None:
    text = f"33,France,,Closed,2026-11-25,{origin}\n336,France Mobile,0.02,Increase,2026-11-01,\n"
    if not amends:
        text += "33,France,0.009,Unchanged,2026-01-01,\n33,France,0.005,Unchanged,2026-01-01,Germany\n"
    outcome = imported(HEADER + text, MAP, ACTIVE, amends=amends)
    assert {(row.prefix, row.origin) for row in outcome.rows if row.category != "included"} == stays | {("336", "*")}


def test_a_code_that_closes_later_for_one_country_keeps_its_price() -> None:
    text = "33,France,,Closed,2026-12-25,Germany\n33,France,0.01,Increase,2026-11-01,\n"
    outcome = imported(HEADER + text, MAP, ACTIVE)
    rates = {(row.prefix, row.origin): row.rate_micros_per_minute for row in outcome.rows}
    assert (rates["33", "*"], rates["33", "DE"]) == (10_000, 5_000)
