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
