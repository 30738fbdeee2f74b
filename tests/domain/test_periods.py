"""The period of a usage request."""

from datetime import date

import pytest

from calling_credit.errors import InvalidValue
from calling_credit.instants import Period, read_period

TODAY = "2026-11-23"


@pytest.mark.parametrize(
    ("first", "last", "period"),
    [
        (None, None, ("2026-11-01", "2026-11-23")),
        ("2026-10-05", None, ("2026-10-05", "2026-11-23")),
        (None, "2026-10-05", ("2026-10-01", "2026-10-05")),
        ("2026-10-05", "2026-10-05", ("2026-10-05", "2026-10-05")),
        ("2026-10-05", "2027-12-31", ("2026-10-05", "2027-12-31")),
        ("2027-01-01", None, ("2027-01-01", "2027-01-01")),
        (None, "2027-02-10", ("2027-02-01", "2027-02-10")),
        ("2016-11-15", "2026-11-23", ("2016-11-15", "2026-11-23")),
    ],
)
def test_a_period_is_the_requested_one_or_the_month_to_date(
    first: str | None, last: str | None, period: tuple[str, str]
) -> None:
    assert read_period(first, last, TODAY) == Period(*map(date.fromisoformat, period))


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        ("2026-11-02", "2026-11-01", "invalid_date_range"),
        ("2016-11-14", "2026-11-23", "invalid_date_range"),
        ("0001-01-01", "9999-12-31", "invalid_date_range"),
        ("", None, "invalid_date"),
        (None, "", "invalid_date"),
        ("2026-02-30", None, "invalid_date"),
        ("23.11.2026", None, "invalid_date"),
        ("2026-11-23T00:00:00Z", None, "invalid_date"),
    ],
)
def test_reversed_distant_or_invalid_dates_are_refused(first: str | None, last: str | None, code: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        read_period(first, last, TODAY)
    assert refused.value.code == code


def test_a_period_includes_both_ends() -> None:
    period = read_period("2026-11-02", "2026-11-03", TODAY)
    included = [text for text in ("2026-11-01", "2026-11-02", "2026-11-03", "2026-11-04") if period.holds(text)]
    assert included == ["2026-11-02", "2026-11-03"]
