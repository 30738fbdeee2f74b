"""The tries of one card number, for all accounts and all paths: automatic recharges, manual payments, and links.

A card has 4 tries. Each confirmation reserves one; only an issuer's decline keeps it, for 30 days. A success returns
all. Visa fines merchants for more than 15 tries of a declined card in 30 days, Mastercard for more than 10 a day or 35
in 30 days.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from calling_credit.instants import format_instant
from calling_credit.topups.declines import Decline

MAX_TRIES: Final = 4
DECLINES_COUNT_FOR: Final = timedelta(days=30)
CURED_BY_RENEWAL: Final = frozenset(
    {"expired_card", "invalid_expiry_month", "invalid_expiry_year", "new_account_information_available"}
)
"""Declines for a date or number that the bank has replaced since."""
MAX_DECLINES_OF_SAVED_CARD: Final = 8
"""A card that its holder saves again and again has no further manual try after this many declines in 30 days."""


class CardRefusal(StrEnum):
    """Why a card must not be tried."""

    BLOCKED = "card_blocked"
    DECLINED_TOO_OFTEN = "card_declined_too_often"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class Try:
    """One confirmation of a payment: reserved before it is sent, and declined if the issuer declined it. `is_granted`:
    it is the manual try of a card that was saved again.
    """

    topup_id: str
    number: int
    at: str
    is_declined: bool = False
    is_granted: bool = False


@dataclass(frozen=True, slots=True)
class CardRecord:
    """A card as it is stored. `ended_by` is the code of the decline after which it must not be tried again, and
    `renewed_to` the hash of the number that its bank replaced it by. `renewed_at` is the last renewal that was applied,
    and `paid_at` the last payment, which returned all tries.
    """

    version: int = 0
    tries: tuple[Try, ...] = ()
    declined_at: str | None = None
    ended_by: str | None = None
    has_manual_try: bool = False
    saved_at: str | None = None
    blocked_at: str | None = None
    blocked_reason: str | None = None
    unblocked_at: str | None = None
    unblocked_by: str | None = None
    unblocked_reason: str | None = None
    renewed_to: str | None = None
    renewed_at: str | None = None
    paid_at: str | None = None


@dataclass(frozen=True, slots=True)
class CardHistory:
    """What a card still allows. `retry_at`: when an exhausted card may be tried again; None: never by itself.
    `has_manual_try`: the card was saved again, so its holder may try it once more. `is_busy`: no try is left because of
    payments under way, which may return theirs.
    """

    tries_left: int = MAX_TRIES
    retry_at: str | None = None
    is_blocked: bool = False
    declined_at: str | None = None
    has_manual_try: bool = False
    is_busy: bool = False

    def refusal(self, *, is_manual: bool) -> CardRefusal | None:
        """Why this card must not be tried now; None if it may be."""
        if self.is_blocked:
            return CardRefusal.BLOCKED
        if self.tries_left > 0 or (is_manual and self.has_manual_try):
            return None
        return CardRefusal.BUSY if self.is_busy else CardRefusal.DECLINED_TOO_OFTEN


NEW_CARD: Final = CardRecord()
UNUSED_CARD: Final = CardHistory()


def history_of(record: CardRecord, now: datetime) -> CardHistory:
    """What the card allows now. Reserved tries count as used until their outcome is known, but only declines exhaust a
    card.
    """
    live = _live(record, now)
    left = 0 if record.ended_by else max(0, MAX_TRIES - len(live))
    retry_at = None
    declined = sorted(attempt.at for attempt in live if attempt.is_declined)
    if len(declined) >= MAX_TRIES and not record.ended_by:
        retry_at = format_instant(datetime.fromisoformat(declined[-MAX_TRIES]) + DECLINES_COUNT_FOR)
    is_busy = left == 0 and not _is_exhausted(record, live)
    return CardHistory(
        left, retry_at, record.blocked_at is not None, record.declined_at, record.has_manual_try, is_busy
    )


def reserve(
    record: CardRecord, topup_id: str, number: int, now: datetime, *, is_manual: bool
) -> CardRecord | CardRefusal:
    """Reserve a try for a confirmation. The same top-up reserves one: a further confirmation follows only one that the
    issuer did not decline.
    """
    if record.blocked_at is not None:
        return CardRefusal.BLOCKED
    own = next((attempt for attempt in record.tries if attempt.topup_id == topup_id), None)
    if own is not None and (not own.is_declined or own.number == number):
        renumbered = replace(own, number=number)
        return replace(record, tries=tuple(renumbered if attempt is own else attempt for attempt in record.tries))
    live = _live(record, now)
    new = Try(topup_id, number, format_instant(now))
    if not record.ended_by and len(live) < MAX_TRIES:
        return replace(record, tries=(*live, new))
    if is_manual and record.has_manual_try:
        return replace(record, tries=(*live, replace(new, is_granted=True)), has_manual_try=False)
    return CardRefusal.DECLINED_TOO_OFTEN if _is_exhausted(record, live) else CardRefusal.BUSY


def give_back(record: CardRecord, topup_id: str) -> CardRecord:
    """Return the try that a top-up reserved, because the issuer did not decline it."""
    own = next((attempt for attempt in record.tries if attempt.topup_id == topup_id and not attempt.is_declined), None)
    if own is None:
        return record
    rest = tuple(attempt for attempt in record.tries if attempt is not own)
    return replace(record, tries=rest, has_manual_try=record.has_manual_try or own.is_granted)


def record_decline(record: CardRecord, topup_id: str, number: int, decline: Decline, now: datetime) -> CardRecord:
    """Keep the try of a top-up that the issuer declined. A never-retry decline ends the card's tries at once."""
    at = format_instant(now)
    rest = tuple(a for a in _live(record, now) if a.topup_id != topup_id or (a.is_declined and a.number != number))
    declined = Try(topup_id, number, at, is_declined=True)
    ended_by = decline.code if decline.is_hard else record.ended_by
    return replace(record, tries=(*rest, declined), declined_at=at, ended_by=ended_by)


def record_success(record: CardRecord, topup_id: str, now: datetime) -> CardRecord:
    """Return all tries after a payment. Confirmations whose outcome is unknown keep theirs."""
    open_tries = tuple(a for a in record.tries if not a.is_declined and a.topup_id != topup_id)
    return replace(
        record, tries=open_tries, declined_at=None, ended_by=None, has_manual_try=False, paid_at=format_instant(now)
    )


def grant_manual_try(record: CardRecord, saved_at: str, now: datetime) -> CardRecord:
    """Grant one manual try to an exhausted card that was saved on a page opened at `saved_at`, after its last decline.
    The same page grants once.
    """
    live = _live(record, now)
    is_later = saved_at > max(record.declined_at or "", record.saved_at or "")
    is_allowed = sum(attempt.is_declined for attempt in live) < MAX_DECLINES_OF_SAVED_CARD
    if not (_is_exhausted(record, live) and is_later and is_allowed):
        return record
    return replace(record, has_manual_try=True, saved_at=saved_at)


def renew(record: CardRecord, renewed_at: str | None) -> CardRecord:
    """The record of a card whose bank renewed it at this time (None: not known). A card that was at its end because of
    its date may be tried again, as far as its declines allow. A repeated renewal changes nothing.
    """
    if renewed_at is None or renewed_at <= (record.renewed_at or ""):
        return record
    ended_by = None if record.ended_by in CURED_BY_RENEWAL else record.ended_by
    return replace(record, ended_by=ended_by, renewed_at=renewed_at)


def inherit(old: CardRecord, new: CardRecord) -> CardRecord:
    """The record of a new number with the declines of the number that it replaces, except an end because of the date,
    and except what a payment with the new number has settled since.
    """
    if old.declined_at is None or old.declined_at <= (new.paid_at or ""):
        return new
    inherited = (attempt for attempt in old.tries if attempt.is_declined and attempt.at > (new.paid_at or ""))
    declined = {(a.topup_id, a.number): a for a in (*inherited, *new.tries) if a.is_declined}
    is_open = [attempt for attempt in new.tries if not attempt.is_declined]
    return replace(
        new,
        tries=(*sorted(declined.values(), key=lambda attempt: attempt.at), *is_open),
        declined_at=_latest(old.declined_at, new.declined_at),
        ended_by=new.ended_by or (None if old.ended_by in CURED_BY_RENEWAL else old.ended_by),
    )


def _is_exhausted(record: CardRecord, live: Iterable[Try]) -> bool:
    """Whether declines leave no try, also if the payments under way succeed or are canceled."""
    return bool(record.ended_by) or sum(attempt.is_declined for attempt in live) >= MAX_TRIES


def inherit_block(old: Iterable[CardRecord], new: CardRecord) -> CardRecord:
    """The record of a renewed card with the block of the card that it replaces, unless it was unblocked since."""
    blocked = [record for record in old if record.blocked_at and record.blocked_at > (new.unblocked_at or "")]
    if new.blocked_at or not blocked:
        return new
    return replace(new, blocked_at=blocked[0].blocked_at, blocked_reason=blocked[0].blocked_reason)


def _live(record: CardRecord, now: datetime) -> tuple[Try, ...]:
    oldest = format_instant(now - DECLINES_COUNT_FOR)
    return tuple(attempt for attempt in record.tries if attempt.at > oldest)


def _latest(*instants: str | None) -> str | None:
    return max(filter(None, instants), default=None)


def combine(histories: Iterable[CardHistory]) -> CardHistory:
    """The history of a card that is stored under its number and its payment method: blocked if either is."""
    first, *others = histories
    return replace(first, is_blocked=first.is_blocked or any(other.is_blocked for other in others))
