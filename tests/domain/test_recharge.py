"""When automatic recharge charges, how much, and the first reason not to charge."""

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest

from calling_credit.recharge import attempts
from calling_credit.recharge.attempts import InFlight, State, record_decline, record_payment
from calling_credit.recharge.decision import BuyCredit, RechargeContext, Resume, Stop, armed_threshold, decide_recharge
from calling_credit.recharge.settings import apply_settings, parse_rule_settings
from calling_credit.topups.declines import Decline
from tests.domain.examples import NOW
from tests.domain.payment_examples import (
    BOUNDS,
    CARD,
    MANUAL,
    RULE,
    UNLIMITED,
    ago,
    ahead,
    automatic,
    remembering,
    situation,
    succeeded,
    usd,
)

# --- How much ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("posted", "amount"),
    [
        ("9.999999", "50"),
        ("5", "50"),
        ("-40", "50"),
        ("-40.000001", "100"),
        ("-429.80", "450"),
        ("-440", "450"),
    ],
)
def test_one_payment_closes_the_gap_with_the_fewest_multiples(posted: str, amount: str) -> None:
    assert decide_recharge(situation(rule=UNLIMITED, posted_micros=usd(posted))) == BuyCredit(usd(amount))


def test_the_default_daily_limit_leaves_four_of_nine_multiples() -> None:
    assert decide_recharge(situation(posted_micros=usd("-429.80"))) == BuyCredit(usd("200"))


def test_one_payment_never_exceeds_the_maximum() -> None:
    deep = situation(rule=UNLIMITED, posted_micros=usd("-10000"), maximum_micros=usd("499.99"))
    assert decide_recharge(deep) == BuyCredit(usd("450"))


def test_a_pending_payment_counts_toward_the_balance() -> None:
    rule = replace(RULE, threshold_micros=usd("6"))
    assert decide_recharge(situation(rule=rule, posted_micros=usd("5.50"))) == BuyCredit(usd("50"))
    coming = situation(rule=rule, posted_micros=usd("5.50"), pending_micros=usd("1.00"))
    assert decide_recharge(coming) == Stop("above_threshold")
    assert decide_recharge(situation(rule=UNLIMITED, posted_micros=usd("-45"), pending_micros=usd("5"))) == BuyCredit(
        usd("50")
    )


@pytest.mark.parametrize("posted", ["10", "10.000001", "1000"])
def test_a_balance_at_the_threshold_has_not_fallen_below_it(posted: str) -> None:
    assert decide_recharge(situation(posted_micros=usd(posted))) == Stop("above_threshold")


def test_a_threshold_of_zero_charges_at_a_negative_balance() -> None:
    rule = replace(RULE, threshold_micros=0)
    assert decide_recharge(situation(rule=rule, posted_micros=0)) == Stop("above_threshold")
    assert decide_recharge(situation(rule=rule, posted_micros=-1)) == BuyCredit(usd("50"))


# --- Changes that start a charge --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("posted", "decision"), [("5", BuyCredit(usd("50"))), ("15", Stop("above_threshold"))])
def test_switching_on_below_the_threshold_charges_at_once(posted: str, decision: BuyCredit | Stop) -> None:
    off = replace(RULE, enabled=False)
    assert decide_recharge(situation(rule=off, posted_micros=usd(posted))) == Stop("disabled")
    rule, state = apply_settings(parse_rule_settings({"enabled": True}, off, BOUNDS), CARD, off, State(), NOW)
    assert decide_recharge(situation(rule=rule, state=state, posted_micros=usd(posted))) == decision


def test_a_threshold_raised_above_the_balance_charges() -> None:
    assert decide_recharge(situation(posted_micros=usd("15"))) == Stop("above_threshold")
    rule, state = apply_settings(parse_rule_settings({"threshold": "20.00"}, RULE, BOUNDS), CARD, RULE, State(), NOW)
    assert decide_recharge(situation(rule=rule, state=state, posted_micros=usd("15"))) == BuyCredit(usd("50"))


def test_a_paid_top_up_ends_a_back_off_but_granted_credit_does_not() -> None:
    begun = attempts.record_claim(State(), "tu_1", usd("50"), CARD.fingerprint, NOW)
    state = record_decline(begun, automatic(1), Decline("insufficient_funds"), NOW)
    waits = Stop("backing_off", ahead(hours=1))
    assert decide_recharge(situation(state=state)) == waits
    assert decide_recharge(situation(state=state, posted_micros=usd("1000"))) == Stop("above_threshold")
    assert decide_recharge(situation(state=state, posted_micros=usd("9"))) == waits
    assert decide_recharge(situation(state=record_payment(state, MANUAL))) == BuyCredit(usd("50"))


# --- The reasons to stop, in their order ------------------------------------------------------------------------------


Change = Callable[[RechargeContext], RechargeContext]
IN_FLIGHT = InFlight(7, "tu_7", ahead(seconds=120))


def of_state(name: str, value: Any) -> Change:
    """A change of one field of the state."""
    return lambda s: replace(s, state=replace(s.state, **{name: value}))


def of_past(*more: attempts.Attempt) -> Change:
    """A change that adds past attempts."""
    return lambda s: replace(s, state=replace(s.state, recent=remembering(*s.state.recent, *more).recent))


REASONS: list[tuple[Stop, Change]] = [
    (Stop("disabled"), lambda s: replace(s, rule=replace(s.rule, enabled=False))),
    (Stop("account_closed"), lambda s: replace(s, is_closed=True)),
    (Stop("card_unusable"), of_state("suspended_reason", attempts.SuspensionReason.UNUSABLE)),
    (Stop("above_threshold"), lambda s: replace(s, posted_micros=s.rule.threshold_micros)),
    (Stop("in_flight"), of_state("in_flight", IN_FLIGHT)),
    (Stop("backing_off", ahead(hours=1)), of_state("not_before", ahead(hours=1))),
    (Stop("card_blocked"), lambda s: replace(s, card=replace(s.card, is_blocked=True))),
    (
        Stop("card_declined_too_often", ago(days=-10)),
        lambda s: replace(s, card=replace(s.card, tries_left=0, retry_at=ago(days=-10))),
    ),
    (Stop("hourly_count", ahead(minutes=10)), of_past(*(succeeded(ago(minutes=50 - at)) for at in (0, 20, 40)))),
    (Stop("daily_limit", "2026-11-24T05:00:00.000Z"), of_past(succeeded(ago(hours=2), usd("150.01")))),
    (Stop("monthly_limit", "2026-12-01T05:00:00.000Z"), of_past(succeeded(ago(days=10), usd("950.01")))),
    (Stop("top_up_maximum"), lambda s: replace(s, maximum_micros=usd("49.99"))),
]


@pytest.mark.parametrize(("stop", "change"), REASONS, ids=[stop.code for stop, _ in REASONS])
def test_each_reason_stops_with_its_code_and_its_end(stop: Stop, change: Change) -> None:
    assert decide_recharge(situation()) == BuyCredit(usd("50"))
    assert decide_recharge(change(situation())) == stop


@pytest.mark.parametrize(
    ("first", "second"),
    list(combinations(REASONS, 2)),
    ids=lambda reason: reason[0].code,
)
def test_the_earlier_of_two_reasons_is_reported(first: tuple[Stop, Change], second: tuple[Stop, Change]) -> None:
    for one, other in ((first, second), (second, first)):
        decision = decide_recharge(other[1](one[1](situation())))
        assert isinstance(decision, Stop)
        assert decision.code == first[0].code


@pytest.mark.parametrize(
    "reason",
    [
        attempts.SuspensionReason.AUTHENTICATION,
        attempts.SuspensionReason.REPEATEDLY,
        attempts.SuspensionReason.UNUSABLE,
        attempts.SuspensionReason.REMOVED,
    ],
)
def test_a_suspension_is_reported_by_its_cause(reason: str) -> None:
    assert decide_recharge(situation(state=State(suspended_reason=reason))) == Stop(reason)


# --- A recharge in flight ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lease_until", "decision"),
    [
        (ahead(seconds=120), Stop("in_flight")),
        (ahead(milliseconds=1), Stop("in_flight")),
        (ago(), Resume("tu_7")),
        (ago(hours=5), Resume("tu_7")),
    ],
)
def test_a_recharge_in_flight_is_resumed_after_its_lease(lease_until: str, decision: Stop | Resume) -> None:
    assert decide_recharge(situation(state=State(attempt=7, in_flight=InFlight(7, "tu_7", lease_until)))) == decision


def test_a_lost_recharge_is_resumed_even_if_a_cap_is_reached() -> None:
    lost = InFlight(7, "tu_7", ago(seconds=1))
    spent = remembering(*(succeeded(ago(minutes=30)) for _ in range(4)), in_flight=lost, not_before=ahead(hours=1))
    assert decide_recharge(situation(state=spent)) == Resume("tu_7")


# --- The armed threshold ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "is_watched"),
    [
        (State(), True),
        (State(attempt=7, in_flight=IN_FLIGHT), True),
        (State(suspended_reason=attempts.SuspensionReason.REPEATEDLY), False),
        (State(stopped="daily_limit", next_attempt_at=ahead(milliseconds=1)), False),
        (State(stopped="daily_limit", next_attempt_at=ago()), True),
        (State(stopped="top_up_maximum"), False),
    ],
)
def test_a_rule_is_armed_only_while_it_could_charge(state: State, is_watched: bool) -> None:
    assert armed_threshold(RULE, state, NOW) == (RULE.threshold_micros if is_watched else None)
    assert armed_threshold(replace(RULE, enabled=False), state, NOW) is None
