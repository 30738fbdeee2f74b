"""The duration of a call compared with the time that its hold granted: the billed seconds, and the suspicious calls."""

import pytest

from calling_credit.ledger.call_entries import is_suspicious
from calling_credit.rates.pricing import seconds_to_bill


@pytest.mark.parametrize(
    ("duration", "granted", "billed"),
    [(60, 60, 60), (61, 60, 60), (62, 60, 60), (63, 60, 63), (59, 60, 59), (61, None, 61)],
)
def test_a_call_a_little_longer_than_granted_is_billed_as_granted(
    duration: int, granted: int | None, billed: int
) -> None:
    assert seconds_to_bill(duration, granted, 2) == billed


@pytest.mark.parametrize(
    ("duration", "granted", "expected"),
    [(14_400, None, False), (14_401, None, True), (4_200, 600, False), (4_201, 600, True), (30_000, 28_800, False)],
)
def test_a_hardly_believable_duration_is_suspicious(duration: int, granted: int | None, expected: bool) -> None:
    assert is_suspicious(duration, granted) is expected
