"""A promotion code: what it gives, until when, and the rest of its total. Does not read the table.

The law: left + redeemed times amount is the total. Every redemption takes its amount on the condition that it is left,
and that the code was not withdrawn.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from calling_credit.changes.actor import Actor
from calling_credit.dynamodb import lot_keys, sweep_keys
from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.dynamodb.unreadable import decoder
from calling_credit.errors import Conflict, InvalidValue, NotFound, ProblemCode
from calling_credit.instants import format_instant
from calling_credit.ledger.credit_terms import parse_expiry
from calling_credit.money import MICROS_PER_DOLLAR, format_money, parse_money
from calling_credit.request_fields import read_text

PROMOTION_KIND: Final = "promotion"
LIST: Final = "promotions"
"""All promotions are listed in one partition of the sweep index."""
MAX_AMOUNT_MICROS: Final = 10_000 * MICROS_PER_DOLLAR
MAX_TOTAL_MICROS: Final = 1_000_000 * MICROS_PER_DOLLAR
MAX_REASON_CHARACTERS: Final = 200
CODE_PATTERN: Final = "^[A-Z0-9][A-Z0-9-]{3,31}$"


@dataclass(frozen=True, slots=True)
class PromotionRequest:
    """What staff ask for: a code that gives an amount once per account, until a time, up to a total."""

    code: str
    amount_micros: int
    expires_at: str
    total_micros: int

    @property
    def reason(self) -> str:
        """Why the credit moves."""
        return f"Promotion {self.code}"


@dataclass(frozen=True, slots=True)
class Promotion:
    """A stored code. `left_micros` of its total are not redeemed yet."""

    code: str
    amount_micros: int
    ends_at: str
    total_micros: int
    left_micros: int
    redeemed: int
    created_at: str
    created_by: str
    withdrawn_at: str | None = None

    def has_same_terms(self, request: PromotionRequest) -> bool:
        """Whether a request states the stored terms."""
        stored = self.code, self.amount_micros, self.ends_at, self.total_micros
        return stored == (request.code, request.amount_micros, request.expires_at, request.total_micros)

    def check_redeemable(self, now: datetime) -> None:
        """Check that the code gives credit now.

        Raises:
            Conflict: `promotion_withdrawn`, `promotion_expired`, `promotion_spent`.
        """
        if self.withdrawn_at is not None:
            raise Conflict(ProblemCode.PROMOTION_WITHDRAWN, "This code was withdrawn; it gives no more.")
        if self.ends_at <= format_instant(now):
            raise Conflict(ProblemCode.PROMOTION_EXPIRED, "This code has expired. Ask your provider for another code.")
        if self.left_micros < self.amount_micros:
            raise Conflict(
                ProblemCode.PROMOTION_SPENT, "All credit of this code was given. Ask your provider for another code."
            )


def read_code(text: str) -> str | None:
    """The code that a person entered, in capitals and without spaces around it; None if no code has this form. Only
    ASCII letters have capitals here: those of others, as of a long s, would make one code look like another.
    """
    code = text.strip()
    return code.upper() if code.isascii() and re.fullmatch(CODE_PATTERN, code.upper()) else None


def unknown_promotion() -> NotFound:
    """The error of a code that does not exist."""
    return NotFound(ProblemCode.UNKNOWN_PROMOTION, "No promotion code is spelled like this; check its spelling.")


def parse_promotion(body: Mapping[str, Any]) -> PromotionRequest:
    """Parse a promotion from `{code, amount, expires_at, total}`.

    Raises:
        InvalidValue: missing_field, invalid_field, invalid_amount, amount_out_of_range, invalid_timestamp.
    """
    for field in ("code", "amount", "expires_at", "total"):
        if body.get(field) is None:
            raise InvalidValue(ProblemCode.MISSING_FIELD, f"{field} is missing; send it.")
    code = read_code(body["code"]) if isinstance(body["code"], str) else None
    if code is None:
        raise InvalidValue(ProblemCode.INVALID_FIELD, "code must be 4 to 32 letters, digits, or hyphens.")
    amount, total = (parse_money(body[field], decimals=2) for field in ("amount", "total"))
    if not 0 < amount <= MAX_AMOUNT_MICROS:
        limit = format_money(MAX_AMOUNT_MICROS)
        raise InvalidValue(ProblemCode.AMOUNT_OUT_OF_RANGE, f"amount must be between 0.01 and {limit}.")
    if not amount <= total <= MAX_TOTAL_MICROS:
        limit = format_money(MAX_TOTAL_MICROS)
        raise InvalidValue(ProblemCode.AMOUNT_OUT_OF_RANGE, f"total must be between amount and {limit}.")
    return PromotionRequest(code, amount, str(parse_expiry(body)), total)


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What staff ask for: that a code gives no more."""

    code: str
    reason: str


def parse_withdrawal(body: Mapping[str, Any]) -> Withdrawal:
    """Parse a withdrawal from `{code, withdrawn: true, reason}`.

    Raises:
        InvalidValue: missing_field, invalid_field.
    """
    if body["withdrawn"] is not True:
        raise InvalidValue(ProblemCode.INVALID_FIELD, "withdrawn must be true; a withdrawn code cannot be used again.")
    if body.keys() & {"amount", "expires_at", "total"}:
        raise InvalidValue(ProblemCode.INVALID_FIELD, "A withdrawal has only code, withdrawn, and reason.")
    code = read_code(body["code"]) if isinstance(body.get("code"), str) else None
    if code is None:
        raise InvalidValue(ProblemCode.INVALID_FIELD, "code must be 4 to 32 letters, digits, or hyphens.")
    return Withdrawal(code, read_text(dict(body), "reason", MAX_REASON_CHARACTERS))


def promotion_item(request: PromotionRequest, actor: Actor, now: datetime) -> dict[str, Any]:
    """The item of a new promotion in attribute values. The sweep index lists it by time."""
    at = format_instant(now)
    return to_attributes(
        {
            "PK": lot_keys.promotion_pk(request.code),
            "SK": lot_keys.PROMOTION,
            "code": request.code,
            "amount_micros": request.amount_micros,
            "ends_at": request.expires_at,
            "total_micros": request.total_micros,
            "left_micros": request.total_micros,
            "redeemed": 0,
            "created_at": at,
            "created_by": actor.by,
            "sweep_pk": sweep_keys.sweep_pk(PROMOTION_KIND, LIST),
            "sweep_sk": f"{at}#{request.code}",
        }
    )


@decoder
def promotion_from_item(item: Mapping[str, Any]) -> Promotion:
    """The promotion of an item in plain values."""
    datetime.fromisoformat(item["ends_at"])
    return Promotion(
        item["code"],
        item["amount_micros"],
        item["ends_at"],
        item["total_micros"],
        item["left_micros"],
        item["redeemed"],
        item["created_at"],
        item["created_by"],
        item.get("withdrawn_at"),
    )


def promotion_view(promotion: Promotion) -> dict[str, Any]:
    """A promotion as staff see it."""
    return {
        "code": promotion.code,
        "amount": format_money(promotion.amount_micros),
        "expires_at": promotion.ends_at,
        "total": format_money(promotion.total_micros),
        "left": format_money(promotion.left_micros),
        "redeemed": promotion.redeemed,
        "created_at": promotion.created_at,
        "withdrawn_at": promotion.withdrawn_at,
    }
