"""A charge is the fewest multiples that close the gap within every cap, for any rule and balance."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from calling_credit.recharge.decision import BuyCredit, RechargeContext, Stop, decide_recharge
from tests.domain.payment_examples import (
    MANY,
    RULE,
    ago,
    remembering,
    situation,
    succeeded,
    usd,
)

dollars = st.integers(500, 50_000).map(lambda cents: cents * 10_000)


@st.composite
def situations(draw: st.DrawFn) -> RechargeContext:
    """Any rule at any balance, with amounts spent today and earlier this month."""
    amount = draw(dollars)
    limits = st.integers(amount // 10_000, 1_000_000).map(lambda cents: cents * 10_000)
    rule = replace(
        RULE,
        threshold_micros=draw(st.integers(0, 1_000_000)) * 10_000,
        amount_micros=amount,
        hourly_count=20,
        daily_limit_micros=draw(limits),
        monthly_limit_micros=draw(limits),
    )
    today = [succeeded(ago(hours=hours), draw(dollars)) for hours in draw(st.lists(st.integers(1, 6), max_size=3))]
    earlier = [succeeded(ago(days=days), draw(dollars)) for days in draw(st.lists(st.integers(2, 20), max_size=3))]
    return situation(
        rule=rule,
        state=remembering(*today, *earlier),
        posted_micros=rule.threshold_micros + draw(st.integers(-2_000_000_000, 10_000_000)),
        pending_micros=draw(st.just(0) | dollars),
        maximum_micros=draw(st.sampled_from([usd("100"), usd("500"), MANY])),
    )


def rooms(s: RechargeContext) -> list[int]:
    """The amount that each cap leaves."""
    earlier_today = sum(spent.amount_micros for spent in s.state.recent if spent.at > ago(hours=7))
    this_month = sum(spent.amount_micros for spent in s.state.recent)
    rule = s.rule
    return [rule.daily_limit_micros - earlier_today, rule.monthly_limit_micros - this_month, s.maximum_micros]


@given(situations())
def test_a_charge_is_the_fewest_multiples_within_the_caps(s: RechargeContext) -> None:
    decision = decide_recharge(s)
    amount, room = s.rule.amount_micros, min(rooms(s))
    gap = s.rule.threshold_micros - s.posted_micros - s.pending_micros
    if isinstance(decision, Stop):
        assert gap <= 0 or room < amount
        return
    assert isinstance(decision, BuyCredit)
    charged = decision.amount_micros
    assert gap > 0
    assert charged > 0
    assert charged % amount == 0
    assert charged <= room
    assert charged - amount < gap, "one multiple fewer is not enough"
    assert charged >= gap or charged + amount > room, "the charge closes the gap unless a cap prevents it"
