"""Durations become metrics with their distribution, in few bytes."""

import pytest

from calling_credit.metrics import MAX_VALUES, sample


def test_a_sample_of_few_values_is_all_of_them() -> None:
    assert sample([3, 1, 2]) == [1, 2, 3]
    assert sample([]) == []


@pytest.mark.parametrize("count", [MAX_VALUES, MAX_VALUES + 1, 1_000, 10_000])
def test_a_sample_keeps_the_smallest_the_middle_and_the_largest(count: int) -> None:
    values = sample(range(count))
    assert len(values) == MAX_VALUES
    assert (values[0], values[-1]) == (0, count - 1)
    assert abs(values[MAX_VALUES // 2] - (count - 1) / 2) <= 1
