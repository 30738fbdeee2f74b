"""Charges that are taken back are replayed as if they had never been."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.dynamodb.unreadable import UnreadableItem
from calling_credit.lots.consumption import steps_of, time_of_return, used_micros
from calling_credit.lots.lot import Lot
from calling_credit.lots.returns import LotReturn, Returned, lot_return_from_item, older_than_steps, returned_later
from tests.domain.test_lot_consumption import lot

FIRST, SECOND, THIRD = (f"2026-11-01T00:0{minute}:00.000Z" for minute in (1, 2, 3))


def test_a_charge_is_filed_under_the_first_step_after_it() -> None:
    charges = [("2026-11-01T00:00:00.000Z", 5), ("2026-11-01T00:01:30.000Z", 7), ("2026-11-01T00:01:31.000Z", 1)]
    assert older_than_steps([SECOND, FIRST], charges) == (Returned(FIRST, 5), Returned(SECOND, 8))


@pytest.mark.parametrize("charged_at", ["2026-11-01T00:02:59.001Z", THIRD, "2026-11-01T09:00:00.000Z"])
def test_a_charge_that_is_not_surely_older_counts_as_later(charged_at: str) -> None:
    assert older_than_steps([FIRST, SECOND, THIRD], [(charged_at, 5)]) == ()


def test_only_steps_between_the_charge_and_its_return_are_lowered() -> None:
    returns = [LotReturn(THIRD, (Returned(SECOND, 5), Returned(FIRST, 3)))]
    assert [returned_later(returns, at) for at in (FIRST, SECOND, THIRD)] == [3, 8, 0]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("grant"), st.integers(1, 60), st.integers(0, 4)),
        st.tuples(st.just("charge"), st.integers(1, 60), st.just(0)),
        st.tuples(st.just("return"), st.integers(0, 30), st.just(0)),
    ),
    max_size=40,
)


@given(STEPS)
def test_lots_are_used_as_if_returned_charges_had_never_been(steps: list[tuple[str, int, int]]) -> None:
    lots: list[Lot] = []
    charges: list[tuple[int, int]] = []
    for minute, (step, number, more) in enumerate(steps):
        charged = sum(amount for _, amount in charges)
        if step == "grant":
            ends = f"2026-12-{more:02d}" if more else None
            new = lot(f"lot_{minute:02d}", number, ends, granted=minute, charged=charged)
            lots.append(replace(new, returns=lots[0].returns if lots else ()))
        elif step == "charge":
            charges.append((minute, number))
        elif charges:
            charged_in, amount = charges.pop(number % len(charges))
            now = moment(minute)
            if returned := older_than_steps(steps_of(lots), [(moment(charged_in).granted_at, amount)]):
                one = LotReturn(now.granted_at, returned)
                lots = [replace(each, returns=(*each.returns, one)) for each in lots]
    never = [replace(one, returns=(), charged_at_grant=charged_before(one, charges)) for one in lots]
    charged = sum(amount for _, amount in charges)
    assert used_micros(lots, charged) == used_micros(never, charged)


def charged_before(one: Lot, charges: list[tuple[int, int]]) -> int:
    """The charges that were posted before a lot was granted."""
    return sum(amount for minute, amount in charges if moment(minute).granted_at < one.granted_at)


def moment(minute: int) -> Lot:
    """A lot that was granted in a minute, for its time."""
    return lot("moment", 1, granted=minute)


def test_a_return_is_later_than_all_before_it() -> None:
    now = datetime(2026, 11, 1, 0, 1, tzinfo=UTC)
    known = [lot("a", 5, granted=1)]
    assert time_of_return([], now) == FIRST
    assert time_of_return(known, now) == "2026-11-01T00:01:00.001Z"
    after = replace(known[0], returns=(LotReturn(SECOND, ()),))
    assert time_of_return([after], now) == "2026-11-01T00:02:00.001Z"


@pytest.mark.parametrize(
    "damage",
    [
        {"SK": "LOT_RETURN#later#c_1"},
        {"returned_charges": [{"step_at": "later", "amount_micros": 1}]},
        {"returned_charges": [{"amount_micros": 1}]},
    ],
)
def test_a_return_that_cannot_be_read_is_said_to_be_unreadable(damage: dict[str, object]) -> None:
    item = {"PK": "ACCOUNT#acct_1", "SK": f"LOT_RETURN#{FIRST}#c_1", "returned_charges": []}
    assert lot_return_from_item(item) == LotReturn(FIRST, ())
    with pytest.raises(UnreadableItem):
        lot_return_from_item(item | damage)
