"""The events about granted credit that expires. Depends on neither the table nor the bus."""

from typing import Literal

from calling_credit.notifications.announcement import Announcement
from calling_credit.notifications.event_data import Form, Instant, Money
from calling_credit.notifications.event_types import EventType


class CreditLeft(Form):
    """The rest of granted credit, when it expires, and how many days ahead this is announced. `lot_id` is the
    adjustment or promotion that gave it.
    """

    lot_id: str
    amount: Money
    expires_at: Instant
    days: Literal[7, 2]


class CreditGone(Form):
    """Granted credit that has expired. A part that was held for calls may follow in another event."""

    lot_id: str
    entry_id: str
    amount: Money
    expired_at: Instant


class CreditExpiring(Announcement):
    """Granted credit that is not used yet expires soon: once 7 days ahead and once 2 days ahead."""

    type: Literal[EventType.CREDIT_EXPIRING] = EventType.CREDIT_EXPIRING
    data: CreditLeft


class CreditExpired(Announcement):
    """Granted credit that was not used has expired."""

    type: Literal[EventType.CREDIT_EXPIRED] = EventType.CREDIT_EXPIRED
    data: CreditGone
