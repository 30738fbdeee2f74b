"""The tokens of links that act without a sign-in.

A token is a signed text, so that the same link can be shown and mailed again; the table holds its hash alone, so no
copy of the table holds a link, and one whose hash is not there, or was withdrawn, is dead whoever signed it.
"""

from datetime import datetime

from calling_credit.api.cursors import read_cursor, write_cursor
from calling_credit.errors import InvalidValue, NotFound, ProblemCode
from calling_credit.instants import format_instant
from calling_credit.links.link import PURPOSES, Link, Purpose, hash_of
from calling_credit.links.store import Links


def hand_out(links: Links, secret: str, link_url: str, link: Link, now: datetime) -> str:
    """The address of a link, whose hash is stored before anybody sees it. `link_url` ends with a slash.

    Raises:
        Unavailable: the table did not take it in time.
    """
    token = token_of(secret, link)
    links.keep(link, hash_of(token), now)
    return f"{link_url}links/{token}"


def follow(links: Links, secret: str, token: str, now: datetime) -> Link:
    """What a token is for, if it is ours, in its time, handed out and not withdrawn.

    Raises:
        NotFound: `unknown_link`. Unavailable: the table did not answer in time.
    """
    link = read_token(secret, token, now)
    if not links.stands(link, hash_of(token)):
        raise not_ours()
    return link


def token_of(secret: str, link: Link) -> str:
    """The link as one path segment; the same whenever it is made."""
    return write_cursor(secret, _scope(link.purpose), [link.account_id, link.target, link.expires_at])


def read_token(secret: str, token: str, now: datetime) -> Link:
    """What a token says it is for.

    Raises:
        NotFound: `unknown_link`, it was edited, is no link, or its time is over.
    """
    for purpose in PURPOSES:
        try:
            account_id, target, expires_at = read_cursor(secret, _scope(purpose), token)
        except (InvalidValue, ValueError, TypeError):
            continue
        if expires_at > format_instant(now):
            return Link(purpose, account_id, target, expires_at)
    raise not_ours()


def not_ours() -> NotFound:
    """What is told of a link that leads nowhere, whatever is wrong with it."""
    return NotFound(
        ProblemCode.UNKNOWN_LINK, "This link is not valid, or its time is over; sign in to the Billing page."
    )


def _scope(purpose: Purpose) -> list[str]:
    return ["link", purpose]
