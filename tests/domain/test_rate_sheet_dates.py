"""Sheets with a date for each of two rates: a new rate takes effect on its own date, never on that of the old one."""

import pytest

from tests.domain.rate_sheet_examples import imported, proposed

ROWS = "Afghanistan,93,0.2,2026-01-01,0.3,2026-12-20\nAlbania,355,0.2,2026-02-01,0.3,2026-12-20\n"


@pytest.mark.parametrize(
    "columns",
    [
        "Current Rate,Current Effective Date,New Rate,New Effective Date",
        "Old Rate,Old Effective Date,New Rate,Effective Date",
        "Previous Price,Previous Date,Price,Effective From",
        "Present Rate,Effective From,Revised Rate,Effective From",
        "Old Rate,Old Date,New Rate,Date",
        "Existing Rate,Start Date,Rate,Start Date",
    ],
)
def test_a_new_rate_takes_effect_on_its_own_date(columns: str) -> None:
    text = f"Destination,Code,{columns}\n{ROWS}"
    outcome = imported(text, proposed(text.encode()))
    found = sorted((row.effective_from[:10], row.rate_micros_per_minute) for row in outcome.rows if row.prefix == "93")
    assert found == [("2026-11-29", 200_000), ("2026-12-20", 300_000)]


@pytest.mark.parametrize("word", ["Future", "Next", "New"])
def test_a_second_date_of_another_rate_is_asked_for(word: str) -> None:
    text = f"Destination,Code,Rate,Effective Date,{word} Rate,{word} Effective Date\n{ROWS}"
    rate_map = proposed(text.encode())
    assert word == "Next" or 'rate = ""  # decide: write the one to import of' in rate_map
    assert f'# unsure: "{word} Effective Date" in column F has dates too' in rate_map


@pytest.mark.parametrize("columns", ["Issue Date,Rate,Effective Date", "Rate,Effective Date,Last Effective Date"])
def test_another_date_beside_that_of_the_rate_is_no_doubt(columns: str) -> None:
    text = f"Destination,Code,{columns}\nAlbania,355,2026-10-01,0.2,2026-11-01\nFrance,33,2026-10-02,0.3,2026-11-01\n"
    if columns.startswith("Rate"):
        text = (
            f"Destination,Code,{columns}\nAlbania,355,0.2,2026-11-01,2026-10-01\nFrance,33,0.3,2026-11-01,2026-10-02\n"
        )
    rate_map = proposed(text.encode())
    assert 'effective_from = "Effective Date"\n' in rate_map
    assert imported(text, rate_map).row("33", "2026-11-01").rate_micros_per_minute == 300_000


@pytest.mark.parametrize(
    ("columns", "cells"),
    [
        ("Old Rate,Old Increment,New Rate,New Increment", "0.2,1/1,0.3,60/30"),
        ("Old Increment,Rate,Increment", "1/1,0.3,60/30"),
        ("Previous Minimum,Previous Increment,Minimum,Increment,Rate", "1,1,60,30,0.3"),
    ],
)
def test_new_increments_count_and_old_ones_do_not(columns: str, cells: str) -> None:
    text = f"Destination,Code,Date,{columns}\nAfghanistan,93,2026-12-20,{cells}\nAlbania,355,2026-12-20,{cells}\n"
    outcome = imported(text, proposed(text.encode()))
    row = outcome.row("93", "2026-12-20")
    assert (row.rate_micros_per_minute, row.minimum_seconds, row.increment_seconds) == (300_000, 60, 30)
    assert {row.rate_micros_per_minute for row in outcome.rows if row.prefix == "93"} <= {200_000, 300_000}


def test_an_old_fee_is_neither_the_fee_nor_an_old_rate() -> None:
    text = "Destination,Code,Date,Old Setup Fee,Setup Fee,Rate\nAfghanistan,93,2026-12-20,0.2,0.1,0.3\n"
    text += "Albania,355,2026-12-20,0.2,0.1,0.3\n"
    (row,) = [row for row in imported(text, proposed(text.encode())).rows if row.prefix == "93"]
    assert (row.rate_micros_per_minute, row.connection_fee_micros) == (300_000, 100_000)
