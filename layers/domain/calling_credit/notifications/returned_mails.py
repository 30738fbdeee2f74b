"""Which mails an address still receives that mails came back from. Sends nothing."""

from typing import Final

from calling_credit.accounts.bounces import Returned
from calling_credit.notifications.event_types import EventType
from calling_credit.notifications.mails import WITH_FREEZE_LINK

SECURITY: Final = WITH_FREEZE_LINK | {
    EventType.ACCOUNT_FROZEN,
    EventType.ACCOUNT_UNFROZEN,
    EventType.ACCOUNT_CHANGED,
    EventType.ADDRESS_CONFIRMATION_REQUESTED,
}
"""The types of event whose mail protects the account, or was asked for: tried even if an address bounced."""


def is_mailed(event_type: str, returned: Returned | None) -> bool:
    """Whether an address receives the mail about an event. After a complaint, it receives none."""
    return returned is None or (returned is Returned.PERMANENT and event_type in SECURITY)
