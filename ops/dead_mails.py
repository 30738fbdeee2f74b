"""Judges the messages of the mails' dead-letter queue: which events they hold, and which hold none."""

from typing import Final

from calling_credit.errors import BadRequest
from calling_credit.notifications.mail_queue import QueuedMail
from ops.dead_letters import Letter

MAX_SHOWN: Final = 96


def judge_mail(letter: Letter) -> tuple[str, bool]:
    """Return the type of a message's event, and False; for a message that can never be mailed its code, and True."""
    try:
        event = QueuedMail(letter.message_id, letter.receipt, "", 1, letter.body).event()
    except BadRequest as error:
        return error.code, True
    return str(event["type"])[:MAX_SHOWN], False
