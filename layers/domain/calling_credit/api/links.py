"""Links that act without a sign-in: signed, for one purpose and one payment, and good for a day.

A link is a signed text and stored nowhere, so no copy of the table holds one; what it leads to decides whether there is
still anything to do.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from calling_credit.api.cursors import read_cursor, write_cursor
from calling_credit.errors import InvalidValue, NotFound
from calling_credit.instants import format_instant
from calling_credit.topups import CHALLENGE_LASTS, TopUp

_PURPOSE: Final = ["link", "confirm payment"]


@dataclass(frozen=True, slots=True)
class Target:
    """The payment a link leads to."""

    account_id: str
    topup_id: str


def confirmation_link(secret: str, link_url: str, topup: TopUp) -> str:
    """The address at which a payment that waits for its customer is confirmed."""
    expires_at = format_instant(datetime.fromisoformat(topup.created_at) + CHALLENGE_LASTS)
    return f"{link_url}links/{write_cursor(secret, _PURPOSE, [topup.account_id, topup.topup_id, expires_at])}"


def read_link(secret: str, token: str, now: datetime) -> Target:
    """Where a link leads.

    Raises:
        NotFound: `unknown_link`, it was edited, is for something else, or its day is over.
    """
    try:
        account_id, topup_id, expires_at = read_cursor(secret, _PURPOSE, token)
    except (InvalidValue, ValueError, TypeError) as error:
        raise not_ours() from error
    if expires_at <= format_instant(now):
        raise not_ours()
    return Target(account_id, topup_id)


def not_ours() -> NotFound:
    """What is told of a link that leads nowhere, whatever is wrong with it."""
    return NotFound("unknown_link", "This link is not valid, or its time is over; sign in to the Billing page.")
