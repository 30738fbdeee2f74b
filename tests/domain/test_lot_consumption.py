"""How calls use granted credit: the listed cases, and laws over random grants, charges, returns, and expiries."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.instants import format_instant
from calling_credit.ledger.credit_terms import CreditKind
from calling_credit.lots.consumption import is_followed, next_time, unused_micros, used_micros
from calling_credit.lots.lot import ExpiredPart, Lot, RemovedPart


def lot(name: str, amount: int, ends: str | None = None, *, granted: int = 0, charged: int = 0) -> Lot:
    """A lot that was granted in some minute, at a running sum of charges."""
    at = f"2026-11-01T{granted // 60:02d}:{granted % 60:02d}:00.000Z"
    return Lot("acct_1", name, CreditKind.GRANTED, at, amount, charged, ends)


def expire(one: Lot, taken: int, charged: int, minute: int, *, ends: bool) -> Lot:
    """A lot of which a part has expired in some minute, and which may have ended."""
    at = f"2026-11-01T{minute // 60:02d}:{minute % 60:02d}:00.000Z"
    if taken:
        parts = (*one.parts, ExpiredPart(at, taken, charged))
        one = replace(one, expired_micros=one.expired_micros + taken, expired_parts=len(parts), parts=parts)
    return replace(one, ended_at=at, charged_at_end=charged) if ends else one


def test_calls_use_the_first_to_expire_and_then_the_next() -> None:
    lots = [lot("a", 50), lot("b", 30, "3"), lot("c", 20, "4"), lot("d", 40, "5"), lot("e", 60, "2")]
    assert used_micros(lots, 90) == {"a": 0, "b": 30, "c": 0, "d": 0, "e": 60}
    assert sum(unused_micros(lots, 90).values()) == 110


def test_the_rest_of_three_lots() -> None:
    lots = [lot("a", 50, "1"), lot("b", 30, "2"), lot("c", 20, "3")]
    assert unused_micros(lots, 70) == {"a": 0, "b": 10, "c": 20}


def test_charges_before_a_grant_use_nothing_of_it() -> None:
    lots = [lot("a", 50, "9"), lot("b", 30, "1", granted=5, charged=20)]
    assert used_micros(lots, 30) == {"a": 20, "b": 10}


def test_returned_charges_go_first_to_bought_credit() -> None:
    lots = [lot("a", 50, "1"), lot("b", 30, "2", granted=1, charged=100)]
    assert used_micros(lots, 100) == {"a": 50, "b": 0}
    later = [lot("a", 50, "1"), lot("b", 30, "2"), lot("mark", 1, granted=5, charged=100)]
    assert used_micros(later, 90) == {"a": 50, "b": 30, "mark": 0}, "20 of the 100 were bought"
    assert used_micros(later, 70) == {"a": 50, "b": 20, "mark": 0}
    assert used_micros(later, 10) == {"a": 10, "b": 0, "mark": 0}


def test_an_ended_lot_is_used_no_further() -> None:
    ended = expire(lot("a", 50, "1"), 10, 20, 9, ends=True)
    lots = [ended, lot("b", 30, "2")]
    assert used_micros(lots, 40) == {"a": 20, "b": 20}
    assert unused_micros(lots, 40) == {"b": 10}


def test_expired_credit_can_no_longer_be_used() -> None:
    lots = [expire(lot("a", 50, "1"), 30, 0, 9, ends=False), lot("b", 30, "2")]
    assert used_micros(lots, 40) == {"a": 20, "b": 20}


def test_of_two_lots_that_expire_together_the_older_is_used_first() -> None:
    lots = [lot("z", 50, "1"), lot("a", 30, "1", granted=1)]
    assert used_micros(lots, 60) == {"z": 50, "a": 10}


def test_what_was_removed_can_no_longer_be_used() -> None:
    first, second = lot("a", 50, "1"), lot("b", 30, "2")
    at = lot("x", 1, granted=9).granted_at
    lots = [replace(first, removed=(RemovedPart(at, 30, 10, "adj_1"),)), second]
    assert used_micros(lots, 40) == {"a": 20, "b": 20}
    assert unused_micros(lots, 15) == {"a": 5, "b": 30}
    assert (lots[0].spendable_micros, lots[0].taken_back_micros) == (20, 30)
    left = replace(first, removed=(RemovedPart(at, 30, 10),))
    assert (left.spendable_micros, left.taken_back_micros) == (20, 0)


def test_an_earlier_expiry_of_a_part_does_not_rewrite_what_calls_used() -> None:
    """Two lots end on one day. Calls used both, a part of the second expired, and most charges were taken back."""
    first, second = lot("a", 54, "4"), lot("b", 53, "4", granted=1)
    other = lot("c", 48, "6", granted=4, charged=41)
    second = expire(second, 13, 79, 2, ends=True)
    lots = [first, second, other]
    before = used_micros(lots, 41)
    lots[0] = expire(first, 9, 41, 5, ends=False)
    assert used_micros(lots, 41) == before
    assert unused_micros(lots, 41)["a"] == 54 - before["a"] - 9


@pytest.mark.parametrize(("now", "charged", "at"), [(0, 5, 0), (0, 7, 1), (-3, 5, 0), (-3, 4, 1), (9, 7, 9)])
def test_what_happens_to_a_lot_is_after_all_before_it(now: int, charged: int, at: int) -> None:
    last = lot("b", 30, "2", granted=5, charged=5)
    moment = datetime.fromisoformat(last.granted_at)
    found = next_time([lot("a", 50), last], charged, moment + timedelta(milliseconds=now))
    assert found == format_instant(moment + timedelta(milliseconds=at))
    assert next_time([], charged, moment) == last.granted_at


def test_an_earlier_release_makes_only_the_lots_of_its_time_unsure() -> None:
    before = replace(lot("a", 50, "1"), untraced_at_grant=7)
    after = replace(lot("b", 30, "2", granted=2), untraced_at_grant=9)
    assert is_followed([], 9)
    assert is_followed([before], 7)
    assert not is_followed([before], 9), "the balance has moved beside it"
    assert not is_followed([before, after], 9), "calls use one before the other"
    ended = replace(expire(before, 0, 0, 3, ends=True), untraced_at_end=9)
    assert not is_followed([ended, after], 9), "they shared a time"
    early = replace(expire(before, 0, 0, 1, ends=True), untraced_at_end=7)
    assert is_followed([early, after], 9)
    assert is_followed([ended, replace(after, granted_at=lot("x", 1, granted=4).granted_at)], 9)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("grant"), st.integers(1, 60), st.integers(0, 4)),
        st.tuples(st.just("charge"), st.integers(0, 60), st.just(0)),
        st.tuples(st.just("return"), st.integers(0, 60), st.just(0)),
        st.tuples(st.just("expire"), st.integers(0, 9), st.integers(0, 60)),
        st.tuples(st.just("day"), st.just(0), st.just(0)),
    ),
    max_size=30,
)


@given(STEPS)
def test_a_step_changes_nothing_that_calls_have_used(steps: list[tuple[str, int, int]]) -> None:
    lots: list[Lot] = []
    charged = day = 0
    for minute, (step, number, more) in enumerate(steps):
        before = used_micros(lots, charged)
        place = number % len(lots) if lots else 0
        if step == "grant":
            ends = f"2026-12-{day + more:02d}" if more else None
            lots.append(lot(f"lot_{minute:02d}", number, ends, granted=minute, charged=charged))
            assert used_micros(lots, charged) == before | {lots[-1].lot_id: 0}
        elif step == "charge":
            charged += number
        elif step == "return":
            charged -= min(number, charged)
        elif step == "day":
            day += 1
        elif lots and lots[place].ended_at is None and (lots[place].ends_at or "~") <= f"2026-12-{day:02d}":
            left = unused_micros(lots, charged)
            name, taken = lots[place].lot_id, min(left[lots[place].lot_id], more)
            lots[place] = expire(lots[place], taken, charged, minute, ends=taken == left[name] or more % 2 == 0)
            assert used_micros(lots, charged) == before
            assert unused_micros(lots, charged).get(name, left[name] - taken) == left[name] - taken
        used = used_micros(lots, charged)
        for one in lots:
            assert 0 <= used[one.lot_id] <= one.amount_micros - one.expired_micros


@given(STEPS, st.integers(0, 500))
def test_a_further_charge_uses_lots_before_bought_credit(steps: list[tuple[str, int, int]], more: int) -> None:
    lots = [
        lot(f"lot_{minute:02d}", number, f"2026-12-{ends:02d}" if ends else None, granted=minute)
        for minute, (step, number, ends) in enumerate(steps)
        if step == "grant"
    ]
    used = used_micros(lots, more)
    assert sum(used.values()) == min(more, sum(one.amount_micros for one in lots))
