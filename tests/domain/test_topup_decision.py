"""The next action of the worker for a top-up, by the state of its intent."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.instants import format_instant
from calling_credit.topups.decision import (
    Action,
    AwaitCustomer,
    Cancel,
    CancelIntent,
    CancelWithoutIntent,
    Confirm,
    CreateIntent,
    Fail,
    Finish,
    Leave,
    RecordStatus,
    RetrieveIntent,
    Settle,
    StoreIntent,
    mismatch,
    next_action,
)
from calling_credit.topups.declines import UNSPECIFIED, Decline
from calling_credit.topups.topup import (
    CHALLENGE_LIFETIME,
    CHALLENGE_TIMEOUT,
    KEY_LIFETIME,
    LEASE,
    RESPONSE_TIMEOUT,
    Intent,
    TopUp,
    TopUpStatus,
)
from tests.domain.examples import NOW
from tests.domain.payment_examples import AUTOMATIC, INTENT, MANUAL, unread_rule

TOPUPS = {"manual": MANUAL, "automatic": AUTOMATIC}
SOFT, HARD = Decline("insufficient_funds"), Decline("stolen_card", "do_not_try_again")
REQUIRED, FAILED = Decline("authentication_required"), Decline("payment_intent_authentication_failure")
REPEATED = Decline("authentication_not_handled")
MOMENT = timedelta(milliseconds=1)
URL = "https://hooks.stripe.com/3d"


def action(topup: TopUp, wanted: Callable[[], bool] = unread_rule, **intent: Any) -> Action:
    """The next action for an intent with these values."""
    return next_action(topup, replace(INTENT, **intent), NOW, wanted)


def aged(topup: TopUp, age: timedelta, **changes: Any) -> TopUp:
    """The top-up with this age."""
    return replace(topup, created_at=format_instant(NOW - age), **changes)


# --- Each state of an intent ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("decline", [None, SOFT, HARD, REQUIRED, FAILED], ids=str)
@pytest.mark.parametrize("kind", TOPUPS)
@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("requires_confirmation", Confirm()),
        ("processing", RecordStatus(TopUpStatus.PROCESSING)),
        ("requires_action", RecordStatus(TopUpStatus.REQUIRES_ACTION, URL)),
        ("requires_capture", RecordStatus(TopUpStatus.PROCESSING)),
        ("a_status_of_tomorrow", RecordStatus(TopUpStatus.PROCESSING)),
    ],
)
def test_most_states_lead_to_one_action_for_any_earlier_decline(
    status: str, expected: Action, kind: str, decline: Decline | None
) -> None:
    assert action(TOPUPS[kind], status=status, decline=decline, next_action_url=URL) == expected


@pytest.mark.parametrize(
    ("status", "decline", "kind", "expected"),
    [
        ("requires_payment_method", None, "manual", CancelIntent),
        ("requires_payment_method", None, "automatic", CancelIntent),
        ("requires_payment_method", SOFT, "manual", CancelIntent),
        ("requires_payment_method", SOFT, "automatic", CancelIntent),
        ("requires_payment_method", HARD, "manual", CancelIntent),
        ("requires_payment_method", HARD, "automatic", CancelIntent),
        ("requires_payment_method", REQUIRED, "manual", CancelIntent),
        ("requires_payment_method", REQUIRED, "automatic", AwaitCustomer),
        ("requires_payment_method", REPEATED, "automatic", AwaitCustomer),
        ("requires_payment_method", FAILED, "manual", CancelIntent),
        ("requires_payment_method", FAILED, "automatic", AwaitCustomer),
        ("canceled", None, "manual", Cancel),
        ("canceled", None, "automatic", Cancel),
        ("canceled", SOFT, "manual", Fail),
        ("canceled", SOFT, "automatic", Fail),
        ("canceled", HARD, "manual", Fail),
        ("canceled", HARD, "automatic", Fail),
        ("canceled", REQUIRED, "manual", Fail),
        ("canceled", REQUIRED, "automatic", Cancel),
        ("canceled", FAILED, "manual", Fail),
        ("canceled", FAILED, "automatic", Cancel),
    ],
    ids=str,
)
def test_declined_or_canceled_intent_is_handled_by_decline_and_kind(
    status: str, decline: Decline | None, kind: str, expected: type[Action]
) -> None:
    topup = TOPUPS[kind]
    reported = action(topup, status=status, decline=decline)
    assert type(reported) is expected
    if isinstance(reported, CancelIntent | AwaitCustomer | Fail):
        assert reported.decline == (decline or UNSPECIFIED)
    if decline is not None:
        stored = replace(topup, failure_code=decline.code, failure_advice=decline.advice)
        assert type(action(stored, status=status)) is expected


def test_reported_decline_overrides_the_stored_one() -> None:
    stored = replace(AUTOMATIC, failure_code=REQUIRED.code)
    assert action(stored, status="requires_payment_method", decline=SOFT) == CancelIntent("pi_1", SOFT)


@pytest.mark.parametrize(
    "topup", [*TOPUPS.values(), *(replace(MANUAL, status=s) for s in (TopUpStatus.FAILED, TopUpStatus.CANCELED))]
)
def test_charged_money_is_credited_in_any_state_of_the_top_up(topup: TopUp) -> None:
    assert mismatch(topup, INTENT) is None
    assert action(topup) == Settle(INTENT)


def test_credited_top_up_is_only_finished() -> None:
    assert action(replace(MANUAL, status=TopUpStatus.SUCCEEDED)) == Finish()
    assert next_action(replace(MANUAL, status=TopUpStatus.SUCCEEDED), None, NOW, unread_rule) == Finish()


@pytest.mark.parametrize("intent_status", ["requires_confirmation", "requires_action", "canceled", "processing"])
@pytest.mark.parametrize("status", ["failed", "canceled", "succeeded"])
def test_ended_top_up_is_left_alone_until_money_arrives(status: Any, intent_status: str) -> None:
    assert action(replace(MANUAL, status=status), status=intent_status) == Leave()


def test_intent_is_stored_before_it_is_confirmed() -> None:
    new = replace(MANUAL, status=TopUpStatus.CREATED, intent_id=None)
    waiting = replace(INTENT, status="requires_confirmation")
    assert next_action(new, waiting, NOW, unread_rule) == StoreIntent(waiting)
    assert next_action(new, None, NOW, unread_rule) == CreateIntent()
    assert next_action(MANUAL, None, NOW, unread_rule) == RetrieveIntent("pi_1")


# --- Time limits ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("topup", "age", "is_wanted", "is_abandoned"),
    [
        (MANUAL, RESPONSE_TIMEOUT, None, False),
        (MANUAL, RESPONSE_TIMEOUT + MOMENT, None, True),
        (AUTOMATIC, LEASE - MOMENT, None, False),
        (AUTOMATIC, LEASE, True, False),
        (AUTOMATIC, LEASE, False, True),
        (AUTOMATIC, KEY_LIFETIME, True, False),
        (AUTOMATIC, KEY_LIFETIME + MOMENT, None, True),
    ],
)
def test_abandoned_charge_is_not_started(
    topup: TopUp, age: timedelta, is_wanted: bool | None, is_abandoned: bool
) -> None:
    """`is_wanted` is None where the account must not be read."""
    wanted = unread_rule if is_wanted is None else lambda: bool(is_wanted)
    confirming = aged(topup, age)
    expected: Action = CancelIntent("pi_1") if is_abandoned else Confirm()
    assert action(confirming, wanted, status="requires_confirmation") == expected
    created = replace(confirming, status=TopUpStatus.CREATED, intent_id=None)
    expected = CancelWithoutIntent() if is_abandoned else CreateIntent()
    assert next_action(created, None, NOW, wanted) == expected


@pytest.mark.parametrize("kind", TOPUPS)
def test_challenge_is_canceled_after_a_day(kind: str) -> None:
    topup = aged(TOPUPS[kind], CHALLENGE_LIFETIME, status="requires_action")
    older = aged(topup, CHALLENGE_LIFETIME + MOMENT)
    assert isinstance(action(topup, status="requires_action"), RecordStatus)
    assert action(older, status="requires_action") == CancelIntent("pi_1")
    if kind == "automatic":
        declined = replace(INTENT, status="requires_payment_method", decline=REQUIRED)
        assert next_action(topup, declined, NOW, unread_rule) == RecordStatus(TopUpStatus.REQUIRES_ACTION)
        assert next_action(older, declined, NOW, unread_rule) == CancelIntent("pi_1")


@pytest.mark.parametrize(
    ("topup", "age", "wakes"),
    [
        (MANUAL, CHALLENGE_TIMEOUT, False),
        (MANUAL, CHALLENGE_TIMEOUT + MOMENT, True),
        (AUTOMATIC, CHALLENGE_TIMEOUT + MOMENT, False),
    ],
)
def test_abandoned_challenge_no_longer_delays_a_recharge(topup: TopUp, age: timedelta, wakes: bool) -> None:
    expected = RecordStatus(TopUpStatus.REQUIRES_ACTION, wakes_recharge=wakes)
    assert action(aged(topup, age), status="requires_action") == expected


# --- Any state --------------------------------------------------------------------------------------------------------


@given(
    st.sampled_from(["created", "confirming", "requires_action", "processing", "succeeded", "failed", "canceled"]),
    st.sampled_from(["succeeded", "canceled", "processing", "requires_action", "requires_confirmation", "other"]),
    st.sampled_from([None, SOFT, HARD, REQUIRED]),
    st.sampled_from(list(TOPUPS)),
    st.timedeltas(timedelta(), timedelta(days=2)),
    st.booleans(),
)
def test_only_a_succeeded_intent_is_settled(
    status: Any, intent_status: str, decline: Decline | None, kind: str, age: timedelta, is_wanted: bool
) -> None:
    topup = aged(TOPUPS[kind], age, status=status)
    intent: Intent = replace(INTENT, status=intent_status, decline=decline)
    decision = next_action(topup, intent, NOW, lambda: is_wanted)
    is_credit = isinstance(decision, Settle | Finish | StoreIntent)
    assert is_credit == (intent_status == "succeeded" or status == "created")
    if isinstance(decision, Fail | Cancel):
        assert intent_status == "canceled"
