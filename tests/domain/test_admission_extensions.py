"""Extensions of authorized calls, and accounts whose holds are switched on or off."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from calling_credit.admission.decision import (
    MAX_GRANTED_SECONDS,
    Credit,
    decide_admission,
)
from calling_credit.admission.refusals import AccountStatus
from calling_credit.errors import Conflict
from calling_credit.instants import format_instant
from calling_credit.ledger.holds import holds_now, may_have_holds
from tests.domain.admission_examples import DOLLAR, LIFTED, after, ask, context_of, hold_of, row
from tests.domain.examples import NOW, seconds_call

# --- Extensions -------------------------------------------------------------------------------------------------------


def test_an_extension_holds_only_the_additional_amount() -> None:
    hold = hold_of(decide_admission(context_of()))
    decision = decide_admission(after(540, hold))
    assert (decision.max_seconds, decision.held_micros) == (1140, 19 * DOLLAR)
    assert hold_of(decision) == replace(
        hold,
        amount_micros=19 * DOLLAR,
        max_seconds=1140,
        asked_at=format_instant(NOW + timedelta(seconds=540)),
    )


@pytest.mark.parametrize(("later", "asked"), [(0, 600), (29.9, 600), (14, 30)])
def test_a_retry_of_the_same_request_changes_only_when_it_was_asked(later: float, asked: int) -> None:
    first = decide_admission(context_of(request=ask(asked)))
    again = decide_admission(after(later, hold_of(first), asked))
    repeated = replace(hold_of(first), repeated_at=format_instant(NOW + timedelta(seconds=later)))
    assert (again.reason, again.hold) == (None, repeated if later > 5 else None)
    assert (again.max_seconds, again.held_micros) == (first.max_seconds, first.held_micros)


@pytest.mark.parametrize(
    ("later", "asked", "granted"),
    [(0, 1200, 1200), (29.9, 1200, 1200), (30, 1200, 1230), (30, 600, 630), (15, 30, 45), (25.4, 30, 55)],
)
def test_a_different_or_later_request_extends_the_call(later: float, asked: int, granted: int) -> None:
    hold = hold_of(decide_admission(context_of(request=ask(min(asked, 600)))))
    assert decide_admission(after(later, hold, asked)).max_seconds == granted


def test_a_request_for_less_time_than_granted_changes_nothing() -> None:
    hold = hold_of(decide_admission(context_of()))
    decision = decide_admission(after(5, hold, 60))
    assert (decision.max_seconds, decision.held_micros, decision.hold) == (600, 10 * DOLLAR, None)


def test_an_extension_stops_at_the_credit_and_keeps_the_existing_hold() -> None:
    hold = hold_of(decide_admission(context_of()))
    some = decide_admission(after(540, hold, credit=Credit(2 * DOLLAR, 10 * DOLLAR, 1)))
    assert (some.max_seconds, some.held_micros, some.limited_by) == (720, 12 * DOLLAR, "insufficient_credit")
    none = decide_admission(after(540, hold, credit=Credit(DOLLAR - 1, 10 * DOLLAR, 1)))
    assert (none.reason, none.max_seconds, none.held_micros) == ("insufficient_credit", 600, 10 * DOLLAR)


def test_an_extension_keeps_the_price_of_the_first_authorization() -> None:
    hold = hold_of(decide_admission(context_of()))
    decision = decide_admission(after(540, hold, row=row(rate_micros_per_minute=5 * DOLLAR), deck_version="deck-2"))
    assert (decision.held_micros, hold_of(decision).deck_version) == (19 * DOLLAR, "deck-1")
    assert decide_admission(after(540, hold, row=None)).reason is None


def test_a_call_may_last_a_day_and_no_longer() -> None:
    hold = hold_of(decide_admission(context_of(request=ask(80_000), credit=Credit(10_000 * DOLLAR))))
    assert (
        decide_admission(after(79_000, hold, 80_000, credit=Credit(10_000 * DOLLAR, 1))).max_seconds
        == MAX_GRANTED_SECONDS
    )


def test_a_frozen_account_extends_no_call_but_keeps_the_granted_time() -> None:
    hold = hold_of(decide_admission(context_of()))
    frozen = AccountStatus(is_closed=False, is_frozen=True, holds=True, limits=LIFTED)
    decision = decide_admission(after(540, hold, account=frozen))
    assert (decision.reason, decision.max_seconds, decision.held_micros) == ("account_frozen", 600, 10 * DOLLAR)


@pytest.mark.parametrize(("status", "reason"), [("released", "call_finished"), ("expired", "hold_expired")])
def test_a_finished_or_expired_call_is_not_extended(status: Any, reason: str) -> None:
    hold = replace(hold_of(decide_admission(context_of())), status=status)
    decision = decide_admission(after(540, hold))
    assert (decision.reason, decision.max_seconds, decision.held_micros) == (reason, 0, 0)


@pytest.mark.parametrize("other", [{"dialled_number": "+442071838751"}, {"line_id": "line_2"}])
def test_a_call_id_cannot_be_reused_for_another_call(other: dict[str, Any]) -> None:
    hold = hold_of(decide_admission(context_of()))
    with pytest.raises(Conflict, match="call_id_reused"):
        decide_admission(after(5, hold, request=ask(**other)))


def test_an_erased_number_still_matches_its_call() -> None:
    hold = replace(hold_of(decide_admission(context_of())), dialled_number="GB…50")
    assert decide_admission(after(540, hold)).reason is None
    assert hold.prices(seconds_call(60))
    assert not hold.prices(seconds_call(60, "+442071838751"))


def test_a_hold_outlasts_the_call_and_its_event_delivery() -> None:
    assert hold_of(decide_admission(context_of())).live_until() == format_instant(
        NOW + timedelta(seconds=120 + 600, minutes=15)
    )


# --- Switching holds on and off ---------------------------------------------------------------------------------------


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
