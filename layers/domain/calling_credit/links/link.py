"""Links that act without a sign-in. Each has one purpose, one account, and an expiry. Stores nothing."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from calling_credit.accounts.budget_requests import BudgetRequest
from calling_credit.accounts.freeze_times import last_unfreezing
from calling_credit.accounts.waiting_address import WaitingAddress
from calling_credit.instants import format_instant
from calling_credit.topups.topup import CHALLENGE_LIFETIME, TopUp

FREEZE_LINK_LIFETIME: Final = timedelta(days=7)
"""How long the link in an alert can freeze the account, because its reader may be away."""


NEVER_UNFROZEN: Final = ""
"""What a link names as the last unfreezing of an account that was never unfrozen."""


class LinkPurpose(StrEnum):
    """The action of a link."""

    CONFIRM_PAYMENT = "confirm_payment"
    FREEZE_ACCOUNT = "freeze_account"
    CONFIRM_ADDRESS = "confirm_address"
    RAISE_BUDGET = "raise_budget"


class FreezeLinkState(StrEnum):
    """What pressing a freeze link does now: freeze the account, or nothing, for one of three reasons."""

    ACTIVE = "active"
    FROZEN = "frozen"
    USED = "used"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Link:
    """The purpose of a link, its account, its target (the id of a payment, an alert, or a request to confirm an
    address; the line, month, and number of a request for more budget), and its expiry (RFC 3339).
    """

    purpose: LinkPurpose
    account_id: str
    target: str
    expires_at: str


def confirmation_link(topup: TopUp) -> Link:
    """Return the link that confirms a waiting payment, valid for as long as the payment may wait."""
    expires_at = format_instant(datetime.fromisoformat(topup.created_at) + CHALLENGE_LIFETIME)
    return Link(LinkPurpose.CONFIRM_PAYMENT, topup.account_id, topup.topup_id, expires_at)


def freeze_link(account_id: str, event_id: str, occurred_at: str) -> Link:
    """Return the link in an alert that freezes the account."""
    expires_at = format_instant(datetime.fromisoformat(occurred_at) + FREEZE_LINK_LIFETIME)
    return Link(LinkPurpose.FREEZE_ACCOUNT, account_id, event_id, expires_at)


def address_link(account_id: str, waiting: WaitingAddress) -> Link:
    """Return the link that confirms a waiting address, valid for as long as the address waits."""
    return Link(LinkPurpose.CONFIRM_ADDRESS, account_id, waiting.request_id, waiting.expires_at)


def raise_link(account_id: str, request: BudgetRequest) -> Link:
    """Return the link that raises what a request names."""
    return Link(LinkPurpose.RAISE_BUDGET, account_id, request.target, request.link_expires_at)


def hash_of(token: str) -> str:
    """Return the stored hash of a link's token (SHA-256, hexadecimal)."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class FreezeLink:
    """A freeze link's state, and whether the account is frozen now, by this link or otherwise."""

    state: FreezeLinkState
    is_frozen: bool

    @property
    def can_act(self) -> bool:
        """Whether the link freezes the account now, or would if it were not frozen."""
        return self.state in (FreezeLinkState.ACTIVE, FreezeLinkState.FROZEN)


def freeze_link_of(account: Mapping[str, Any], stored: Mapping[str, Any] | None, token_hash: str) -> FreezeLink:
    """The state of a link by the account's and the link's items.

    A link acts unless it has acted before, the account is frozen, or the account was unfrozen after the link was handed
    out. Items of version 1.0.0 lack `frozen_link`, `used_at`, and `freeze_links_after`.
    """
    is_frozen = "frozen_at" in account
    if not account or stored is None or "withdrawn_at" in stored:
        return FreezeLink(FreezeLinkState.WITHDRAWN, is_frozen)
    if is_frozen and ("used_at" not in stored or account.get("frozen_link") == token_hash):
        return FreezeLink(FreezeLinkState.FROZEN, is_frozen)
    if "used_at" in stored:
        return FreezeLink(FreezeLinkState.USED, is_frozen)
    is_older = _is_older(stored, last_unfreezing(account))
    return FreezeLink(FreezeLinkState.WITHDRAWN if is_older else FreezeLinkState.ACTIVE, is_frozen)


def _is_older(stored: Mapping[str, Any], unfrozen_at: str | None) -> bool:
    """Whether a link was handed out before the account was last unfrozen. The unfreezing that its item names tells,
    not the clocks of the two functions. Items of version 1.0.0 name none.
    """
    if "freeze_links_after" in stored:
        return bool(stored["freeze_links_after"] != (unfrozen_at or NEVER_UNFROZEN))
    return unfrozen_at is not None and stored["handed_out_at"] <= unfrozen_at
