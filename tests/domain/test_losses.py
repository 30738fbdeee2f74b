"""A row sells at a loss if a call of 60 seconds to some of its numbers costs the operator more than it brings."""

import pytest

from calling_credit.rates.deck import RateRow
from calling_credit.rates.home_numbers import HomeNumbers
from calling_credit.rates.layered_states import rows_by_prefix
from calling_credit.rates.losses import sold_at_a_loss

AT = "2026-11-23T10:00:00.000Z"
PAST, LATER = "2026-01-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z"
HOME = HomeNumbers(("US", "CA"))


def row(prefix: str, rate: int, *, origin: str = "*", since: str = PAST, fee: int = 0, step: int = 60) -> RateRow:
    return RateRow(prefix, "A place", "KH", origin, rate, fee, step, step, since, "outbound_international_call")


def losses(sold: list[RateRow], cost: list[RateRow], below: list[RateRow] | None = None) -> list[tuple[str, str]]:
    """The prefix of each row with a loss, and the first numbers with one."""
    layers = tuple(map(rows_by_prefix, (sold, below or [])))
    found = sold_at_a_loss("", layers, rows_by_prefix(cost), HOME, AT)
    return sorted((sample.row.prefix, sample.prefix) for sample in found.values() if sample.row)


@pytest.mark.parametrize(
    ("sold", "cost", "found"),
    [
        ([row("855", 10)], [row("855", 10)], []),
        ([row("855", 10)], [row("855", 11)], [("855", "855")]),
        ([row("855", 10)], [row("85", 11)], [("855", "855")]),
        ([row("855", 10)], [row("855", 9), row("85597", 11)], [("855", "85597")]),
        ([row("855", 10), row("85597", 11)], [row("855", 9), row("85597", 11)], []),
        ([row("855", 10)], [row("44", 11)], []),
        ([row("855", 10, fee=1)], [row("855", 11)], []),
        ([row("855", 10, step=1)], [row("855", 9, fee=2)], [("855", "855")]),
        ([row("855", 10)], [row("855", 9), row("855", 11, since=LATER)], [("855", "855")]),
        ([row("855", 10), row("855", 12, since=LATER)], [row("855", 9), row("855", 11, since=LATER)], []),
        ([row("855", 10, origin="GB"), row("855", 20)], [row("855", 11)], [("855", "855")]),
        ([row("855", 10)], [row("855", 9), *(row(f"855{digit}", 5) for digit in range(10))], []),
        ([row("855", 10)], [row("855", 11), *(row(f"855{digit}", 5) for digit in range(10))], []),
    ],
)
def test_losses_are_found_number_by_number(
    sold: list[RateRow], cost: list[RateRow], found: list[tuple[str, str]]
) -> None:
    assert losses(sold, cost) == found


def test_a_lists_row_answers_only_for_the_numbers_that_it_prices() -> None:
    cost = [row("855", 9), row("85597", 50)]
    assert losses([row("855", 10)], cost, below=[row("85597", 60)]) == []
    assert losses([row("855", 10)], cost, below=[row("85598", 60)]) == [("855", "85597")]


def test_included_home_calls_bring_nothing_and_are_no_loss() -> None:
    home = RateRow("1212", "New York", "US", "*", 0, 0, 60, 60, PAST, "included")
    abroad = RateRow("44", "United Kingdom", "GB", "*", 0, 0, 60, 60, PAST, "included")
    assert losses([home, abroad], [row("1", 5), row("44", 5)]) == [("44", "44")]
