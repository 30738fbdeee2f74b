"""The effect of each outcome of an attempt on the state of automatic recharge: caps, back-off, suspension."""

from dataclasses import replace
from datetime import timedelta

import pytest

from calling_credit.recharge.attempts import (
    Attempt,
    AttemptOutcome,
    InFlight,
    State,
    SuspensionReason,
    assign_card,
    await_customer,
    record_cancellation,
    record_claim,
    record_decline,
    record_payment,
    record_stop,
    remove_card,
    spent_micros,
    switch_on,
    wake,
)
from calling_credit.recharge.decision import BuyCredit, Stop, decide_recharge
from calling_credit.topups.declines import Decline
from calling_credit.topups.topup import TopUp
from tests.domain.attempt_examples import BEGUN, SOFT, SUSPENDED, begun, declined_times, outcomes
from tests.domain.examples import NOW
from tests.domain.payment_examples import (
    CARD,
    MANUAL,
    OTHER_CARD,
    RULE,
    ago,
    ahead,
    automatic,
    situation,
    usd,
)

# --- A claim ----------------------------------------------------------------------------------------------------------


def test_a_claim_counts_the_attempt_and_leases_it_for_two_minutes() -> None:
    state = record_claim(replace(BEGUN, in_flight=None), "tu_2", usd("100"), CARD.fingerprint, NOW)
    assert state.attempt == 2
    assert state.in_flight == InFlight(2, "tu_2", ahead(seconds=120))
    assert state.recent[-1] == Attempt(2, ago(), usd("100"), CARD.fingerprint, AttemptOutcome.CLAIMED)
    assert state.recent[:-1] == BEGUN.recent


def test_a_claim_clears_a_stop_but_not_the_failure_count() -> None:
    state = begun(record_stop(replace(declined_times(1), not_before=ago()), "daily_limit", ahead(hours=3)))
    assert (state.stopped, state.next_attempt_at, state.failures) == (None, None, 1)


def test_a_claim_drops_attempts_that_no_cap_counts() -> None:
    old = [
        Attempt(at, ago(days=days), 1, "fp_1", AttemptOutcome.DECLINED) for at, days in enumerate((60, 33, 31.05, 30))
    ]
    state = record_claim(State(attempt=4, recent=tuple(old)), "tu_5", 1, "fp_1", NOW)
    assert state.recent[:-1] == tuple(old[2:])


# --- Declines ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("times", "hours"), [(1, 1), (2, 24)])
def test_a_decline_backs_off_an_hour_and_the_next_one_a_day(times: int, hours: int) -> None:
    state = declined_times(times)
    until = ahead(hours=hours)
    assert (state.failures, state.not_before, state.next_attempt_at, state.stopped) == (
        times,
        until,
        until,
        "backing_off",
    )
    assert (state.in_flight, state.suspended_reason, outcomes(state)) == (None, None, ["declined"] * times)
    assert state.is_backing_off(NOW + timedelta(hours=hours, milliseconds=-1))
    assert not state.is_backing_off(NOW + timedelta(hours=hours))


def test_a_third_consecutive_decline_suspends_without_a_back_off() -> None:
    state = declined_times(3)
    assert (state.suspended_reason, state.not_before, state.next_attempt_at) == (
        SuspensionReason.REPEATEDLY,
        None,
        None,
    )
    assert outcomes(state) == ["declined"] * 3


@pytest.mark.parametrize("topup", [automatic(3), MANUAL], ids=["recharge", "manual"])
def test_a_paid_top_up_resets_the_count_of_declines(topup: TopUp) -> None:
    state = record_payment(begun(declined_times(2)), topup)
    assert (state.failures, state.not_before, state.stopped, state.next_attempt_at) == (0, None, None, None)
    assert record_decline(begun(state), automatic(4), SOFT, NOW).not_before == ahead(hours=1)


@pytest.mark.parametrize(
    "decline",
    [
        *map(Decline, ("expired_card", "lost_card", "stolen_card", "pickup_card", "restricted_card")),
        *map(Decline, ("invalid_account", "incorrect_number", "revocation_of_authorization", "card_not_supported")),
        Decline("insufficient_funds", "do_not_try_again"),
        Decline("card_declined", "do_not_try_again"),
    ],
    ids=lambda decline: f"{decline.code}-{decline.advice}",
)
def test_a_permanently_refused_card_suspends_at_once(decline: Decline) -> None:
    state = record_decline(BEGUN, automatic(1), decline, NOW)
    assert (state.suspended_reason, state.not_before, state.in_flight) == (SuspensionReason.UNUSABLE, None, None)
    assert state.failed_fingerprint == CARD.fingerprint
    assert outcomes(state) == ["declined"]


@pytest.mark.parametrize("advice", ["try_again_later", "confirm_card_data", None])
def test_other_advice_does_not_make_a_soft_decline_permanent(advice: str | None) -> None:
    assert record_decline(BEGUN, automatic(1), Decline("insufficient_funds", advice), NOW).suspended_reason is None


def test_a_card_unknown_to_stripe_suspends_as_removed() -> None:
    state = record_decline(BEGUN, automatic(1), Decline("card_removed"), NOW)
    assert (state.suspended_reason, outcomes(state), state.in_flight) == (SuspensionReason.REMOVED, ["declined"], None)


def test_required_authentication_suspends_without_a_decline() -> None:
    state = await_customer(BEGUN, automatic(1))
    assert (state.suspended_reason, state.in_flight, state.failures) == (SuspensionReason.AUTHENTICATION, None, 0)
    assert outcomes(state) == ["authentication_required"]


def test_a_canceled_attempt_is_refunded_to_the_caps_without_back_off() -> None:
    state = record_cancellation(BEGUN, automatic(1))
    assert (outcomes(state), state.in_flight, state.failures, state.not_before) == (["canceled"], None, 0, None)
    assert decide_recharge(situation(state=state)) == BuyCredit(usd("50"))


def test_a_decline_after_authentication_replaces_the_suspension() -> None:
    waiting = await_customer(BEGUN, automatic(1))
    after = record_decline(waiting, automatic(1), SOFT, NOW)
    assert (after.suspended_reason, after.failures, outcomes(after)) == (None, 1, ["declined"])
    assert after.is_backing_off(NOW)


@pytest.mark.parametrize("reason", [SuspensionReason.UNUSABLE, SuspensionReason.REPEATEDLY, SuspensionReason.REMOVED])
def test_a_decline_while_suspended_keeps_the_suspension(reason: SuspensionReason) -> None:
    before = begun(SUSPENDED[reason])
    after = record_decline(before, automatic(before.attempt), SOFT, NOW)
    assert after == replace(before, in_flight=None, recent=after.recent)
    assert outcomes(after)[-1] == "declined"


def test_the_end_of_an_earlier_attempt_keeps_the_one_in_flight() -> None:
    second = begun(record_cancellation(BEGUN, automatic(1)))
    for ended in (
        record_payment(second, automatic(1)),
        record_decline(second, automatic(1), SOFT, NOW),
        record_cancellation(second, automatic(1)),
        await_customer(second, automatic(1)),
    ):
        assert ended.in_flight == second.in_flight
        assert outcomes(ended)[1] == "claimed"


def test_a_payment_ends_the_attempt_of_a_rule_switched_off_meanwhile() -> None:
    off = replace(RULE, enabled=False)
    assert decide_recharge(situation(rule=off, state=BEGUN)) == Stop("disabled")
    state = record_payment(BEGUN, automatic(1))
    assert (state.in_flight, outcomes(state)) == (None, ["succeeded"])
    assert decide_recharge(situation(rule=off, state=state)) == Stop("disabled")


# --- Stops and sums ---------------------------------------------------------------------------------------------------


def test_a_stop_lasts_until_it_is_cleared() -> None:
    state = record_stop(BEGUN, "daily_limit", ahead(hours=5))
    assert (state.stopped, state.next_attempt_at) == ("daily_limit", ahead(hours=5))
    assert wake(state) == BEGUN


@pytest.mark.parametrize("state", [*SUSPENDED.values(), begun(declined_times(2))], ids=str)
def test_no_change_of_card_switch_or_stop_loses_an_attempt(state: State) -> None:
    for after in (
        wake(state),
        record_stop(state, "daily_limit", None),
        switch_on(state),
        remove_card(state),
        record_payment(state, MANUAL),
        assign_card(state, OTHER_CARD.fingerprint, is_new=True),
    ):
        assert (after.recent, after.attempt, after.in_flight) == (state.recent, state.attempt, state.in_flight)


def test_only_claimed_and_paid_attempts_count_as_spent() -> None:
    every = ("claimed", "succeeded", "declined", "authentication_required", "canceled")
    all_outcomes = [Attempt(at, ago(), 10**at, "fp", outcome) for at, outcome in enumerate(every)]  # type: ignore[arg-type]
    assert spent_micros(all_outcomes) == 11
    assert spent_micros([]) == 0
