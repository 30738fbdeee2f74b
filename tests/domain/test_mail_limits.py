"""Receipts, reversals, and freezes are never left out; every other mail is limited by its kind."""

from datetime import UTC, datetime, timedelta

import pytest

from calling_credit.notifications.event_types import EventType
from calling_credit.notifications.mail_limits import (
    ALWAYS_SENT,
    ALWAYS_SENT_REASONS,
    SILENCE,
    limited_kind,
    silence_end,
)
from calling_credit.notifications.mails import MAILED, WITH_FREEZE_LINK
from calling_credit.recharge.attempts import SuspensionReason
from ops.mail_samples import CONFIRMATION, SAMPLES


def test_receipts_freezes_addresses_and_rises_are_always_sent() -> None:
    assert (
        set(MAILED)
        >= ALWAYS_SENT
        == {
            EventType.TOP_UP_SUCCEEDED,
            EventType.AUTO_RECHARGE_SUCCEEDED,
            EventType.CREDIT_REVERSED,
            EventType.CREDIT_RETURNED,
            EventType.RECEIPT_ISSUED,
            EventType.CREDIT_NOTE_ISSUED,
            EventType.CREDIT_EXPIRING,
            EventType.CREDIT_EXPIRED,
            EventType.ACCOUNT_FROZEN,
            EventType.ACCOUNT_UNFROZEN,
            EventType.ACCOUNT_CHANGED,
            EventType.ADDRESS_CONFIRMATION_REQUESTED,
            EventType.RATE_CHANGE_ANNOUNCED,
            EventType.BUDGET_REACHED,
            EventType.BUDGET_INCREASE_REQUESTED,
        }
    )
    for kind, data in SAMPLES:
        is_lost = (data.get("failure") or {}).get("code") == "payment_lost"
        is_always_sent = kind in ALWAYS_SENT or data.get("reason") in ALWAYS_SENT_REASONS or is_lost
        assert (limited_kind({"type": kind, "data": data}, None) is None) == is_always_sent


@pytest.mark.parametrize("reason", ["payment_refunded", "payment_disputed"])
def test_suspensions_by_a_reversal_are_always_mailed(reason: str) -> None:
    assert limited_kind({"type": "AutoRechargeSuspended", "data": {"reason": reason}}, None) is None


@pytest.mark.parametrize("reason", sorted(set(SuspensionReason) - ALWAYS_SENT_REASONS))
def test_suspensions_are_limited_by_reason_and_their_link_is_not(reason: SuspensionReason) -> None:
    event = {"type": "AutoRechargeSuspended", "data": {"reason": reason}}
    assert limited_kind(event, None) == f"AutoRechargeSuspended:{reason}"
    assert (limited_kind(event, CONFIRMATION) is None) == (reason is SuspensionReason.AUTHENTICATION)


NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("late", "begins"),
    [(0.0, 0.0), (0.001, 0.001), (30.0, 30.0), (30.001, 0.0), (3600.0, 0.0), (-0.001, 0.0), (None, 0.0)],
)
def test_a_silence_begins_with_the_event_of_a_mail_that_is_in_time(late: float | None, begins: float) -> None:
    event = {} if late is None else {"occurred_at": (NOW - timedelta(seconds=late)).isoformat()}
    assert silence_end(event, NOW) == NOW - timedelta(seconds=begins) + SILENCE


def test_only_mails_with_a_freeze_link_are_sent_again_after_an_unfreezing() -> None:
    for kind, data in SAMPLES:
        event = {"type": kind, "data": data, "occurred_at": "T2"}
        kinds = [limited_kind(event, None, at) for at in (None, "T3", "T2", "T1", "T0")]
        assert len(set(kinds[:3])) == 1
        assert len(set(kinds)) == (3 if kind in WITH_FREEZE_LINK else 1)
