"""The events about mails that came back or were not wanted. Depends on neither the table nor the bus."""

from typing import Literal

from calling_credit.notifications.announcement import Announcement
from calling_credit.notifications.event_data import BouncedMail, UnwantedMail
from calling_credit.notifications.event_types import EventType


class MailBounced(Announcement):
    """A mail to a billing address came back."""

    type: Literal[EventType.MAIL_BOUNCED] = EventType.MAIL_BOUNCED
    data: BouncedMail


class MailComplained(Announcement):
    """The recipient of a mail marked it as spam. The address receives no more mails until someone enters it again."""

    type: Literal[EventType.MAIL_COMPLAINED] = EventType.MAIL_COMPLAINED
    data: UnwantedMail
