"""Limits on an account's manual payments and saved cards, against card testing: declines, pages, cards, and money in a
day.

Each payment and each page claims its place before anything is sent to Stripe, so that concurrent requests cannot pass a
limit together. A payment that brings no money returns its amount; a declined one keeps its place among the declines.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from calling_credit.errors import CallingCreditError
from calling_credit.instants import format_instant
from calling_credit.topups import refusals

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
MAX_DECLINES_AN_HOUR: Final = 5
MAX_DECLINES_A_DAY: Final = 10
MAX_PAGES_AN_HOUR: Final = 10
MAX_CARDS: Final = 10
PAGE_LIFETIME: Final = timedelta(minutes=30, seconds=10)
"""How long a page at Stripe stays open. Stripe requires at least 30 minutes from its own receipt of the request."""
MAX_RETURNED: Final = 20
"""How many canceled payments of today to remember, in case that money arrives for one of them."""


class ClaimState(StrEnum):
    """The outcome of a payment's claim."""

    OPEN = "open"
    DECLINED = "declined"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class Claim:
    """The place of one manual payment. `day` is the local date whose amount it claimed."""

    topup_id: str
    at: str
    amount_micros: int
    day: str
    state: ClaimState = ClaimState.OPEN


@dataclass(frozen=True, slots=True)
class Page:
    """A page that saves a card; of a payment on it, `page_id` is the top-up. It counts as a card until it is used or
    expires.
    """

    page_id: str
    at: str
    is_open: bool = True


@dataclass(frozen=True, slots=True)
class PaymentUse:
    """What an account has used of its limits. `left_micros` remains to be paid on `day`, of `limit_micros`."""

    version: int = 0
    day: str = ""
    left_micros: int = 0
    limit_micros: int = 0
    claims: tuple[Claim, ...] = ()
    pages: tuple[Page, ...] = ()


@dataclass(frozen=True, slots=True)
class DailyLimit:
    """The money that an account may pay by hand on a local date, and when the next date begins."""

    limit_micros: int
    today: str
    ends_at: datetime


def claim_payment(
    use: PaymentUse, topup_id: str, amount_micros: int, daily: DailyLimit, now: datetime
) -> PaymentUse | CallingCreditError:
    """Claim a payment's amount and place, or return the error of the limit that it exceeds."""
    use = _of_today(_recent(use, now), daily)
    if error := _too_many_declines(use, now):
        return error
    if use.left_micros < amount_micros:
        return refusals.daily_top_up(use.left_micros, use.limit_micros, daily.ends_at, now)
    claim = Claim(topup_id, format_instant(now), amount_micros, use.day)
    return replace(use, left_micros=use.left_micros - amount_micros, claims=(*use.claims, claim))


def record_paid(use: PaymentUse, topup_id: str) -> PaymentUse:
    """Forget the claim of a payment that succeeded. Money that arrives after its end claims its amount again."""
    claim = _claim_of(use, topup_id)
    if claim is None:
        return use
    returned = claim.amount_micros if claim.state is not ClaimState.OPEN and claim.day == use.day else 0
    rest = tuple(other for other in use.claims if other is not claim)
    return replace(use, left_micros=use.left_micros - returned, claims=rest)


def record_unpaid(use: PaymentUse, topup_id: str, state: ClaimState) -> PaymentUse:
    """Return the amount of a payment that was declined or canceled."""
    claim = _claim_of(use, topup_id)
    if claim is None or claim.state is not ClaimState.OPEN:
        return use
    returned = claim.amount_micros if claim.day == use.day else 0
    ended = tuple(replace(other, state=state) if other is claim else other for other in use.claims)
    return replace(use, left_micros=use.left_micros + returned, claims=ended)


def claim_page(use: PaymentUse, page_id: str, cards: int, now: datetime) -> PaymentUse | CallingCreditError:
    """Claim a page for saving a card beside `cards` saved ones, or return the error of the limit that it exceeds."""
    use = _recent(use, now)
    if len(use.pages) >= MAX_PAGES_AN_HOUR:
        return refusals.too_many_setup_pages(_instant(use.pages[-MAX_PAGES_AN_HOUR].at) + HOUR, now)
    opened = [page for page in use.pages if page.is_open and _instant(page.at) + PAGE_LIFETIME > now]
    excess = cards + len(opened) - MAX_CARDS  # The pages that must end, besides one more, to make a place.
    if excess >= 0:
        until = _instant(opened[excess].at) + PAGE_LIFETIME if excess < len(opened) else now + HOUR
        return refusals.too_many_cards(until, now)
    return replace(use, pages=(*use.pages, Page(page_id, format_instant(now))))


def claim_checkout(
    use: PaymentUse, topup_id: str, amount_micros: int, daily: DailyLimit, cards: int, now: datetime
) -> PaymentUse | CallingCreditError:
    """Claim the amount and place of a payment on Stripe's page, and the page, because it saves a card beside `cards`
    saved ones; or return the error of the limit that it exceeds.
    """
    claimed = claim_payment(use, topup_id, amount_micros, daily, now)
    return claimed if isinstance(claimed, CallingCreditError) else claim_page(claimed, topup_id, cards, now)


def close_page(use: PaymentUse, page_id: str) -> PaymentUse:
    """Count a used page no longer as a card: its card is among the saved ones."""
    pages = tuple(replace(page, is_open=False) if page.page_id == page_id else page for page in use.pages)
    return replace(use, pages=pages)


def return_page(use: PaymentUse, page_id: str) -> PaymentUse:
    """Forget a page that Stripe did not create."""
    return replace(use, pages=tuple(page for page in use.pages if page.page_id != page_id))


def _too_many_declines(use: PaymentUse, now: datetime) -> CallingCreditError | None:
    """The error if another decline would exceed a limit. Payments under way may still be declined."""
    until, is_busy = now, False
    for most, span in ((MAX_DECLINES_AN_HOUR, HOUR), (MAX_DECLINES_A_DAY, DAY)):
        claims = [claim for claim in use.claims if _instant(claim.at) + span > now]
        declined = [claim for claim in claims if claim.state is ClaimState.DECLINED]
        if len(declined) >= most:
            until = max(until, _instant(declined[-most].at) + span)
        is_busy |= len(declined) + sum(claim.state is ClaimState.OPEN for claim in claims) >= most
    if until > now:
        return refusals.too_many_declines(until, now)
    return refusals.payments_under_way() if is_busy else None


def _of_today(use: PaymentUse, daily: DailyLimit) -> PaymentUse:
    """The use of the current day and limit. A day never goes back, also if the account moves to another time zone."""
    if daily.today > use.day:
        claims = tuple(claim for claim in use.claims if claim.state is not ClaimState.RETURNED)
        use = replace(
            use, day=daily.today, left_micros=daily.limit_micros, limit_micros=daily.limit_micros, claims=claims
        )
    change = daily.limit_micros - use.limit_micros
    return replace(use, left_micros=use.left_micros + change, limit_micros=daily.limit_micros)


def _recent(use: PaymentUse, now: datetime) -> PaymentUse:
    """The use without what no limit counts any longer."""
    claims = [claim for claim in use.claims if _instant(claim.at) + DAY > now or claim.state is ClaimState.OPEN]
    returned = [claim for claim in claims if claim.state is ClaimState.RETURNED]
    forgotten = returned[:-MAX_RETURNED]
    pages = tuple(page for page in use.pages if _instant(page.at) + HOUR > now)
    return replace(use, claims=tuple(claim for claim in claims if claim not in forgotten), pages=pages)


def _claim_of(use: PaymentUse, topup_id: str) -> Claim | None:
    return next((claim for claim in use.claims if claim.topup_id == topup_id), None)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
