"""Payments on Stripe's page (Checkout): their body, and the next action for one. Makes no request.

    created -> succeeded | processing | requires_action | failed | canceled

Such a payment stays `created` while its page is open, also after a decline, because its customer may try another card
there. It has no intent of its own before the customer submits the page.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from calling_credit.errors import InvalidValue, ProblemCode
from calling_credit.instants import format_instant
from calling_credit.money import Bounds
from calling_credit.topups import decision
from calling_credit.topups.declines import UNSPECIFIED
from calling_credit.topups.parsing import parse_amount
from calling_credit.topups.topup import Intent, TopUp, TopUpStatus

CHECKOUT_LIFETIME: Final = timedelta(minutes=30)
"""How long a customer may pay on the page."""
SESSION_LIFETIME: Final = CHECKOUT_LIFETIME + timedelta(minutes=5)
"""How long the page's session may live at Stripe, from the payment's creation. Stripe requires at least 30 minutes from
its own receipt of the request, so a request may be sent again for 5 minutes.
"""
METHODS: Final = ("card", "us_bank_account")


@dataclass(frozen=True, slots=True)
class CheckoutRequest:
    """What a customer asks for. `methods` are Stripe's types, in the order of METHODS."""

    amount_micros: int
    methods: tuple[str, ...] = METHODS[:1]


@dataclass(frozen=True, slots=True)
class CheckoutPage:
    """A session at Stripe: `open`, `complete`, or `expired`, and the intent that its customer submitted."""

    session_id: str
    status: str
    url: str | None = None
    intent: Intent | None = None


@dataclass(frozen=True, slots=True)
class ReadPage:
    """Ask Stripe for the session."""

    session_id: str


@dataclass(frozen=True, slots=True)
class ExpirePage:
    """Close the page at Stripe, so that it can no longer be paid."""

    session_id: str


@dataclass(frozen=True, slots=True)
class AwaitPage:
    """Wait for the customer, and check again when the page expires."""


Action = (
    ReadPage
    | ExpirePage
    | AwaitPage
    | decision.RetrieveIntent
    | decision.Settle
    | decision.Finish
    | decision.Fail
    | decision.Cancel
    | decision.RecordStatus
    | decision.ReportMismatch
    | decision.Leave
)


def parse_checkout(body: dict[str, Any], bounds: Bounds) -> CheckoutRequest:
    """Parse `{amount, methods?}`.

    Raises:
        InvalidValue: missing_field, invalid_amount (whole cents only), amount_out_of_range, invalid_field.
    """
    amount_micros = parse_amount(body, bounds)
    given = body.get("methods", ["card"])
    if not isinstance(given, list) or not given or not all(method in METHODS for method in given):
        raise InvalidValue(
            ProblemCode.INVALID_FIELD, f"methods must be a list of at least one of: {', '.join(METHODS)}."
        )
    return CheckoutRequest(amount_micros, tuple(method for method in METHODS if method in given))


def is_page_over(topup: TopUp, now: datetime) -> bool:
    """Whether the time to pay on the page is over."""
    return topup.page_expires_at is None or topup.page_expires_at <= format_instant(now)


def next_checkout_action(  # noqa: PLR0911 One return for each action.
    topup: TopUp,
    page: CheckoutPage | None,
    intent: Intent | None,
    now: datetime,
    may_not_wait: Callable[[], bool],
) -> Action:
    """Decide the next action for a payment on Stripe's page.

    Args:
        topup: the top-up as it is stored.
        page: its session as Stripe reports it; None if Stripe was not asked.
        intent: its intent as Stripe reports it; None if Stripe was not asked, or there is none.
        now: the current time.
        may_not_wait: tells whether a freeze has ended the waiting. It reads the account, so it is called only where the
            answer decides.
    """
    if topup.status == TopUpStatus.SUCCEEDED:
        return decision.Finish()
    reason = _mismatch(topup, intent) if intent is not None else None
    if intent is not None and reason is not None:
        return decision.ReportMismatch(intent, reason)
    if intent is not None and intent.status == "succeeded":
        return decision.Settle(intent)
    if not topup.is_open:
        return decision.Leave()
    if topup.status != TopUpStatus.CREATED:
        return _after_submission(intent) if intent else decision.RetrieveIntent(topup.intent_id or "")
    if page is None and topup.session_id is not None:
        return ReadPage(topup.session_id)
    if page is not None and page.status != "open":
        return _after_submission(intent) if intent else decision.Cancel()
    if not is_page_over(topup, now) and not may_not_wait():
        return AwaitPage()
    return ExpirePage(page.session_id) if page else decision.Cancel()


def _mismatch(topup: TopUp, intent: Intent) -> decision.MismatchCode | None:
    """The code of the issue if this intent must not be credited. Its payment learns the intent from its session, so one
    that names another payment could be credited to both.
    """
    named = intent.account_id, intent.topup_id
    if all(named) and named != (topup.account_id, topup.topup_id):
        return decision.MismatchCode.OTHER_INTENT
    return decision.mismatch(topup, intent)


def _after_submission(intent: Intent) -> Action:
    """The action for an unpaid intent whose page is closed: it waits for the bank, or has ended."""
    if intent.status == "processing":
        return decision.RecordStatus(TopUpStatus.PROCESSING)
    if intent.status == "requires_action":
        return decision.RecordStatus(TopUpStatus.REQUIRES_ACTION)
    if intent.status == "canceled" and intent.decline is None:
        return decision.Cancel()
    return decision.Fail(intent.decline or UNSPECIFIED)
