"""A refund of a payment that staff ask for. Does not read the table and does not call Stripe.

    asking -> refunded -> failed
           -> failed

While it is `asking`, the refund holds its amount, so that the credit cannot be spent meanwhile. The reversal that takes
the credit back releases the hold in its own transaction; so does the end of a refund that Stripe refuses.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from calling_credit.changes.actor import Actor, ActorKind
from calling_credit.dynamodb import keys, move_keys, sweep_keys
from calling_credit.dynamodb.attributes import from_attributes, to_attributes
from calling_credit.dynamodb.unreadable import decoder
from calling_credit.errors import Conflict, InvalidValue, ProblemCode
from calling_credit.instants import format_instant
from calling_credit.money import format_money, parse_money
from calling_credit.request_fields import read_text
from calling_credit.topups.reversals import net_share
from calling_credit.topups.topup import TopUp, TopUpStatus

REFUND_KIND: Final = "refund"
MAX_REASON_CHARACTERS: Final = 200
FIRST_CHECK: Final = timedelta(seconds=60)
"""When the sweep takes over a refund that its request has not finished."""


class RefundStatus(StrEnum):
    """The state of a refund."""

    ASKING = "asking"
    REFUNDED = "refunded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """What staff ask for. `amount_micros` is what the card gets back, with tax. `override`: also if less than the
    credit in it is available. `suspends`: suspend automatic recharge, although its rule did not make the payment.
    """

    account_id: str
    topup_id: str
    amount_micros: int
    reason: str
    override: bool = False
    suspends: bool = False

    @property
    def facts(self) -> dict[str, str | int | bool]:
        """What a repeated request must state again."""
        return {
            "topup_id": self.topup_id,
            "amount_micros": self.amount_micros,
            "reason": self.reason,
            "override": self.override,
            "suspends": self.suspends,
        }


@dataclass(frozen=True, slots=True)
class Refund:
    """A stored refund. `held_micros` is the credit that it holds while it is live; None: its amount. `counted_pk` and
    `counted_day` name the day's limit from which its amount was taken.
    """

    request: RefundRequest
    refund_id: str
    status: RefundStatus
    intent_id: str
    created_at: str
    by: str
    by_name: str = ""
    by_address: str = ""
    counted_pk: str = ""
    counted_day: str = ""
    held_micros: int | None = None
    failure_code: str | None = None
    is_new: bool = field(default=False, compare=False)
    """Whether this process has just stored it, so that nothing was sent to Stripe. Not stored."""

    @property
    def is_live(self) -> bool:
        """Whether the refund holds its amount."""
        return self.status is RefundStatus.ASKING

    @property
    def credit_micros(self) -> int:
        """The credit in the amount."""
        return self.request.amount_micros if self.held_micros is None else self.held_micros

    @property
    def actor(self) -> Actor:
        """Who asked for the refund."""
        kind, _, identifier = self.by.partition(":")
        return Actor(ActorKind(kind), identifier, self.by_address, self.by_name)


def parse_refund(account_id: str, topup_id: str, body: Mapping[str, Any]) -> RefundRequest:
    """Parse a refund from `{amount, reason[, override][, suspend_recharge]}`.

    Raises:
        InvalidValue: missing_field, invalid_amount (whole cents only), amount_out_of_range, invalid_field.
    """
    if "amount" not in body:
        raise InvalidValue(ProblemCode.MISSING_FIELD, 'amount is missing; send a decimal string such as "25.00".')
    amount = parse_money(body["amount"], decimals=2)
    if amount <= 0:
        raise InvalidValue(ProblemCode.AMOUNT_OUT_OF_RANGE, "amount must be at least 0.01.")
    flags = {name: body.get(name, False) for name in ("override", "suspend_recharge")}
    for name, value in flags.items():
        if not isinstance(value, bool):
            raise InvalidValue(ProblemCode.INVALID_FIELD, f"{name} must be true or false.")
    reason = read_text(dict(body), "reason", MAX_REASON_CHARACTERS)
    return RefundRequest(account_id, topup_id, amount, reason, flags["override"], flags["suspend_recharge"])


def check_refundable(topup: TopUp, amount_micros: int, refunding_micros: int) -> None:
    """Check that a payment has this much left: what the card paid, less refunds and disputes, and less
    refunds that are under way.

    Raises:
        Conflict: `top_up_not_paid`. InvalidValue: `amount_out_of_range`.
    """
    if topup.status != TopUpStatus.SUCCEEDED or topup.intent_id is None:
        raise Conflict(ProblemCode.TOP_UP_NOT_PAID, "This payment was not paid, so nothing of it can be refunded.")
    left = topup.gross_micros - topup.given_back_micros - refunding_micros
    if amount_micros > left:
        raise InvalidValue(
            ProblemCode.AMOUNT_OUT_OF_RANGE,
            f"amount must be at most {format_money(max(0, left))}, what this payment has left after refunds and "
            "disputes.",
        )


def credit_of(topup: TopUp, amount_micros: int, refunding_micros: int) -> int:
    """The credit that a refund takes back if those under way are made before it."""
    shares = (
        net_share(topup.amount_micros, topup.gross_micros, topup.given_back_micros + part_micros)
        for part_micros in (refunding_micros, refunding_micros + amount_micros)
    )
    before, after = shares
    return after - before


def refund_refused(code: str | None) -> Conflict:
    """The error of a refund that Stripe refused."""
    return Conflict(
        ProblemCode.REFUND_REFUSED,
        f"Stripe refused this refund ({code or 'unknown'}), and nothing was refunded. Look at the payment at Stripe; "
        "then send a new request with a new Idempotency-Key.",
    )


def refund_item(refund: Refund) -> dict[str, Any]:
    """The item of a new refund in attribute values. The sweep index lists it until it ends."""
    values = {name: value for name, value in asdict(refund).items() if name not in ("request", "is_new")}
    first_check = datetime.fromisoformat(refund.created_at) + FIRST_CHECK
    return to_attributes(
        {
            "PK": keys.account_pk(refund.request.account_id),
            "SK": move_keys.refund_sk(refund.refund_id),
            **refund.request.facts,
            **values,
            "status": str(refund.status),
            "sweep_pk": sweep_keys.sweep_pk(REFUND_KIND, refund.request.account_id),
            "sweep_sk": refund_sweep_sk(refund, format_instant(first_check)),
        }
    )


def refund_sweep_sk(refund: Refund, check_at: str) -> str:
    """The sort key of the sweep index: the time of the next check first."""
    return f"{check_at}#{refund.request.account_id}#{refund.refund_id}"


@decoder
def refund_from_item(attributes: Mapping[str, Any]) -> Refund:
    """The refund of an item."""
    item = from_attributes(attributes)
    request = RefundRequest(
        keys.account_of(item["PK"]),
        item["topup_id"],
        item["amount_micros"],
        item["reason"],
        item["override"],
        item["suspends"],
    )
    names = [
        "created_at",
        "by",
        "by_name",
        "by_address",
        "counted_pk",
        "counted_day",
        "held_micros",
        "failure_code",
        "intent_id",
    ]
    plain = {name: item[name] for name in names if name in item}
    return Refund(request, item["refund_id"], RefundStatus(item["status"]), **plain)


def refund_view(refund: Refund, balance_micros: int) -> dict[str, Any]:
    """A refund in the form of the API. `processing` means that Stripe has not confirmed it yet."""
    status = "processing" if refund.is_live else str(refund.status)
    return {
        "id": refund.refund_id,
        "top_up_id": refund.request.topup_id,
        "amount": format_money(refund.request.amount_micros),
        "status": status,
        "balance": format_money(balance_micros),
    }
