"""The end of a suspension or back-off: payments, other cards, and switching the rule on again."""

import pytest

from calling_credit.recharge.attempts import (
    State,
    SuspensionReason,
    assign_card,
    record_decline,
    record_payment,
    remove_card,
    switch_on,
)
from calling_credit.topups.declines import Decline
from tests.domain.attempt_examples import BEGUN, OTHER_MANUAL, SUSPENDED, begun, declined_times, outcomes
from tests.domain.examples import NOW
from tests.domain.payment_examples import (
    ATTACHED_AGAIN,
    CARD,
    MANUAL,
    OTHER_CARD,
    automatic,
)


@pytest.mark.parametrize(
    ("reason", "with_the_same_card", "with_another"),
    [
        (SuspensionReason.REPEATEDLY, True, True),
        (SuspensionReason.UNUSABLE, True, False),
        (SuspensionReason.AUTHENTICATION, True, False),
        (SuspensionReason.REMOVED, False, False),
    ],
)
def test_a_manual_payment_shows_that_its_card_can_be_charged(
    reason: SuspensionReason, with_the_same_card: bool, with_another: bool
) -> None:
    suspended = SUSPENDED[reason]
    assert (record_payment(suspended, MANUAL).suspended_reason is None) == with_the_same_card
    assert (record_payment(suspended, OTHER_MANUAL).suspended_reason is None) == with_another


def test_a_paid_authenticated_payment_ends_its_suspension() -> None:
    state = record_payment(SUSPENDED[SuspensionReason.AUTHENTICATION], automatic(1))
    assert (state.suspended_reason, outcomes(state)) == (None, ["succeeded"])


def test_a_late_payment_of_an_abandoned_attempt_ends_its_back_off() -> None:
    state = record_payment(declined_times(1), automatic(1))
    assert (state.failures, state.not_before, state.stopped, state.next_attempt_at) == (0, None, None, None)
    assert outcomes(state) == ["succeeded"]


def test_a_late_payment_with_another_card_keeps_the_suspension() -> None:
    state = record_payment(SUSPENDED[SuspensionReason.UNUSABLE], automatic(1, card=OTHER_CARD))
    assert state.suspended_reason == SuspensionReason.UNUSABLE


@pytest.mark.parametrize(
    "reason", [SuspensionReason.AUTHENTICATION, SuspensionReason.REPEATEDLY, SuspensionReason.UNUSABLE]
)
def test_a_suspension_ends_with_another_card_but_not_with_the_same(reason: SuspensionReason) -> None:
    suspended = SUSPENDED[reason]
    assert assign_card(suspended, CARD.fingerprint, is_new=False) == suspended
    assert assign_card(suspended, ATTACHED_AGAIN.fingerprint, is_new=True) == suspended
    lifted = assign_card(suspended, OTHER_CARD.fingerprint, is_new=True)
    assert (lifted.suspended_reason, lifted.failures, lifted.failed_fingerprint) == (None, 0, None)
    assert lifted.recent == suspended.recent


@pytest.mark.parametrize(
    "reason", [SuspensionReason.AUTHENTICATION, SuspensionReason.REPEATEDLY, SuspensionReason.UNUSABLE]
)
def test_removing_and_adding_the_card_again_keeps_the_suspension(reason: SuspensionReason) -> None:
    removed = remove_card(SUSPENDED[reason])
    assert assign_card(removed, ATTACHED_AGAIN.fingerprint, is_new=True).suspended_reason == reason
    assert assign_card(removed, OTHER_CARD.fingerprint, is_new=True).suspended_reason is None


@pytest.mark.parametrize(
    "state",
    [
        remove_card(State()),
        remove_card(declined_times(1)),
        record_decline(BEGUN, automatic(1), Decline("card_removed"), NOW),
    ],
)
def test_any_card_added_later_replaces_a_removed_card(state: State) -> None:
    assert assign_card(state, CARD.fingerprint, is_new=False).suspended_reason == SuspensionReason.REMOVED
    assert assign_card(state, ATTACHED_AGAIN.fingerprint, is_new=True).suspended_reason is None
    assert assign_card(state, OTHER_CARD.fingerprint, is_new=True).suspended_reason is None


def test_a_card_removed_during_its_charge_stays_removed() -> None:
    state = record_payment(remove_card(begun(declined_times(1))), automatic(2))
    assert (state.suspended_reason, state.in_flight, outcomes(state)) == (
        SuspensionReason.REMOVED,
        None,
        ["declined", "succeeded"],
    )


def test_a_back_off_ends_with_another_card_but_not_with_the_same() -> None:
    waiting = declined_times(2)
    assert assign_card(waiting, CARD.fingerprint, is_new=True) == waiting
    fresh = assign_card(waiting, OTHER_CARD.fingerprint, is_new=True)
    assert (fresh.not_before, fresh.failures, fresh.stopped, fresh.next_attempt_at) == (None, 0, None, None)


@pytest.mark.parametrize(
    ("reason", "is_lifted"),
    [
        (SuspensionReason.REPEATEDLY, True),
        (SuspensionReason.UNUSABLE, False),
        (SuspensionReason.AUTHENTICATION, False),
        (SuspensionReason.REMOVED, False),
    ],
)
def test_switching_on_again_ends_only_a_suspension_for_soft_declines(reason: SuspensionReason, is_lifted: bool) -> None:
    assert (switch_on(SUSPENDED[reason]).suspended_reason is None) == is_lifted


def test_switching_on_again_does_not_end_a_back_off() -> None:
    assert switch_on(declined_times(2)) == declined_times(2)
