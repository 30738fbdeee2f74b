"""The recharge rule and its state as shown to the customer."""

from dataclasses import replace

import pytest

from calling_credit.recharge import attempts, decision
from calling_credit.recharge.attempts import State
from calling_credit.recharge.settings import (
    balance_view,
    rule_view,
    status_view,
)
from calling_credit.recharge.words import WORDS, message_of
from tests.domain.attempt_examples import BACKING_OFF, BEGUN, CAPPED, STORED_RULE
from tests.domain.examples import NOW
from tests.domain.payment_examples import (
    RULE,
    ago,
    ahead,
)


def test_a_rule_is_shown_with_its_card_and_its_state() -> None:
    assert rule_view(STORED_RULE, CAPPED, NOW) == {
        "enabled": True,
        "threshold": "10.00",
        "amount": "50.00",
        "payment_method_id": "pm_1",
        "hourly_count": 5,
        "daily_limit": "150.50",
        "monthly_limit": "300.00",
        "payment_method": {"brand": "visa", "last4": "4242"},
        "status": "paused",
        "reason": "daily_limit",
        "message": "Paused: the daily limit was reached.",
        "next_attempt_at": "2026-11-23T17:00:00.000Z",
        "version": 4,
    }


def test_the_view_without_a_rule_shows_the_defaults() -> None:
    nothing = dict.fromkeys(
        ("threshold", "amount", "payment_method_id", "payment_method", "reason", "message", "next_attempt_at")
    )
    limits = {"hourly_count": 3, "daily_limit": "200.00", "monthly_limit": "1000.00", "version": 0}
    assert rule_view(None, State(), NOW) == {"enabled": False, "status": "disabled", **nothing, **limits}


def test_the_balance_view_contains_a_part_of_the_rule() -> None:
    shown = balance_view(STORED_RULE, CAPPED, NOW)
    names = ["enabled", "threshold", "amount", "status", "reason", "next_attempt_at"]
    assert list(shown) == names
    assert shown == {name: rule_view(STORED_RULE, CAPPED, NOW)[name] for name in names}


@pytest.mark.parametrize(
    ("state", "status", "reason", "next_attempt_at"),
    [
        (State(), "active", None, None),
        (State(suspended_reason=attempts.SuspensionReason.UNUSABLE), "suspended", "card_unusable", None),
        (replace(BEGUN, suspended_reason=attempts.SuspensionReason.REMOVED), "suspended", "card_removed", None),
        (BEGUN, "charging", "in_flight", None),
        (BACKING_OFF, "paused", "backing_off", ahead(hours=1)),
        (CAPPED, "paused", "daily_limit", ahead(hours=5)),
        (State(stopped="top_up_maximum"), "paused", "top_up_maximum", None),
        (replace(CAPPED, next_attempt_at=ahead(milliseconds=1)), "paused", "daily_limit", ahead(milliseconds=1)),
        (replace(CAPPED, next_attempt_at=ago()), "active", None, None),
    ],
)
def test_a_state_is_shown_with_its_reason_and_when_it_ends(
    state: State, status: str, reason: str | None, next_attempt_at: str | None
) -> None:
    message = None if reason is None else message_of(reason, RULE.brand, RULE.last4)
    shown = {"status": status, "reason": reason, "message": message, "next_attempt_at": next_attempt_at}
    assert status_view(RULE, state, NOW) == shown
    off = {"status": "disabled", "reason": None, "message": None, "next_attempt_at": None}
    assert status_view(replace(RULE, enabled=False), state, NOW) == off


def test_every_shown_reason_has_a_message() -> None:
    assert {*decision.StopReason, *attempts.SuspensionReason} - {decision.StopReason.ABOVE_THRESHOLD} == set(WORDS)
    assert all(words.endswith(".") for words in WORDS.values())
