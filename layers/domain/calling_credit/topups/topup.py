"""One payment into an account's credit: what it is, what Stripe's intent says of it, what is to be done next. Knows no
Stripe call and no table.

    created -> confirming -> succeeded | requires_action | processing | failed | canceled

Only `succeeded` absorbs: at Stripe a declined intent stays payable, so money may still arrive for a payment that was
given up, and it is credited then. `failed` and `canceled` are written only once Stripe says the intent is canceled, or
when no intent was ever confirmed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from calling_credit.categories import TOP_UP
from calling_credit.errors import InvalidValue, ProblemCode
from calling_credit.instants import format_instant
from calling_credit.ledger.entries import TOP_UP_PAID, Entry, local_date_of
from calling_credit.money import Bounds, parse_money
from calling_credit.topups.declines import AUTHENTICATION_FAILED, AUTHENTICATION_REQUIRED, Decline

Kind = Literal["manual", "automatic"]
Status = Literal["created", "confirming", "requires_action", "processing", "succeeded", "failed", "canceled"]

PENDING: Final = frozenset({"created", "confirming", "processing"})
"""Money that is on its way without anybody having to do something: it counts before a recharge is decided."""
OPEN: Final = PENDING | {"requires_action"}
"""Not ended yet: Stripe may still take the money."""

CURRENCY: Final = "usd"
MOVED_ON_AFTER: Final = timedelta(seconds=60)
"""A person who has no answer after this has left: what was not confirmed by then is canceled, not completed."""
LEASE: Final = timedelta(seconds=120)
"""How long one process may work on an automatic payment before another takes it over: twice a function's timeout."""
MANUAL_LEASE: Final = timedelta(seconds=35)
"""The same for a payment that a person waits for: a little more than the API gateway waits for its function."""
ABANDONED_AFTER: Final = timedelta(minutes=15)
"""A person who is at their bank's page for longer has left it; until then their payment counts as on its way."""
CHALLENGE_LASTS: Final = timedelta(hours=24)
"""How long a payment waits for its bank's confirmation before it is canceled."""
KEY_LASTS: Final = timedelta(hours=23)
"""How long Stripe remembers an idempotency key for certain: a day (docs.stripe.com/api/idempotent_requests), less what
clocks may differ by and a request may be under way.
"""


@dataclass(frozen=True, slots=True)
class Card:
    """A saved card: Stripe's id, what a person knows it by, and the fingerprint that is the same for the same
    number.
    """

    payment_method_id: str
    brand: str
    last4: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class TopUp:
    """One payment as it is stored. `create_request` and `confirm_request` are the JSON sent to Stripe, kept so that a
    retry sends the very same; `confirm_number` is part of the key of the confirmation.
    """

    account_id: str
    topup_id: str
    kind: Kind
    status: Status
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

    @property
    def is_open(self) -> bool:
        """Whether Stripe may still take the money."""
        return self.status in OPEN

    def is_leased(self, now: datetime) -> bool:
        """Whether a process is still entitled to work on it."""
        return self.lease_until is not None and self.lease_until > format_instant(now)

    @property
    def decline(self) -> Decline | None:
        """Why the bank refused it, as far as that is stored."""
        return None if self.failure_code is None else Decline(self.failure_code, self.failure_advice)

    def is_on_its_way(self, now: datetime) -> bool:
        """Whether its money may well arrive by itself: nobody has to do anything, or somebody is doing it right now."""
        at_the_bank = self.kind == "manual" and self.status == "requires_action" and self.age(now) <= ABANDONED_AFTER
        return self.status in PENDING or at_the_bank

    def age(self, now: datetime) -> timedelta:
        """How long ago it was made."""
        return now - datetime.fromisoformat(self.created_at)


@dataclass(frozen=True, slots=True)
class Intent:
    """What Stripe says of a payment intent now. `received_micros` is what was really taken."""

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


Step = Literal["settle", "confirm", "wait", "challenge", "await_customer", "give_up", "fail", "cancel"]
"""settle: credit it. confirm: ask Stripe for the money. wait: Stripe is at work. challenge: the customer must confirm
at the bank. await_customer: the bank wants the absent customer. give_up: declined, so cancel the intent. fail, cancel:
Stripe has canceled the intent, after a decline or without one.
"""


def next_step(topup: TopUp, intent: Intent) -> Step:
    """What an intent's state asks for. A decline that is stored counts as one that Stripe still tells."""
    decline = intent.decline or topup.decline
    wanted = decline is not None and decline.code in (AUTHENTICATION_REQUIRED, AUTHENTICATION_FAILED)
    if intent.status == "requires_payment_method":
        return "await_customer" if wanted and topup.kind == "automatic" else "give_up"
    if intent.status == "canceled":
        return "cancel" if decline is None or (wanted and topup.kind == "automatic") else "fail"
    return _STEPS.get(intent.status, "wait")


_STEPS: Final[dict[str, Step]] = {
    "succeeded": "settle",
    "requires_confirmation": "confirm",
    "processing": "wait",
    "requires_action": "challenge",
}


def mismatch(topup: TopUp, intent: Intent) -> str | None:
    """Why this intent must not be credited to this payment by guess; None if it is the one that was asked for."""
    if topup.intent_id is not None and topup.intent_id != intent.intent_id:
        return "other_intent"
    if intent.currency != CURRENCY:
        return "currency_mismatch"
    if intent.customer_id != topup.customer_id:
        return "customer_mismatch"
    taken = intent.received_micros if intent.status == "succeeded" else topup.amount_micros
    if intent.amount_micros != topup.amount_micros or taken != topup.amount_micros:
        return "amount_mismatch"
    return None


def read_top_up(body: dict[str, Any], bounds: Bounds) -> tuple[int, str]:
    """Amount (micros) and payment method of `{amount, payment_method_id}`.

    Raises:
        InvalidValue: missing_field, invalid_amount (whole cents only), amount_out_of_range, invalid_payment_method.
    """
    if "amount" not in body:
        raise InvalidValue(ProblemCode.MISSING_FIELD, 'amount is missing; send a decimal string such as "25.00".')
    amount_micros = bounds.check(parse_money(body["amount"], decimals=2))
    return amount_micros, read_payment_method_id(body)


def read_payment_method_id(body: dict[str, Any]) -> str:
    """The `payment_method_id` of a body.

    Raises:
        InvalidValue: missing_field, invalid_payment_method.
    """
    value = body.get("payment_method_id")
    if value is None:
        raise InvalidValue(
            ProblemCode.MISSING_FIELD, "payment_method_id is missing; GET /payment-methods lists the saved cards."
        )
    if not isinstance(value, str) or not value.isascii() or not value.replace("_", "").isalnum() or len(value) > 255:
        raise InvalidValue(
            ProblemCode.INVALID_PAYMENT_METHOD, "payment_method_id must be one that GET /payment-methods lists."
        )
    return value


def topup_entry(topup: TopUp, intent: Intent, time_zone: str, now: datetime) -> Entry:
    """The one entry of a paid top-up. Its key holds the payment's own id and time, whoever settles it."""
    return Entry(
        account_id=topup.account_id,
        happened_at=topup.created_at,
        cause_id=topup.topup_id,
        kind=TOP_UP_PAID,
        category=TOP_UP,
        amount_micros=topup.amount_micros,
        local_date=local_date_of(topup.created_at, time_zone),
        recorded_at=format_instant(now),
        facts_hash=f"{topup.topup_id}:{topup.amount_micros}",
        explanation={
            "payment": topup.kind,
            "brand": topup.card.brand,
            "last4": topup.card.last4,
            "intent_id": intent.intent_id,
        },
    )
