"""Which calls may be connected, for how long, and what is held: every reason to refuse in its order, and quote = hold =
charge for whatever the price is.
"""

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from calling_credit.accounts.limits import Limits
from calling_credit.admission.decision import (
    AGAINST_FRAUD,
    AccountStatus,
    AdmissionContext,
    Ask,
    Credit,
    Decision,
    affordable_seconds,
    decide_admission,
    short_code,
)
from calling_credit.admission.request import WORDS, decision_view, read_ask
from calling_credit.call_events import MAX_DURATION_SECONDS
from calling_credit.errors import Conflict, InvalidValue
from calling_credit.instants import format_instant
from calling_credit.ledger.holds import Hold, holds_now, may_have_holds, price_of, rate_held
from calling_credit.rates.deck import Deck, RateRow
from calling_credit.rates.pricing import RatedCall, rate_call
from tests.domain.examples import NOW, seconds_call

LIFTED = Limits(10**15, 10**15, 10**6, 10**15)
"""No limit that a test of prices would meet."""
DOLLAR = 1_000_000
NUMBER = "+442071838750"


def row(**changes: Any) -> RateRow:
    """A dollar a minute in steps of a minute."""
    cells: dict[str, Any] = {
        "prefix": "44",
        "destination": "United Kingdom",
        "country": "GB",
        "origin": "*",
        "rate_micros_per_minute": DOLLAR,
        "connection_fee_micros": 0,
        "minimum_seconds": 60,
        "increment_seconds": 60,
        "effective_from": "2020-01-01T00:00:00.000Z",
        "category": "outbound_international_call",
    }
    return RateRow(**cells | changes)


def ask(seconds: int = 600, **changes: Any) -> Ask:
    """What the switch asks for the example call."""
    return replace(Ask("c_1", "acct_1", "line_1", NUMBER, seconds), **changes)


def situation(**changes: Any) -> AdmissionContext:
    """An account with 100 dollars and no limit to speak of."""
    usual: dict[str, Any] = {
        "ask": ask(),
        "account": AccountStatus(is_closed=False, is_frozen=False, holds=True, limits=LIFTED),
        "may_call_abroad": True,
        "origin": "US",
        "row": row(),
        "deck_version": "deck-1",
        "hold": None,
        "credit": Credit(100 * DOLLAR),
        "now": NOW,
    }
    return AdmissionContext(**usual | changes)


def limited(**limits: Any) -> AccountStatus:
    """An account with these limits."""
    return AccountStatus(is_closed=False, is_frozen=False, holds=True, limits=replace(LIFTED, **limits))


def held(decision: Decision) -> Hold:
    """The hold that a decision wants."""
    assert decision.hold is not None
    return decision.hold


# --- Known cases ------------------------------------------------------------------------------------------------------

SECOND_BY_SECOND = row(
    rate_micros_per_minute=60 * DOLLAR, connection_fee_micros=DOLLAR, minimum_seconds=0, increment_seconds=1
)


@pytest.mark.parametrize(("asked", "granted"), [(3 * 3600, 9_999), (2 * 3600, 7_200)])
def test_a_balance_of_10000_with_a_fee_of_1_and_1_a_second(asked: int, granted: int) -> None:
    credit = Credit(10_000 * DOLLAR)
    decision = decide_admission(situation(ask=ask(asked), row=SECOND_BY_SECOND, credit=credit))
    assert (decision.reason, decision.max_seconds) == (None, granted)
    assert decision.held_micros == (1 + granted) * DOLLAR
    assert decision.limited_by == ("insufficient_credit" if granted < asked else None)


@pytest.mark.parametrize(("asked", "billed"), [(90, 120), (5, 60), (60, 60), (61, 120)])
def test_whole_increments_are_held(asked: int, billed: int) -> None:
    decision = decide_admission(situation(ask=ask(asked)))
    assert (decision.max_seconds, decision.held_micros) == (asked, billed * DOLLAR // 60)


def test_quote_hold_and_charge_are_equal_for_10000_random_prices() -> None:
    """What is allowed is held, to the micro, and charged if the call is as long as it may be; a shorter one costs no
    more; and one more increment would have cost more than there is.
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
        asked = rng.choice((1, 600, rng.randint(1, MAX_DURATION_SECONDS)))
        available = rng.choice((rng.randint(0, 1000), rng.randint(0, 100 * DOLLAR), rng.randint(0, 10_000 * DOLLAR)))
        decision = decide_admission(situation(ask=ask(asked), row=price, credit=Credit(available)))
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
        for seconds in (longest, rng.randint(0, longest)):
            call = seconds_call(seconds)
            rated = rate_call(call, Deck("deck-1", [price]))
            charged = rated.price_micros if isinstance(rated, RatedCall) else 0
            assert charged <= decision.held_micros
            assert seconds < longest or charged == decision.held_micros
            if decision.hold is not None:
                assert rate_held(call, decision.hold) == rated
            else:
                assert charged == 0
    assert refused > 500
    assert limited_calls > 900


def test_affordable_seconds_are_the_longest_affordable_duration() -> None:
    """Counted up second by second, for small numbers of everything."""
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
    told = []

    def tell() -> None:
        decision = decide_admission(situation(**wrong))
        assert (decision.max_seconds, decision.held_micros, decision.hold) == (0, 0, None)
        told.append(decision.reason)

    def mend(**changes: Any) -> None:
        wrong["account"] = replace(wrong["account"], **changes)
        tell()

    tell()
    mend(is_closed=False)
    mend(is_frozen=False)
    wrong["may_call_abroad"] = False
    tell()
    wrong["may_call_abroad"] = True
    tell()
    limits = Limits(0, 0, 0, 0)
    mend(limits=limits)
    wrong["row"] = row()
    tell()
    mend(limits=replace(limits, high_cost_allowed=("+4420",)))
    mend(limits=replace(limits, high_cost_micros=DOLLAR, simultaneous_calls=1))
    mend(limits=replace(limits, high_cost_micros=DOLLAR, simultaneous_calls=1, call_price_micros=DOLLAR))
    mend(limits=replace(LIFTED, high_cost_micros=DOLLAR))
    wrong["credit"] = Credit(DOLLAR - 1, may_recharge=True)
    tell()
    assert told == [
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
    assert decide_admission(situation(**wrong)).max_seconds == 60


def test_an_unknown_account_is_refused() -> None:
    assert decide_admission(situation(account=None, may_call_abroad=None)).reason == "unknown_account"


def test_every_reason_has_a_message() -> None:
    told = {"call_finished", "hold_expired", "unknown_account", "insufficient_credit", "recharging"}
    assert set(WORDS) >= AGAINST_FRAUD | told
    assert all(words.endswith(".") for words in WORDS.values())


@pytest.mark.parametrize("number", ["911", "988", "112"])
def test_emergency_calls_are_never_refused_and_hold_nothing(number: str) -> None:
    decision = short_code(ask(dialled_number=number))
    assert decision is not None
    assert (decision.reason, decision.held_micros, decision.hold) == (None, 0, None)
    assert short_code(ask()) is None


def test_an_included_call_is_always_allowed_and_holds_nothing() -> None:
    included = row(rate_micros_per_minute=0, category="included")
    decision = decide_admission(situation(**EVERYTHING_WRONG | {"row": included}))
    assert (decision.reason, decision.max_seconds, decision.hold) == (None, 600, None)


def test_an_account_without_holds_gets_the_same_decision() -> None:
    off = AccountStatus(is_closed=False, is_frozen=False, holds=False, limits=LIFTED)
    decision = decide_admission(situation(account=off, credit=Credit(3 * DOLLAR)))
    assert (decision.reason, decision.max_seconds, decision.held_micros, decision.hold) == (None, 180, 0, None)
    assert decide_admission(situation(account=off, credit=Credit(0))).reason == "insufficient_credit"


# --- Limits -----------------------------------------------------------------------------------------------------------


def test_the_lowest_limit_sets_the_maximum_duration() -> None:
    account = limited(call_price_micros=5 * DOLLAR, daily_spend_micros=20 * DOLLAR)
    decision = decide_admission(situation(account=account))
    assert (decision.max_seconds, decision.limited_by) == (300, "call_price_limit")
    credit = Credit(100 * DOLLAR, held_micros=7 * DOLLAR, live_holds=2, spent_micros=10 * DOLLAR)
    decision = decide_admission(situation(account=account, credit=credit))
    assert (decision.max_seconds, decision.limited_by) == (180, "daily_spend_limit")
    decision = decide_admission(situation(account=account, credit=replace(credit, spent_micros=13 * DOLLAR)))
    assert decision.reason == "daily_spend_limit"


def test_an_extension_does_not_count_as_another_simultaneous_call() -> None:
    account = limited(simultaneous_calls=2)
    assert decide_admission(situation(account=account, credit=Credit(DOLLAR, live_holds=1))).reason is None
    assert (
        decide_admission(situation(account=account, credit=Credit(DOLLAR, live_holds=2))).reason
        == "simultaneous_calls_limit"
    )
    hold = held(decide_admission(situation(account=account)))
    later = situation(account=account, hold=hold, credit=Credit(90 * DOLLAR, 10 * DOLLAR, 2), ask=ask(1200))
    assert decide_admission(later).max_seconds == 1200


@pytest.mark.parametrize(
    ("blocked", "is_refused"), [(("GB",), True), (("+4420",), True), (("+44207183875",), True), (("+447", "US"), False)]
)
def test_a_limit_blocks_countries_and_prefixes(blocked: tuple[str, ...], is_refused: bool) -> None:
    assert (decide_admission(situation(account=limited(blocked=blocked))).reason == "destination_blocked") is is_refused


def test_a_blocked_country_matches_the_deck_or_the_numbering_plan() -> None:
    """A row's country may be another than the number's: +1 876 stands in a row of the United States, say."""
    jamaica = {"ask": ask(dialled_number="+18765550123"), "row": row(prefix="1", country="US")}
    for country in ("JM", "US"):
        assert (
            decide_admission(situation(account=limited(blocked=(country,)), **jamaica)).reason == "destination_blocked"
        )


# --- Extensions -------------------------------------------------------------------------------------------------------


def after(seconds: float, hold: Hold, asked: int = 600, **changes: Any) -> AdmissionContext:
    """The same call asked about again so many seconds later."""
    credit = Credit(100 * DOLLAR - hold.amount_micros, hold.amount_micros, 1)
    usual: dict[str, Any] = {"ask": ask(asked), "hold": hold, "now": NOW + timedelta(seconds=seconds), "credit": credit}
    return situation(**usual | changes)


def test_an_extension_holds_only_the_additional_amount() -> None:
    hold = held(decide_admission(situation()))
    decision = decide_admission(after(540, hold))
    assert (decision.max_seconds, decision.held_micros) == (1140, 19 * DOLLAR)
    assert held(decision) == replace(
        hold,
        amount_micros=19 * DOLLAR,
        max_seconds=1140,
        asked_at=format_instant(NOW + timedelta(seconds=540)),
    )


@pytest.mark.parametrize(("later", "asked"), [(0, 600), (29.9, 600), (14, 30)])
def test_a_retry_of_the_same_request_changes_nothing(later: float, asked: int) -> None:
    first = decide_admission(situation(ask=ask(asked)))
    again = decide_admission(after(later, held(first), asked))
    assert (again.reason, again.hold) == (None, None)
    assert (again.max_seconds, again.held_micros) == (first.max_seconds, first.held_micros)


@pytest.mark.parametrize(
    ("later", "asked", "granted"),
    [(0, 1200, 1200), (29.9, 1200, 1200), (30, 1200, 1230), (30, 600, 630), (15, 30, 45), (25.4, 30, 55)],
)
def test_a_different_or_later_request_extends_the_call(later: float, asked: int, granted: int) -> None:
    hold = held(decide_admission(situation(ask=ask(min(asked, 600)))))
    assert decide_admission(after(later, hold, asked)).max_seconds == granted


def test_a_request_for_less_time_than_granted_changes_nothing() -> None:
    hold = held(decide_admission(situation()))
    decision = decide_admission(after(5, hold, 60))
    assert (decision.max_seconds, decision.held_micros, decision.hold) == (600, 10 * DOLLAR, None)


def test_an_extension_stops_at_the_credit_and_keeps_the_existing_hold() -> None:
    hold = held(decide_admission(situation()))
    some = decide_admission(after(540, hold, credit=Credit(2 * DOLLAR, 10 * DOLLAR, 1)))
    assert (some.max_seconds, some.held_micros, some.limited_by) == (720, 12 * DOLLAR, "insufficient_credit")
    none = decide_admission(after(540, hold, credit=Credit(DOLLAR - 1, 10 * DOLLAR, 1)))
    assert (none.reason, none.max_seconds, none.held_micros) == ("insufficient_credit", 600, 10 * DOLLAR)


def test_an_extension_keeps_the_price_of_the_first_authorization() -> None:
    hold = held(decide_admission(situation()))
    decision = decide_admission(after(540, hold, row=row(rate_micros_per_minute=5 * DOLLAR), deck_version="deck-2"))
    assert (decision.held_micros, held(decision).deck_version) == (19 * DOLLAR, "deck-1")
    assert decide_admission(after(540, hold, row=None)).reason is None


def test_a_call_may_last_a_day_and_no_longer() -> None:
    hold = held(decide_admission(situation(ask=ask(80_000), credit=Credit(10_000 * DOLLAR))))
    assert (
        decide_admission(after(79_000, hold, 80_000, credit=Credit(10_000 * DOLLAR, 1))).max_seconds
        == MAX_DURATION_SECONDS
    )


def test_a_frozen_account_extends_no_call_but_keeps_the_granted_time() -> None:
    hold = held(decide_admission(situation()))
    frozen = AccountStatus(is_closed=False, is_frozen=True, holds=True, limits=LIFTED)
    decision = decide_admission(after(540, hold, account=frozen))
    assert (decision.reason, decision.max_seconds, decision.held_micros) == ("account_frozen", 600, 10 * DOLLAR)


@pytest.mark.parametrize(("status", "reason"), [("released", "call_finished"), ("expired", "hold_expired")])
def test_a_finished_or_expired_call_is_not_extended(status: Any, reason: str) -> None:
    hold = replace(held(decide_admission(situation())), status=status)
    decision = decide_admission(after(540, hold))
    assert (decision.reason, decision.max_seconds, decision.held_micros) == (reason, 0, 0)


@pytest.mark.parametrize("other", [{"dialled_number": "+442071838751"}, {"line_id": "line_2"}])
def test_a_call_id_cannot_be_reused_for_another_call(other: dict[str, Any]) -> None:
    hold = held(decide_admission(situation()))
    with pytest.raises(Conflict, match="call_id_reused"):
        decide_admission(after(5, hold, ask=ask(**other)))


def test_an_erased_number_still_matches_its_call() -> None:
    hold = replace(held(decide_admission(situation())), dialled_number="GB…50")
    assert decide_admission(after(540, hold)).reason is None
    assert hold.prices(seconds_call(60))
    assert not hold.prices(seconds_call(60, "+442071838751"))


def test_a_hold_outlasts_the_call_and_its_event_delivery() -> None:
    assert held(decide_admission(situation())).live_until == format_instant(
        NOW + timedelta(seconds=120 + 600, minutes=15)
    )


# --- Switching admission ----------------------------------------------------------------------------------------------


def test_holds_begin_after_and_end_before_posting_checks_for_them() -> None:
    changed = format_instant(NOW)
    for minutes, is_held in ((0, False), (1.9, False), (2, True)):
        now = NOW + timedelta(minutes=minutes)
        assert holds_now(is_on=True, changed_at=changed, now=now) is is_held
        assert may_have_holds(is_on=True, changed_at=changed, now=now)
    assert holds_now(is_on=True, changed_at=None, now=NOW)
    assert not holds_now(is_on=False, changed_at=changed, now=NOW)
    assert may_have_holds(is_on=False, changed_at=changed, now=NOW + timedelta(days=90))
    assert not may_have_holds(is_on=False, changed_at=changed, now=NOW + timedelta(days=92))
    assert not may_have_holds(is_on=False, changed_at=None, now=NOW)


# --- Requests and answers ---------------------------------------------------------------------------------------------

BODY: dict[str, Any] = {"call_id": "c_1", "account_id": "acct_1", "line_id": "line_1", "to": NUMBER}


def test_the_default_request_is_for_ten_minutes() -> None:
    assert read_ask(BODY) == ask(600)
    assert read_ask(BODY | {"requested_seconds": 60}) == ask(60)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"call_id": None}, "missing_field"),
        ({"to": 911}, "missing_field"),
        ({"call_id": "a#b"}, "invalid_id"),
        ({"call_id": "x" * 97}, "invalid_id"),
        ({"account_id": ""}, "invalid_id"),
        ({"line_id": "a b"}, "invalid_id"),
        ({"to": "442071838750"}, "invalid_number"),
        ({"to": "+0442071838750"}, "invalid_number"),
        ({"requested_seconds": 0}, "invalid_duration"),
        ({"requested_seconds": 86_401}, "invalid_duration"),
        ({"requested_seconds": 60.0}, "invalid_duration"),
        ({"requested_seconds": True}, "invalid_duration"),
        ({"requested_seconds": "60"}, "invalid_duration"),
    ],
)
def test_an_invalid_authorization_request_is_refused(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        read_ask(BODY | changes)
    assert caught.value.code == code


def test_responses_match_the_contract() -> None:
    assert decision_view(decide_admission(situation())) == {
        "decision": "allow",
        "reason": None,
        "max_seconds": 600,
        "rate_per_minute": "1.00",
        "held": "10.00",
    }
    refused = decision_view(decide_admission(situation(credit=Credit(0, may_recharge=True))))
    assert refused == {
        "decision": "deny",
        "reason": "recharging",
        "max_seconds": 0,
        "rate_per_minute": "1.00",
        "held": "0.00",
        "message": WORDS["recharging"],
        "retry_after_seconds": 15,
    }
    assert decision_view(decide_admission(situation(credit=Credit(DOLLAR))))["limited_by"] == "insufficient_credit"
    assert decision_view(decide_admission(situation(row=None)))["rate_per_minute"] is None
