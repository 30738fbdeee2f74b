"""The parts of a call's standing charge."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.ledger.paid_parts import paid_parts, taken_from


def entries(*changes: int) -> list[dict[str, Any]]:
    """The entries of a call whose charge changed by these amounts: each later change takes back and charges again."""
    standing, found = 0, []
    for number, change in enumerate(changes):
        key = f"ENTRY#2026-11-23T10:00:00.000Z#c_1#rerated#{number}"
        told = {"SK": key, "recorded_at": f"at {number}", "category": "outbound_international_call"}
        amounts = (-change,) if not number else (standing, -standing - change)
        found += [told | {"amount_micros": amount} for amount in amounts]
        standing += change
    return found


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ((5,), [("at 0", 5)]),
        ((0,), []),
        ((5, 2), [("at 0", 5), ("at 1", 2)]),
        ((5, 2, -1), [("at 0", 5), ("at 1", 1)]),
        ((5, 2, -3), [("at 0", 4)]),
        ((5, 2, -3, 6), [("at 0", 4), ("at 3", 6)]),
        ((5, 0, -3), [("at 0", 2)]),
        ((0, 5, -5), []),
        ((5, -5, 4), [("at 2", 4)]),
    ],
)
def test_a_fall_takes_the_latest_part(changes: tuple[int, ...], parts: list[tuple[str, int]]) -> None:
    assert list(paid_parts(entries(*changes))) == parts


def test_goodwill_is_no_part_of_a_charge() -> None:
    goodwill = entries(5)[0] | {"category": "goodwill", "amount_micros": 3}
    assert paid_parts([*entries(5), goodwill]) == (("at 0", 5),)


@given(st.lists(st.integers(1, 9), max_size=5), st.integers(-5, 50))
def test_what_returns_is_the_fall_at_most_the_charge(amounts: list[int], fall: int) -> None:
    taken = taken_from([(str(number), amount) for number, amount in enumerate(amounts)], fall)
    assert sum(amount for _, amount in taken) == max(0, min(fall, sum(amounts)))
    assert [at for at, _ in taken] == sorted((at for at, _ in taken), reverse=True)
