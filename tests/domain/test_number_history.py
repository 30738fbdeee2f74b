"""A number belongs to one line at a time, and the past of a number never changes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.accounts.number_history import (
    MAX_ASSIGNMENTS,
    NEVER_ASSIGNED,
    Assignment,
    Holder,
    LineName,
    NumberHistory,
    NumberProblem,
    accounts_of,
    assign,
    assignment_at,
    forget_account,
    mark_ambiguous,
    release,
)
from calling_credit.accounts.number_store import _to_item, history_from_item
from calling_credit.instants import format_instant

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
LEAD = timedelta(seconds=120)
LINES = [LineName(account, line) for account in ("acct_1", "acct_2", "acct_3") for line in ("line_1", "line_2")]
FIRST, SECOND = Holder(LINES[0], "user_1"), Holder(LINES[2], "user_2")


def at(seconds: float) -> str:
    """An instant after the start."""
    return format_instant(START + timedelta(seconds=seconds))


def give(history: NumberHistory, holder: Holder, seconds: float) -> NumberHistory:
    """Assign at a time, with the lead."""
    return assign(history, holder, at(seconds), at(seconds + 120))


def take(history: NumberHistory, line: LineName, seconds: float) -> NumberHistory:
    """Release at a time, with the lead."""
    return release(history, line, at(seconds), at(seconds + 120))


def holder_at(history: NumberHistory, seconds: float) -> Holder | NumberProblem:
    """Who has the number then."""
    found = assignment_at(history, at(seconds))
    return found.holder if isinstance(found, Assignment) else found


def test_a_free_number_belongs_to_its_line_at_once() -> None:
    history = give(NEVER_ASSIGNED, FIRST, 0)
    assert [holder_at(history, seconds) for seconds in (-0.001, 0, 10_000)] == ["unknown_number", FIRST, FIRST]


def test_a_move_takes_effect_without_a_gap_after_the_lead() -> None:
    history = give(take(give(NEVER_ASSIGNED, FIRST, 0), FIRST.line, 1000), SECOND, 1000)
    assert [holder_at(history, seconds) for seconds in (999, 1119.999, 1120, 9999)] == [FIRST, FIRST, SECOND, SECOND]


def test_a_number_that_is_given_up_names_no_line_after_the_lead() -> None:
    history = take(give(NEVER_ASSIGNED, FIRST, 0), FIRST.line, 1000)
    assert [holder_at(history, seconds) for seconds in (1119, 1120)] == [FIRST, "unknown_number"]


def test_a_line_that_takes_its_number_back_in_time_never_lost_it() -> None:
    history = give(take(give(NEVER_ASSIGNED, FIRST, 0), FIRST.line, 1000), FIRST, 1010)
    assert history == give(NEVER_ASSIGNED, FIRST, 0)


def test_another_user_of_the_line_takes_over_after_the_lead() -> None:
    other = replace(FIRST, user_id="user_9")
    history = give(give(NEVER_ASSIGNED, FIRST, 0), other, 1000)
    assert [holder_at(history, seconds) for seconds in (1119, 1120)] == [FIRST, other]


def test_a_number_of_two_lines_names_none_until_one_gives_it_up() -> None:
    history = mark_ambiguous(give(NEVER_ASSIGNED, FIRST, 0), SECOND, at(1120))
    assert [holder_at(history, seconds) for seconds in (1119, 1120)] == [FIRST, "number_ambiguous"]
    assert history.is_taken(FIRST.line)
    assert history.is_taken(SECOND.line)
    history = take(history, FIRST.line, 5000)
    assert [holder_at(history, seconds) for seconds in (1119, 4999, 5000)] == [FIRST, "unknown_number", SECOND]


def test_a_line_is_marked_once() -> None:
    history = mark_ambiguous(give(NEVER_ASSIGNED, FIRST, 0), SECOND, at(120))
    assert mark_ambiguous(history, SECOND, at(500)) == mark_ambiguous(history, FIRST, at(500)) == history


def test_two_of_three_lines_that_claim_a_number_keep_it_ambiguous() -> None:
    third = Holder(LINES[4], "user_3")
    history = mark_ambiguous(mark_ambiguous(give(NEVER_ASSIGNED, FIRST, 0), SECOND, at(120)), third, at(240))
    history = take(history, SECOND.line, 1000)
    assert (holder_at(history, 2000), history.claims) == ("number_ambiguous", (FIRST, third))


def test_a_taken_number_is_never_given_to_another_line() -> None:
    with pytest.raises(AssertionError):
        give(give(NEVER_ASSIGNED, FIRST, 0), SECOND, 1000)


def test_only_ended_assignments_of_the_erased_account_are_forgotten() -> None:
    history = give(take(give(NEVER_ASSIGNED, FIRST, 0), FIRST.line, 1000), SECOND, 1000)
    assert forget_account(history, "acct_1", at(1119)) == history
    assert forget_account(history, "acct_2", at(9999)) == history
    assert [one.holder for one in forget_account(history, "acct_1", at(1120)).assignments] == [SECOND]


def test_present_accounts_are_listed_before_former_ones() -> None:
    history = give(take(give(NEVER_ASSIGNED, FIRST, 0), FIRST.line, 1000), SECOND, 1000)
    assert list(accounts_of(history)) == [("acct_2", True), ("acct_1", False)]


def test_the_oldest_assignments_are_dropped_at_the_limit() -> None:
    history = NEVER_ASSIGNED
    for number in range(MAX_ASSIGNMENTS + 5):
        history = give(history, Holder(LINES[0], f"user_{number % 2}"), number * 200)
    assert len(history.assignments) == MAX_ASSIGNMENTS
    assert holder_at(history, 0) == "unknown_number"


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["assign", "release", "mark", "move"]),
        st.sampled_from(LINES),
        st.sampled_from(["user_1", "user_2"]),
        st.integers(0, 300),
    ),
    max_size=25,
)


def step(history: NumberHistory, kind: str, holder: Holder, seconds: int) -> NumberHistory:
    """One change of a number, as a write of a line makes it."""
    if kind == "mark":
        marked = mark_ambiguous(history, holder, at(seconds + 120))
        return marked if history.is_taken(holder.line) else history
    if kind == "release":
        return take(history, holder.line, seconds)
    if kind == "move" and history.current is not None:
        history = take(history, history.current.holder.line, seconds)
    return history if history.is_taken(holder.line) else give(history, holder, seconds)


@given(STEPS)
def test_assignments_never_overlap_and_the_past_never_changes(
    steps: list[tuple[str, LineName, str, int]],
) -> None:
    history, now = NEVER_ASSIGNED, 0
    for kind, line, user, seconds in steps:
        before, now = history, now + seconds
        history = step(before, kind, Holder(line, user), now)
        assert all(one.until is not None and one.since < one.until for one in history.assignments[:-1])
        assert all(one.until <= two.since for one, two in pairwise(history.assignments) if one.until)
        for instant in range(0, now + 120, 30):
            was, found = (holder_at(one, instant) for one in (before, history))
            assert found == was if isinstance(was, Holder) else instant >= now or not isinstance(found, Holder)
        assert history_from_item(_to_item("+14155550100", history)) == history


@given(STEPS)
def test_a_history_decides_alike_until_half_of_the_lead_after_it_was_read(
    steps: list[tuple[str, LineName, str, int]],
) -> None:
    """A reader of a history decides about calls up to half of the lead later. No later change contradicts it."""
    history, now = NEVER_ASSIGNED, 0
    read: list[tuple[int, NumberHistory]] = []
    for kind, line, user, seconds in steps:
        read.append((now, history))
        now += seconds
        history = step(history, kind, Holder(line, user), now)
    for read_at, then in read:
        for instant in range(0, read_at + 60, 20):
            was = holder_at(then, instant)
            assert not isinstance(was, Holder) or was == holder_at(history, instant)
