"""The state of automatic recharge that every user of the account sees: a status, a reason as code and text, and the
time at which it resumes.
"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.harness.cards import CHALLENGED, DECLINED, declining
from tests.harness.recharging import fails_once, leave, remove, shown
from tests.harness.till import CONFIRM, Till

pytestmark = [pytest.mark.dynamodb, pytest.mark.usefixtures("law_six")]
EXPIRED = declining("expired_card")


def charging(till: Till) -> None:
    """Stripe is silent."""
    till.set_rule(till.card())
    till.fault("dropped", CONFIRM, count=2)
    till.stream()


def removed(till: Till) -> None:
    """The card was removed."""
    card = till.card()
    till.set_rule(card)
    remove(till, card)


def used_up(till: Till, **caps: Any) -> None:
    """One charge exhausts the cap."""
    till.set_rule(till.card(), **caps)
    till.stream()
    leave(till, "5.00")
    till.stream()


def declined_thrice(till: Till) -> None:
    """A decline now, in an hour, and a day later."""
    till.set_rule(till.card(DECLINED))
    till.stream()
    for span in ({"hours": 1}, {"hours": 24}):
        till.sweep(**span)
        till.stream()


def declined_four_times(till: Till) -> None:
    """Another decline after the rule was switched on again."""
    declined_thrice(till)
    till.rule(enabled=False)
    till.rule(enabled=True)
    till.stream()
    till.sweep(hours=1)
    till.stream()


STATES: list[tuple[Callable[[Till], Any], str, str, str | None, str]] = [
    (charging, "charging", "in_flight", None, "A recharge is in progress."),
    (
        lambda till: fails_once(till, DECLINED),
        "paused",
        "backing_off",
        "2026-11-23T13:00:00.000Z",
        "Paused: the card was declined.",
    ),
    (
        lambda till: used_up(till, hourly_count=1),
        "paused",
        "hourly_count",
        "2026-11-23T13:00:00.000Z",
        "Paused: the hourly number of recharges was reached.",
    ),
    (
        lambda till: used_up(till, daily_limit="50.00"),
        "paused",
        "daily_limit",
        "2026-11-24T00:00:00.000Z",
        "Paused: the daily limit was reached.",
    ),
    (
        lambda till: used_up(till, monthly_limit="50.00"),
        "paused",
        "monthly_limit",
        "2026-12-01T00:00:00.000Z",
        "Paused: the monthly limit was reached.",
    ),
    (
        declined_four_times,
        "paused",
        "card_declined_too_often",
        "2026-12-23T12:00:00.000Z",
        "Paused: the card was declined too often. Use another card.",
    ),
    (
        lambda till: fails_once(till, CHALLENGED),
        "suspended",
        "authentication_required",
        None,
        "Paused: your bank asked for confirmation. Confirm the payment, add funds with this card, or use another card.",
    ),
    (
        declined_thrice,
        "suspended",
        "declined_repeatedly",
        None,
        "Paused: the card was declined three times. Use another card, or add funds to resume.",
    ),
    (
        lambda till: fails_once(till, EXPIRED),
        "suspended",
        "card_unusable",
        None,
        "Paused: the card can no longer be charged. Use another card.",
    ),
    (removed, "suspended", "card_removed", None, "Paused: Visa ending 4242 was removed. Choose a card."),
]


@pytest.mark.parametrize(
    ("reach", "status", "reason", "next_attempt_at", "message"), STATES, ids=[state[2] for state in STATES]
)
def test_each_state_has_a_status_a_reason_words_and_a_resume_time(
    till: Till,
    reach: Callable[[Till], Any],
    status: str,
    reason: str,
    next_attempt_at: str | None,
    message: str,
) -> None:
    leave(till, "5.00")
    reach(till)
    assert shown(till) == (status, reason, next_attempt_at)
    assert till.shown_rule()["message"] == message
    till.rule(enabled=False)
    assert shown(till) == ("disabled", None, None)
    assert till.shown_rule()["message"] is None


def test_an_expired_wait_is_shown_as_over_before_the_sweeper_runs(till: Till) -> None:
    fails_once(till, DECLINED)
    till.later(hours=1)
    assert shown(till) == ("active", None, None)


def test_reading_changes_nothing_and_sends_no_stripe_request(till: Till) -> None:
    fails_once(till, DECLINED)
    before, asked = till.everything(), len(till.world.stack.stripe.sent)
    for _ in range(3):
        till.shown_rule()
    assert till.everything() == before
    assert len(till.world.stack.stripe.sent) == asked
