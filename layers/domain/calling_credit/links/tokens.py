"""The tokens of links that act without a sign-in.

A token is a signed text, so the same link can be shown and mailed again. The table stores only its hash, so a copy of
the table contains no link. A token whose hash is missing or revoked does nothing, even with a valid signature.
"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from calling_credit.api.cursors import read_cursor, write_cursor
from calling_credit.errors import InvalidValue, NotFound, ProblemCode
from calling_credit.instants import format_instant
from calling_credit.links.link import Link, LinkPurpose, hash_of
from calling_credit.links.store import LinkStore


def issue_link(links: LinkStore, secret: str, link_url: str, link: Link, now: datetime) -> str:
    """Store a link by its hash, then return its address. `link_url` ends with a slash.

    Raises:
        Unavailable: the table did not accept the write in time.
    """
    token = token_of(secret, link)
    links.store(link, hash_of(token), now)
    return f"{link_url}links/{token}"


def verify_link(links: LinkStore, secrets: Iterable[str], token: str, now: datetime) -> Link:
    """Return the link of a token that one of the secrets signed, and that is unexpired, issued, and not revoked.

    Raises:
        NotFound: `unknown_link`. Unavailable: the table did not answer in time.
    """
    link = _read_token_of_any(secrets, token, now)
    if not links.is_active(link, hash_of(token)):
        raise unknown_link()
    return link


def token_of(secret: str, link: Link) -> str:
    """Return the link as one path segment. The same link always has the same token."""
    return write_cursor(secret, _scope(link.purpose), [link.account_id, link.target, link.expires_at])


def read_token(secret: str, token: str, now: datetime) -> Link:
    """Return the link that a signed token describes.

    Raises:
        NotFound: `unknown_link`, the token was edited, is not a link, or has expired.
    """
    for purpose in LinkPurpose:
        try:
            account_id, target, expires_at = read_cursor(secret, _scope(purpose), token)
        except (InvalidValue, ValueError, TypeError):
            continue
        if expires_at > format_instant(now):
            return Link(purpose, account_id, target, expires_at)
    raise unknown_link()


def _read_token_of_any(secrets: Iterable[str], token: str, now: datetime) -> Link:
    for secret in secrets:
        with suppress(NotFound):
            return read_token(secret, token, now)
    raise unknown_link()


def unknown_link() -> NotFound:
    """Return the same error for every invalid link, so that it reveals nothing."""
    return NotFound(
        ProblemCode.UNKNOWN_LINK, "This link is not valid, has expired, or was withdrawn; sign in to the Billing page."
    )


def _scope(purpose: LinkPurpose) -> list[str]:
    return ["link", purpose]
