"""Percentages of a budget are announced when spending reaches them, and never again by a change of the limit."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from calling_credit.budgets.counters import SpendCounter
from calling_credit.budgets.thresholds import announced_percents, limit_action, reached_percents, told_flags

LIMITS = st.integers(0, 400)
STEPS = st.lists(st.tuples(st.sampled_from(["spend", "limit", "give back"]), st.integers(0, 300)), max_size=12)


def test_a_percentage_is_reached_exactly_at_its_amount() -> None:
    assert reached_percents(100, 79) == ()
    assert reached_percents(100, 80) == reached_percents(100, 99) == (80,)
    assert reached_percents(100, 100) == (80, 100)
    assert reached_percents(3, 2) == ()


def test_nothing_is_reached_without_a_limit_or_spending() -> None:
    assert reached_percents(None, 100) == reached_percents(0, 0) == reached_percents(0, -5) == ()
    assert reached_percents(0, 1) == (80, 100)


def applied(image: dict[str, Any], limit: int) -> dict[str, Any]:
    """The image after another limit, by the action that stores it."""
    spent, warned = image["spent_micros"], image.get("warned", 0)
    counter = SpendCounter("acct_1", "SPENT#2026-11#LINE#l", image["limit_micros"], spent, warned=warned)
    values = limit_action("table", counter, limit - image["limit_micros"])["Update"]["ExpressionAttributeValues"]
    return image | {"limit_micros": limit, "warned": int(values[":warned"]["N"])}


def spent(image: dict[str, Any], amount: int) -> dict[str, Any]:
    """The image after more spending."""
    return image | {"spent_micros": image["spent_micros"] + amount}


def given_back(image: dict[str, Any], amount: int) -> dict[str, Any]:
    """The image after less spending."""
    counter = SpendCounter("acct_1", "SPENT#2026-11#LINE#l", image["limit_micros"], image["spent_micros"])
    return spent(image, -amount) | dict.fromkeys(told_flags(counter), True)


@given(LIMITS, STEPS)
def test_each_percentage_is_announced_at_most_once(limit: int, steps: list[tuple[str, int]]) -> None:
    image: dict[str, Any] = {"limit_micros": limit, "spent_micros": 0}
    announced: list[int] = []
    for kind, amount in steps:
        after = {"spend": spent, "limit": applied, "give back": given_back}[kind](image, amount)
        announced += announced_percents(image, after)
        image = after
    assert len(announced) == len(set(announced))
    if reached_percents(image["limit_micros"], image["spent_micros"]):
        assert set(announced) >= set(reached_percents(image["limit_micros"], image["spent_micros"]))


def test_an_ended_budget_announces_nothing_until_it_begins_again() -> None:
    image = {"limit_micros": 100, "spent_micros": 50}
    ended = image | {"ended": True}
    later = ended | {"spent_micros": 90}
    assert announced_percents(image, ended) == announced_percents(ended, later) == ()
    begun = {name: value for name, value in later.items() if name != "ended"}
    assert announced_percents(later, begun) == (80,)
