"""Decides the next action for a top-up from its item and Stripe's payment intent. Makes no request to either."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from calling_credit.topups.declines import UNSPECIFIED, Decline, FailureCode, public_code
from calling_credit.topups.topup import (
    CHALLENGE_LIFETIME,
    CHALLENGE_TIMEOUT,
    CURRENCY,
    KEY_LIFETIME,
    LEASE,
    RESPONSE_TIMEOUT,
    Intent,
    TopUp,
    TopUpKind,
    TopUpStatus,
)


class MismatchCode(StrEnum):
    """How an intent differs from its top-up. docs/runbook.md#payment-issues explains each."""

    OTHER_INTENT = "other_intent"
    CURRENCY_MISMATCH = "currency_mismatch"
    CUSTOMER_MISMATCH = "customer_mismatch"
    AMOUNT_MISMATCH = "amount_mismatch"


_NEEDS_CUSTOMER: Final = frozenset({FailureCode.AUTHENTICATION_REQUIRED, FailureCode.AUTHENTICATION_FAILED})


@dataclass(frozen=True, slots=True)
class CreateIntent:
    """Create the intent, then store its id."""


@dataclass(frozen=True, slots=True)
class RetrieveIntent:
    """Ask Stripe for the intent whose id is stored."""

    intent_id: str


@dataclass(frozen=True, slots=True)
class StoreIntent:
    """Store the intent's id. Only an intent whose id is stored is confirmed."""

    intent: Intent


@dataclass(frozen=True, slots=True)
class Confirm:
    """Ask Stripe to charge the card."""


@dataclass(frozen=True, slots=True)
class CancelIntent:
    """Cancel the intent. Store `decline` first, so that the reason survives a crash in between."""

    intent_id: str
    decline: Decline | None = None


@dataclass(frozen=True, slots=True)
class CancelWithoutIntent:
    """Cancel every intent that Stripe may have created without our receiving the answer, then the top-up."""


@dataclass(frozen=True, slots=True)
class Settle:
    """Credit the top-up."""

    intent: Intent


@dataclass(frozen=True, slots=True)
class Finish:
    """Apply a credited top-up to automatic recharge."""


@dataclass(frozen=True, slots=True)
class Fail:
    """End the top-up as failed. Stripe has canceled its intent after this decline."""

    decline: Decline


@dataclass(frozen=True, slots=True)
class Cancel:
    """End the top-up as canceled. Stripe has canceled its intent without a decline."""


@dataclass(frozen=True, slots=True)
class AwaitCustomer:
    """Suspend automatic recharge until the customer authenticates: the bank refused to charge in their absence."""

    decline: Decline


@dataclass(frozen=True, slots=True)
class RecordStatus:
    """Store Stripe's status and check again later. `wakes_recharge`: the payment no longer counts as under way."""

    status: TopUpStatus
    next_action_url: str | None = None
    wakes_recharge: bool = False


@dataclass(frozen=True, slots=True)
class ReportMismatch:
    """Report an intent that is not what the top-up requested; `reason` is the code of the issue."""

    intent: Intent
    reason: MismatchCode


@dataclass(frozen=True, slots=True)
class Leave:
    """Do nothing: the top-up has ended."""


Action = (
    CreateIntent
    | RetrieveIntent
    | StoreIntent
    | Confirm
    | CancelIntent
    | CancelWithoutIntent
    | Settle
    | Finish
    | Fail
    | Cancel
    | AwaitCustomer
    | RecordStatus
    | ReportMismatch
    | Leave
)


def next_action(
    topup: TopUp,
    intent: Intent | None,
    now: datetime,
    wanted: Callable[[], bool],
    may_not_wait: Callable[[], bool] = lambda: False,
) -> Action:
    """Decide the next action for a top-up.

    Args:
        topup: the top-up as it is stored.
        intent: the intent as Stripe reports it; None if Stripe was not asked yet.
        now: the current time.
        wanted: tells whether the rule would still charge an automatic top-up. It reads the account, so it is called
            only where the answer decides.
        may_not_wait: tells whether a freeze or a blocked card has ended the waiting for the customer; likewise.
    """
    if intent is None:
        return _before_asking(topup, now, wanted)
    reason = mismatch(topup, intent)
    if reason is not None:
        return ReportMismatch(intent, reason)
    if topup.status == TopUpStatus.CREATED:
        return StoreIntent(intent)
    if intent.status == "succeeded":
        return Finish() if topup.status == TopUpStatus.SUCCEEDED else Settle(intent)
    return _while_open(topup, intent, now, wanted, may_not_wait) if topup.is_open else Leave()


def _before_asking(topup: TopUp, now: datetime, wanted: Callable[[], bool]) -> Action:
    if topup.status == TopUpStatus.SUCCEEDED:
        return Finish()
    if topup.intent_id is not None:
        return RetrieveIntent(topup.intent_id)
    return CancelWithoutIntent() if _is_abandoned(topup, now, wanted) else CreateIntent()


def _while_open(
    topup: TopUp, intent: Intent, now: datetime, wanted: Callable[[], bool], may_not_wait: Callable[[], bool]
) -> Action:
    match intent.status:
        case "requires_confirmation":
            return CancelIntent(intent.intent_id) if _is_abandoned(topup, now, wanted) else Confirm()
        case "requires_action":
            return _at_challenge(topup, intent, now, may_not_wait)
        case "requires_payment_method":
            return _after_decline(topup, intent, now, may_not_wait)
        case "canceled":
            decline = _decline_of(topup, intent)
            return Cancel() if decline is None or _awaits_customer(topup, decline) else Fail(decline)
        case _:
            return RecordStatus(TopUpStatus.PROCESSING)


def _at_challenge(topup: TopUp, intent: Intent, now: datetime, may_not_wait: Callable[[], bool]) -> Action:
    if _has_expired(topup, now) or may_not_wait():
        return CancelIntent(intent.intent_id)
    customer_has_left = topup.kind == TopUpKind.MANUAL and topup.age(now) > CHALLENGE_TIMEOUT
    return RecordStatus(TopUpStatus.REQUIRES_ACTION, intent.next_action_url, wakes_recharge=customer_has_left)


def _after_decline(topup: TopUp, intent: Intent, now: datetime, may_not_wait: Callable[[], bool]) -> Action:
    if not _awaits_customer(topup, _decline_of(topup, intent)):
        return CancelIntent(intent.intent_id, intent.decline or UNSPECIFIED)
    if _has_expired(topup, now) or may_not_wait():
        return CancelIntent(intent.intent_id)
    if topup.status == TopUpStatus.REQUIRES_ACTION:
        return RecordStatus(TopUpStatus.REQUIRES_ACTION)
    return AwaitCustomer(intent.decline or UNSPECIFIED)


def _decline_of(topup: TopUp, intent: Intent) -> Decline | None:  # A stored one counts like Stripe's own.
    return intent.decline or topup.decline


def _awaits_customer(topup: TopUp, decline: Decline | None) -> bool:
    """Whether the bank asks for the customer, who was not present."""
    return topup.may_wait_for_customer and decline is not None and public_code(decline.code) in _NEEDS_CUSTOMER


def _has_expired(topup: TopUp, now: datetime) -> bool:
    """Whether the customer had a day to authenticate and did not."""
    return topup.status == TopUpStatus.REQUIRES_ACTION and topup.age(now) > CHALLENGE_LIFETIME


def _is_abandoned(topup: TopUp, now: datetime, wanted: Callable[[], bool]) -> bool:
    """Whether the charge must no longer be started: the customer has left, Stripe may have forgotten the
    idempotency key, or the rule would not charge this amount today.
    """
    age = topup.age(now)
    if topup.kind == TopUpKind.MANUAL:
        return age > RESPONSE_TIMEOUT
    return age > KEY_LIFETIME or (age >= LEASE and not wanted())


def mismatch(topup: TopUp, intent: Intent) -> MismatchCode | None:
    """Return the code of the issue if this intent must not be credited to this top-up, else None."""
    if topup.intent_id is not None and topup.intent_id != intent.intent_id:
        return MismatchCode.OTHER_INTENT
    if intent.currency != CURRENCY:
        return MismatchCode.CURRENCY_MISMATCH
    if intent.customer_id != topup.customer_id:
        return MismatchCode.CUSTOMER_MISMATCH
    received = intent.received_micros if intent.status == "succeeded" else topup.gross_micros
    if intent.amount_micros != topup.gross_micros or received != topup.gross_micros:
        return MismatchCode.AMOUNT_MISMATCH
    return None
