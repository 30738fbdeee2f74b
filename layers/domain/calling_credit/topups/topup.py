"""A top-up, one payment into an account's credit, and Stripe's payment intent for it.

    created -> confirming -> succeeded | requires_action | processing | failed | canceled

Only `succeeded` is final. At Stripe a declined intent remains payable, so money may still arrive for a top-up that was
given up; it is credited then. A top-up becomes `failed` or `canceled` only after Stripe has canceled its intent, or if
no intent was ever confirmed.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from calling_credit.correlation import current_correlation
from calling_credit.instants import format_instant
from calling_credit.payment_names import MethodType, method_type
from calling_credit.topups.declines import Decline


class TopUpKind(StrEnum):
    """How a top-up is paid: by a billing admin with a saved card, by the recharge rule, or by a billing admin on
    Stripe's page.
    """

    MANUAL = "manual"
    AUTOMATIC = "automatic"
    CHECKOUT = "checkout"


class TopUpStatus(StrEnum):
    """The state of a top-up. Customers see `confirming` as `processing`."""

    CREATED = "created"
    CONFIRMING = "confirming"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


PENDING: Final = frozenset({TopUpStatus.CREATED, TopUpStatus.CONFIRMING, TopUpStatus.PROCESSING})
"""Money may arrive without any action. A recharge decision counts it as already received."""
NOT_PAID: Final = frozenset({TopUpStatus.FAILED, TopUpStatus.CANCELED})
"""Ended without money."""
OPEN: Final = PENDING | {TopUpStatus.REQUIRES_ACTION}
"""Not ended yet: Stripe may still charge the card."""

CURRENCY: Final = "usd"
RESPONSE_TIMEOUT: Final = timedelta(seconds=60)
"""A customer without an answer after this time has left. An unconfirmed payment is then canceled, not completed."""
LEASE: Final = timedelta(seconds=120)
"""How long one worker keeps an automatic top-up before another takes over: twice a function's timeout."""
MANUAL_LEASE: Final = timedelta(seconds=35)
"""The same for a payment whose customer waits: slightly more than API Gateway waits for its function."""
CHALLENGE_TIMEOUT: Final = timedelta(minutes=15)
"""A customer who spends longer on their bank's page has left it. Until then the payment counts as under way."""
CHALLENGE_LIFETIME: Final = timedelta(hours=24)
"""How long a payment waits for authentication before it is canceled."""
KEY_LIFETIME: Final = timedelta(hours=23)
"""How long Stripe certainly keeps an idempotency key: a day (docs.stripe.com/api/idempotent_requests), less an hour for
clock differences and slow requests.
"""


@dataclass(frozen=True, slots=True)
class Card:
    """A saved card or bank account: Stripe's id, brand and last digits, and the fingerprint, which is equal for equal
    numbers. The brand of a bank account is its type. `expires` is a card's last month, such as 2034-11; top-ups do not
    store it.
    """

    payment_method_id: str
    brand: str
    last4: str
    fingerprint: str
    expires: str = field(default="", compare=False)

    @property
    def type(self) -> MethodType:
        """Whether it is a card or a bank account."""
        return method_type(self.brand)


NO_CARD: Final = Card("", "", "", "")
"""The card of a payment on Stripe's page until Stripe tells which one pays."""


@dataclass(frozen=True, slots=True)
class TopUp:
    """A stored top-up. `create_request` and `confirm_request` hold the JSON for Stripe, so that a retry sends identical
    requests; `confirm_number` is part of the confirmation's idempotency key. `shown_at`: when a request was
    answered with the payment's unpaid end, or Stripe's page showed it. `session_id` is a checkout's page at Stripe,
    `next_action_url` its address, and `page_expires_at` when the page is closed. `is_backup`: a recharge with the
    backup card. `refunded_micros` (None: an earlier release reversed it) and `is_disputed` are what Stripe said last.
    `amount_micros` is the credit, without tax. `tax_micros` is the tax on it, `tax_percent` the rate as text, and
    `billing` the JSON of the billing details, all as they were when it was created; they never change.
    `reversed_micros` is the credit that was taken back, `reversed_gross_micros` (None without tax) what of the payment
    went back with it. `receipt_due` is the local date of a receipt that is not issued yet, `receipt` the number of an
    issued one; `notes_due` and `credit_notes` are the same of reversals (`topups.documents`).
    `correlation_id` names the request that began it, or what lowered the balance below the threshold.
    """

    account_id: str
    topup_id: str
    kind: TopUpKind
    status: TopUpStatus
    amount_micros: int
    created_at: str
    created_by: str
    card: Card
    customer_id: str
    create_request: str
    confirm_request: str
    confirm_number: int = 1
    attempt: int = 0
    intent_id: str | None = None
    lease_until: str | None = None
    next_action_url: str | None = None
    failure_code: str | None = None
    failure_advice: str | None = None
    receipt_url: str | None = None
    is_finished: bool = False
    reversed_micros: int = 0
    reversals: int = 0
    shown_at: str | None = None
    suspended_recharge: bool = False
    session_id: str | None = None
    page_expires_at: str | None = None
    is_backup: bool = False
    refunded_micros: int | None = None
    is_disputed: bool = False
    tax_micros: int = 0
    tax_percent: str | None = None
    billing: str | None = None
    settled_at: str | None = None
    reversed_gross_micros: int | None = None
    receipt_due: str | None = None
    receipt: str | None = None
    notes_due: str | None = None
    credit_notes: str | None = None
    correlation_id: str | None = field(default_factory=current_correlation, compare=False)

    @property
    def gross_micros(self) -> int:
        """What the card pays: the credit and the tax on it."""
        return self.amount_micros + self.tax_micros

    @property
    def gone_micros(self) -> int:
        """What of the payment refunds and disputes took back, with its tax."""
        return self.reversed_micros if self.reversed_gross_micros is None else self.reversed_gross_micros

    @property
    def is_open(self) -> bool:
        """Whether Stripe may still charge the card."""
        return self.status in OPEN

    def is_leased(self, now: datetime) -> bool:
        """Whether a worker holds the lease."""
        return self.lease_until is not None and self.lease_until > format_instant(now)

    @property
    def decline(self) -> Decline | None:
        """The stored decline, if any."""
        return None if self.failure_code is None else Decline(self.failure_code, self.failure_advice)

    def is_on_its_way(self, now: datetime) -> bool:
        """Whether the money may still arrive: no action is needed, or the customer is authenticating now. A payment on
        Stripe's page is on its way once its customer has submitted the page: a bank account takes days.
        """
        if self.kind == TopUpKind.CHECKOUT:
            return self.status == TopUpStatus.PROCESSING
        at_the_bank = (
            self.kind == TopUpKind.MANUAL
            and self.status == TopUpStatus.REQUIRES_ACTION
            and self.age(now) <= CHALLENGE_TIMEOUT
        )
        return self.status in PENDING or at_the_bank

    @property
    def shown_refund_micros(self) -> int:
        """What was refunded. An earlier release stored only what refunds and disputes took back together."""
        return self.reversed_micros if self.refunded_micros is None else self.refunded_micros

    @property
    def given_back_micros(self) -> int:
        """What of the payment went back, also in refunds that were too small to take back a cent of its credit."""
        return max(self.gone_micros, self.shown_refund_micros)

    @property
    def may_wait_for_customer(self) -> bool:
        """Whether a recharge may wait until its absent customer authenticates. One with the backup card does not."""
        return self.kind == TopUpKind.AUTOMATIC and not self.is_backup

    @property
    def waits_for_challenge(self) -> bool:
        """Whether a payment with a saved card waits for its customer at the bank, so that another one ends it."""
        return self.kind != TopUpKind.CHECKOUT and self.status == TopUpStatus.REQUIRES_ACTION

    @property
    def has_card(self) -> bool:
        """Whether the card, or the bank account, that pays is known."""
        return self.card != NO_CARD

    def age(self, now: datetime) -> timedelta:
        """Time since creation."""
        return now - datetime.fromisoformat(self.created_at)


@dataclass(frozen=True, slots=True)
class Intent:
    """A payment intent as Stripe reports it. `received_micros` is the charged amount, `card` what its latest charge
    was made to.
    """

    intent_id: str
    status: str
    amount_micros: int
    received_micros: int
    currency: str
    customer_id: str
    topup_id: str
    account_id: str
    next_action_url: str | None = None
    decline: Decline | None = None
    receipt_url: str | None = None
    card: Card | None = None
