"""The tags by which a report of SES names the account and the event of its mail."""

import re
from typing import Final

ACCOUNT_TAG: Final = "account_id"
EVENT_TAG: Final = "event_id"
_ALLOWED: Final = re.compile(r"[A-Za-z0-9_-]{1,256}")
"""What SES allows in a tag."""


def mail_tags(account_id: str, event_id: str) -> list[dict[str, str]]:
    """The tags of a mail. A value that SES would refuse is left out; the account is then found by the address."""
    tags = {ACCOUNT_TAG: account_id, EVENT_TAG: event_id}
    return [{"Name": name, "Value": value} for name, value in tags.items() if _ALLOWED.fullmatch(value)]
