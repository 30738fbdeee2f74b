"""An admin's arming of the rule: which changes are one, and the charge that is accepted with it."""

from dataclasses import replace
from typing import Any

import pytest

from calling_credit.recharge.acceptance import accept_charge, arm, exceeds_accepted, suspend_for_changed_charge
from calling_credit.recharge.arming import is_arming
from calling_credit.recharge.attempts import ENDED_BY_ARMING, State, SuspensionReason, record_payment
from tests.domain.attempt_examples import BEGUN
from tests.domain.payment_examples import RULE, automatic


@pytest.mark.parametrize(
    ("change", "arms"),
    [
        ({}, False),
        ({"enabled": False}, False),
        ({"enabled": False, "amount_micros": RULE.amount_micros + 1}, False),
        ({"threshold_micros": RULE.threshold_micros + 1}, True),
        ({"threshold_micros": RULE.threshold_micros - 1}, False),
        ({"amount_micros": RULE.amount_micros + 1}, True),
        ({"amount_micros": RULE.amount_micros - 1}, False),
        ({"payment_method_id": "pm_other", "fingerprint": "fp_other"}, True),
        ({"payment_method_id": "pm_other"}, False),
        ({"fingerprint": "fp_renewed"}, False),
        ({"last4": "1111", "brand": "amex"}, False),
        ({"daily_limit_micros": RULE.daily_limit_micros + 1}, False),
    ],
    ids=str,
)
def test_enabling_raising_or_another_card_arms_a_rule(change: dict[str, Any], arms: bool) -> None:
    new = replace(RULE, **change)
    assert is_arming(RULE, new) is arms
    assert is_arming(replace(RULE, enabled=False), new) is new.enabled
    assert is_arming(None, new) is new.enabled


@pytest.mark.parametrize("reason", list(SuspensionReason))
def test_arming_ends_only_suspensions_that_arming_ends(reason: SuspensionReason) -> None:
    state = arm(replace(BEGUN, suspended_reason=reason, failures=2, failed_fingerprint="fp"), None)
    assert (state.suspended_reason is None) == (reason in ENDED_BY_ARMING)
    assert (state.failures, state.failed_fingerprint) == (2, "fp")


def test_an_acceptance_limits_the_first_charge_after_it() -> None:
    state = accept_charge(BEGUN, 50)
    assert (exceeds_accepted(state, 50), exceeds_accepted(state, 51)) == (False, True)
    assert not exceeds_accepted(State(), 10**12)
    assert record_payment(state, automatic(1)).accepted_micros == 50
    assert record_payment(replace(state, attempt=2), automatic(2)).accepted_micros is None
    assert arm(state, None).accepted_micros is None


def test_a_changed_charge_suspends_and_keeps_the_count_of_declines() -> None:
    state = suspend_for_changed_charge(replace(BEGUN, failures=2))
    assert (state.suspended_reason, state.failures, state.stopped) == ("charge_changed", 2, None)
