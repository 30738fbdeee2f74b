"""Receipts, reversals, and freezes are never left out; every other mail is limited by its kind."""

import pytest

from calling_credit.notifications.event_types import EventType
from calling_credit.notifications.mail_limits import ALWAYS_SENT, limited_kind
from calling_credit.notifications.mails import MAILED
from calling_credit.recharge.attempts import SuspensionReason
from ops.mail_samples import CONFIRMATION, SAMPLES

LIMITED = {
    EventType.TOP_UP_FAILED,
    EventType.AUTO_RECHARGE_FAILED,
    EventType.AUTO_RECHARGE_SUSPENDED,
    EventType.BALANCE_LOW,
    EventType.CALL_DENIED,
}


def test_every_mail_is_either_always_sent_or_limited() -> None:
    assert set(MAILED) == LIMITED | ALWAYS_SENT
    assert not LIMITED & ALWAYS_SENT
    for kind, data in SAMPLES:
        assert (limited_kind({"type": kind, "data": data}, None) is None) == (kind in ALWAYS_SENT)


@pytest.mark.parametrize("reason", list(SuspensionReason))
def test_suspensions_are_limited_by_reason_and_their_link_is_not(reason: SuspensionReason) -> None:
    event = {"type": "AutoRechargeSuspended", "data": {"reason": reason}}
    assert limited_kind(event, None) == f"AutoRechargeSuspended:{reason}"
    assert (limited_kind(event, CONFIRMATION) is None) == (reason is SuspensionReason.AUTHENTICATION)
