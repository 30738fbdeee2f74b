"""Admission decisions: the granted duration, the held amount, every reason to refuse in its order, and quote = hold =
charge for any price.
"""

import random
from dataclasses import replace
from typing import Any

import pytest

from calling_credit.accounts.limits import Limits
from calling_credit.admission.decision import (
    MAX_GRANTED_SECONDS,
    Credit,
    decide_admission,
    emergency,
)
from calling_credit.admission.reasons import FRAUD_REASONS
from calling_credit.admission.refusals import AccountStatus
from calling_credit.admission.request import WORDS
from calling_credit.ledger.holds import affordable_seconds, price_of, rate_held
from calling_credit.rates.deck import Deck
from calling_credit.rates.pricing import RatedCall, rate_call
from tests.domain.admission_examples import DOLLAR, LIFTED, account_with, ask, context_of, hold_of, row
from tests.domain.examples import seconds_call

# --- Known cases ------------------------------------------------------------------------------------------------------


SECOND_BY_SECOND = row(
    rate_micros_per_minute=60 * DOLLAR, connection_fee_micros=DOLLAR, minimum_seconds=0, increment_seconds=1
)


@pytest.mark.parametrize(("asked", "granted"), [(3 * 3600, 9_999), (2 * 3600, 7_200)])
def test_a_balance_of_10000_with_a_fee_of_1_and_1_a_second(asked: int, granted: int) -> None:
    credit = Credit(10_000 * DOLLAR)
    decision = decide_admission(context_of(request=ask(asked), row=SECOND_BY_SECOND, credit=credit))
    assert (decision.reason, decision.max_seconds) == (None, granted)
    assert decision.held_micros == (1 + granted) * DOLLAR
    assert decision.limited_by == ("insufficient_credit" if granted < asked else None)


@pytest.mark.parametrize(("asked", "billed"), [(90, 120), (5, 60), (60, 60), (61, 120)])
def test_whole_increments_are_held(asked: int, billed: int) -> None:
    decision = decide_admission(context_of(request=ask(asked)))
    assert (decision.max_seconds, decision.held_micros) == (asked, billed * DOLLAR // 60)


def test_quote_hold_and_charge_are_equal_for_10000_random_prices() -> None:
    """The hold equals the price of the longest allowed call to the micro. A shorter call costs at most as much, and
    one more second would exceed the available credit.
    """
    rng = random.Random(20261125)
    refused = limited_calls = 0
    for _ in range(10_000):
        price = row(
            rate_micros_per_minute=rng.choice((0, rng.randint(1, 999), rng.randint(1, 100 * DOLLAR))),
            connection_fee_micros=rng.choice((0, rng.randint(1, 99), rng.randint(1, DOLLAR))),
            minimum_seconds=rng.choice((0, 1, 30, 60, rng.randint(0, 3600))),
            increment_seconds=rng.choice((1, 6, 60, rng.randint(1, 3600))),
        )
        asked = rng.choice((1, 600, rng.randint(1, MAX_GRANTED_SECONDS)))
        available = rng.choice((rng.randint(0, 1000), rng.randint(0, 100 * DOLLAR), rng.randint(0, 10_000 * DOLLAR)))
        decision = decide_admission(context_of(request=ask(asked), row=price, credit=Credit(available)))
        least = price_of(price, 1)
        if decision.reason is not None:
            refused += 1
            assert (decision.reason, decision.max_seconds, decision.held_micros) == ("insufficient_credit", 0, 0)
            assert least > available
            continue
        longest = decision.max_seconds
        assert 1 <= longest <= asked
        assert decision.held_micros == price_of(price, longest) <= available
        if longest < asked:
            limited_calls += 1
            assert decision.limited_by == "insufficient_credit"
            assert price_of(price, longest + 1) > available
        for seconds in (longest, rng.randint(1, longest)):
            call = replace(seconds_call(60), duration_seconds=seconds)
            rated = rate_call(call, Deck("deck-1", [price]), "US")
            assert isinstance(rated, RatedCall)
            charged = rated.price_micros
            assert charged <= decision.held_micros
            assert seconds < longest or charged == decision.held_micros
            if decision.hold is not None:
                assert rate_held(call, decision.hold, 0) == replace(rated, granted_seconds=longest)
                late = replace(call, duration_seconds=longest + rng.randint(0, 2))
                at_the_end = rate_held(late, decision.hold, 2)
                assert isinstance(at_the_end, RatedCall)
                assert at_the_end.price_micros == decision.held_micros
            else:
                assert charged == 0
    assert refused > 500
    assert limited_calls > 900


def test_affordable_seconds_are_the_longest_affordable_duration() -> None:
    """Compare with counting second by second, for small values."""
    rng = random.Random(7)
    for _ in range(2_000):
        price = row(
            rate_micros_per_minute=rng.randint(0, 40_000),
            connection_fee_micros=rng.choice((0, rng.randint(0, 9_000))),
            minimum_seconds=rng.randint(0, 9),
            increment_seconds=rng.randint(1, 7),
        )
        credit, most = rng.randint(-500, 20_000), rng.randint(1, 60)
        counted = max([seconds for seconds in range(1, most + 1) if price_of(price, seconds) <= credit], default=0)
        assert affordable_seconds(price, credit, most) == counted


# --- Reasons to refuse ------------------------------------------------------------------------------------------------


EVERYTHING_WRONG: dict[str, Any] = {
    "account": AccountStatus(
        is_closed=True, is_frozen=True, holds=True, limits=Limits(0, 0, 0, 0, blocked=("GB",), high_cost_allowed=())
    ),
    "may_call_abroad": None,
    "row": None,
    "credit": Credit(-DOLLAR),
}


def test_a_denial_gives_the_first_reason_that_applies() -> None:
    wrong = dict(EVERYTHING_WRONG)
    reasons = []

    def record_reason() -> None:
        decision = decide_admission(context_of(**wrong))
        assert (decision.max_seconds, decision.held_micros, decision.hold) == (0, 0, None)
        reasons.append(decision.reason)

    def fix(**changes: Any) -> None:
        wrong["account"] = replace(wrong["account"], **changes)
        record_reason()

    record_reason()
    fix(is_closed=False)
    fix(is_frozen=False)
    wrong["may_call_abroad"] = False
    record_reason()
    wrong["may_call_abroad"] = True
    record_reason()
    limits = Limits(0, 0, 0, 0)
    fix(limits=limits)
    wrong["row"] = row()
    record_reason()
    fix(limits=replace(limits, high_cost_allowed=("+4420",)))
    fix(limits=replace(limits, high_cost_micros=DOLLAR, simultaneous_calls=1))
    fix(limits=replace(limits, high_cost_micros=DOLLAR, simultaneous_calls=1, call_price_micros=DOLLAR))
    fix(limits=replace(LIFTED, high_cost_micros=DOLLAR))
    wrong["credit"] = Credit(DOLLAR - 1, may_recharge=True)
    record_reason()
    assert reasons == [
        "account_closed",
        "account_frozen",
        "unknown_line",
        "international_calling_off",
        "destination_blocked",
        "destination_unrated",
        "high_cost_destination",
        "simultaneous_calls_limit",
        "call_price_limit",
        "daily_spend_limit",
        "insufficient_credit",
        "recharging",
    ]
    wrong["credit"] = Credit(DOLLAR)
    assert decide_admission(context_of(**wrong)).max_seconds == 60


def test_an_unknown_account_is_refused() -> None:
    assert decide_admission(context_of(account=None, may_call_abroad=None)).reason == "unknown_account"


def test_every_reason_has_a_message() -> None:
    others = {"call_finished", "hold_expired", "unknown_account", "insufficient_credit", "recharging"}
    assert set(WORDS) >= FRAUD_REASONS | others
    assert all(words.endswith(".") for words in WORDS.values())


@pytest.mark.parametrize("number", ["911", "988", "112", "+911", "+112", "+1911", "+1112", "+44999", "+1988", "+988"])
def test_emergency_calls_are_never_refused_and_hold_nothing(number: str) -> None:
    decision = emergency(ask(dialled_number=number))
    assert decision is not None
    assert (decision.reason, decision.held_micros, decision.hold) == (None, 0, None)
    assert emergency(ask()) is None
    assert emergency(ask(dialled_number="411")) is None


FREE: dict[str, dict[str, Any]] = {
    "included": {"row": row(rate_micros_per_minute=0, category="included")},
    "short code": {"row": None, "request": ask(dialled_number="411")},
}


@pytest.mark.parametrize("kind", FREE)
def test_a_free_call_needs_only_an_open_account_and_holds_nothing(kind: str) -> None:
    account = EVERYTHING_WRONG["account"]
    decisions = [
        decide_admission(context_of(**EVERYTHING_WRONG | FREE[kind] | {"account": status}))
        for status in (
            None,
            account,
            replace(account, is_closed=False),
            replace(account, is_closed=False, is_frozen=False),
        )
    ]
    assert [(decision.reason, decision.max_seconds) for decision in decisions] == [
        ("unknown_account", 0),
        ("account_closed", 0),
        ("account_frozen", 0),
        (None, 600),
    ]
    assert all((decision.held_micros, decision.hold) == (0, None) for decision in decisions)


def test_a_priced_short_code_needs_a_line_and_credit_only() -> None:
    """Its digits are no prefix: neither a blocked place nor the high-cost limit applies."""
    priced = row(prefix="411", country="US", connection_fee_micros=3 * DOLLAR, category="outbound_short_code_call")
    account = account_with(blocked=("US", "+411", "+41", "CH"), high_cost_micros=0)
    changes = {"request": ask(60, dialled_number="411"), "row": priced, "account": account, "may_call_abroad": False}
    decision = decide_admission(context_of(**changes))
    assert (decision.reason, decision.max_seconds, decision.held_micros) == (None, 60, 4 * DOLLAR)
    assert hold_of(decision).amount_micros == price_of(priced, 60)
    assert decide_admission(context_of(**changes | {"may_call_abroad": None})).reason == "unknown_line"
    assert decide_admission(context_of(**changes | {"credit": Credit(DOLLAR)})).reason == "insufficient_credit"


def test_an_account_without_holds_gets_the_same_decision() -> None:
    off = AccountStatus(is_closed=False, is_frozen=False, holds=False, limits=LIFTED)
    decision = decide_admission(context_of(account=off, credit=Credit(3 * DOLLAR)))
    assert (decision.reason, decision.max_seconds, decision.held_micros, decision.hold) == (None, 180, 0, None)
    assert decide_admission(context_of(account=off, credit=Credit(0))).reason == "insufficient_credit"
