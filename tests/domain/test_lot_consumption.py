"""How calls use granted credit: the listed cases, and laws over random grants, charges, returns, and expiries."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from calling_credit.ledger.credit_terms import CreditKind
from calling_credit.lots.consumption import unused_micros, used_micros
from calling_credit.lots.lot import Lot


def lot(name: str, amount: int, ends: str | None = None, *, granted: int = 0, charged: int = 0) -> Lot:
    """A lot that was granted in some minute, at a running sum of charges."""
    at = f"2026-11-01T{granted // 60:02d}:{granted % 60:02d}:00.000Z"
    return Lot("acct_1", name, CreditKind.GRANTED, at, amount, charged, ends)


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
    ended = replace(lot("a", 50, "1"), ended_at="2026-11-02", charged_at_end=20, expired_micros=10)
    lots = [ended, lot("b", 30, "2")]
    assert used_micros(lots, 40) == {"a": 20, "b": 20}
    assert unused_micros(lots, 40) == {"b": 10}


def test_expired_credit_can_no_longer_be_used() -> None:
    lots = [replace(lot("a", 50, "1"), expired_micros=30), lot("b", 30, "2")]
    assert used_micros(lots, 40) == {"a": 20, "b": 20}


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("grant"), st.integers(1, 100), st.sampled_from([None, "2026-12-01", "2026-12-02", "2027"])),
        st.tuples(st.just("charge"), st.integers(0, 150), st.none()),
        st.tuples(st.just("return"), st.integers(0, 80), st.none()),
        st.tuples(st.just("expire"), st.integers(0, 5), st.integers(0, 100)),
    ),
    max_size=25,
)


@given(STEPS)
def test_used_and_expired_never_exceed_the_amount(steps: list[tuple[str, int, object]]) -> None:
    lots: list[Lot] = []
    charged = 0
    for minute, (step, number, more) in enumerate(steps):
        if step == "grant":
            ends = more if isinstance(more, str) else None
            lots.append(lot(f"lot_{minute:02d}", number, ends, granted=minute, charged=charged))
        elif step == "charge":
            charged += number
        elif step == "return":
            charged -= min(number, charged)
        elif lots and lots[number % len(lots)].ended_at is None:
            place = number % len(lots)
            left = unused_micros(lots, charged)[lots[place].lot_id]
            expired = lots[place].expired_micros + min(left, int(str(more)))
            ended = f"2026-11-01T{minute // 60:02d}:{minute % 60:02d}:30.000Z" if int(str(more)) % 2 else None
            lots[place] = replace(
                lots[place], expired_micros=expired, ended_at=ended, charged_at_end=charged if ended else 0
            )
        used = used_micros(lots, charged)
        for one in lots:
            assert 0 <= used[one.lot_id] <= one.amount_micros - one.expired_micros


@given(STEPS, st.integers(0, 500))
def test_a_further_charge_uses_lots_before_bought_credit(steps: list[tuple[str, int, object]], more: int) -> None:
    lots = [
        lot(f"lot_{minute:02d}", number, ends if isinstance(ends, str) else None, granted=minute)
        for minute, (step, number, ends) in enumerate(steps)
        if step == "grant"
    ]
    used = used_micros(lots, more)
    assert sum(used.values()) == min(more, sum(one.amount_micros for one in lots))
