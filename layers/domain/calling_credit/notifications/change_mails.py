"""The e-mails about changes that loosen an account, freeze it, or send its e-mails elsewhere."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from calling_credit.notifications import mail_words as words

Data = Mapping[str, Any]
Content = tuple[str, list[str]] | None
"""Subject and paragraphs."""


class FreezeLink(Protocol):
    """A link that freezes the account, and when it expires (RFC 3339, UTC)."""

    @property
    def address(self) -> str:
        """The link itself."""

    @property
    def expires_at(self) -> str:
        """The end of its life."""


def addresses_changed(data: Data, _: FreezeLink | None) -> Content:
    """The e-mail to the former billing addresses; None if they are the same."""
    if "billing_emails" not in words.names(data, "fields"):
        return None
    return "The billing addresses of your account changed", [
        f"{words.changer(data)} changed the addresses that receive the e-mails about this account.",
        (
            "You receive this e-mail at an address that was listed before. If you did not expect the change, contact "
            "your phone company."
        ),
    ]


def address_confirmation(_: Data, link: FreezeLink | None) -> Content:
    """The e-mail that asks the holder of a new address; None without its link."""
    if link is None:
        return None
    ends = datetime.fromisoformat(link.expires_at)
    return "Confirm your e-mail address", [
        (
            "A user of the account below wants you to receive its e-mails about prepaid credit for international "
            "calls: receipts, declined cards, low balances, and refused calls."
        ),
        f"To receive them, confirm your address by {ends:%Y-%m-%d %H:%M} UTC:\n{link.address}",
        "If you do not know this account, ignore this e-mail. Without your confirmation, you receive no others.",
    ]


def limits_loosened(data: Data, link: FreezeLink | None) -> Content:
    """The e-mail about loosened limits, with the link that freezes the account."""
    return "Limits of your account were loosened", [
        f"{words.changer(data)} loosened limits against misuse: {words.limits(data)}.",
        "The Billing page shows every change, with the person and the time.",
        *_freeze_lines(link),
    ]


def international_calling_enabled(data: Data, link: FreezeLink | None) -> Content:
    """The e-mail about a line that may call abroad, with the link that freezes the account."""
    return "International calling was turned on", [
        f"{words.changer(data)} turned international calling on for {words.line(data)}.",
        "We report this at most once an hour. The Billing page shows every change, with the person and the time.",
        *_freeze_lines(link),
    ]


def account_frozen(_: Data, __: FreezeLink | None) -> Content:
    """The e-mail about a freeze."""
    return "Your account is frozen", [
        "New international calls are refused, and no card is charged, until your phone company unfreezes it.",
        (
            "Emergency and domestic calls are not affected. Your balance is unchanged. You can still switch lines and "
            "automatic recharge off, lower limits, and remove cards."
        ),
    ]


def account_unfrozen(_: Data, __: FreezeLink | None) -> Content:
    """The e-mail about the end of a freeze."""
    return "Your account is no longer frozen", [
        "International calls and automatic recharge have resumed, and you can add funds again.",
        "Links in earlier e-mails that freeze the account no longer work.",
    ]


def _freeze_lines(link: FreezeLink | None) -> list[str]:
    if link is None:
        return []
    ends = datetime.fromisoformat(link.expires_at)
    return [
        (
            f"If no one in your company wanted this, act at once. Until {ends:%Y-%m-%d %H:%M} UTC, this link blocks "
            f"all international calls and card payments:\n{link.address}"
        )
    ]
