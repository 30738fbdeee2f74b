"""The state of a saved card is the most serious reason, and its date is the end of its last month (UTC)."""

from datetime import UTC, datetime

import pytest

from calling_credit.payments.card_state import state_of
from calling_credit.recharge.card_expiry import expires_at, has_expired
from calling_credit.topups.card_history import CardHistory

FIT = CardHistory()
DECLINED = CardHistory(declined_at="2026-11-01T00:00:00.000Z")
BLOCKED = CardHistory(is_blocked=True, declined_at="2026-11-01T00:00:00.000Z")


@pytest.mark.parametrize(
    ("history", "expires", "state"),
    [
        (FIT, "2027-01", "ok"),
        (FIT, "2026-11", "expiring"),
        (FIT, "2026-10", "expired"),
        (DECLINED, "2026-11", "declined"),
        (DECLINED, "2026-10", "expired"),
        (BLOCKED, "2026-10", "blocked"),
        (BLOCKED, "2027-01", "blocked"),
    ],
)
def test_the_most_serious_reason_is_the_state(history: CardHistory, expires: str, state: str) -> None:
    assert state_of(expires, history, datetime(2026, 11, 23, 12, tzinfo=UTC)) == state


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (datetime(2026, 12, 1, 23, 59, 59, tzinfo=UTC), "ok"),
        (datetime(2026, 12, 2, tzinfo=UTC), "expiring"),
        (datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC), "expiring"),
        (datetime(2027, 1, 1, tzinfo=UTC), "expired"),
    ],
)
def test_a_card_expires_after_its_last_month(now: datetime, state: str) -> None:
    assert state_of("2026-12", FIT, now) == state
    assert has_expired("2026-12", now) == (state == "expired")


def test_december_is_followed_by_january() -> None:
    assert expires_at("2026-12") == datetime(2027, 1, 1, tzinfo=UTC)
    assert expires_at("2026-01") == datetime(2026, 2, 1, tzinfo=UTC)
