"""Parses the bodies of requests that add funds."""

from dataclasses import dataclass
from typing import Any

from calling_credit.errors import InvalidValue, ProblemCode
from calling_credit.money import Bounds, parse_money


@dataclass(frozen=True, slots=True)
class TopUpRequest:
    """A payment that a person asks for. `amount_micros` is the credit; `total_micros` is what the person was shown that
    the card pays (None: the request does not say).
    """

    amount_micros: int
    payment_method_id: str
    total_micros: int | None = None


def parse_top_up(body: dict[str, Any], bounds: Bounds) -> TopUpRequest:
    """Parse `{amount, payment_method_id[, total]}`.

    Raises:
        InvalidValue: missing_field, invalid_amount (whole cents only), amount_out_of_range, invalid_payment_method.
    """
    amount_micros = parse_amount(body, bounds)
    total = body.get("total")
    total_micros = None if total is None else parse_money(total, field="total", decimals=2)
    return TopUpRequest(amount_micros, parse_payment_method_id(body), total_micros)


def parse_amount(body: dict[str, Any], bounds: Bounds) -> int:
    """Parse the `amount` of a payment, in micro-dollars.

    Raises:
        InvalidValue: missing_field, invalid_amount (whole cents only), amount_out_of_range.
    """
    if "amount" not in body:
        raise InvalidValue(ProblemCode.MISSING_FIELD, 'amount is missing; send a decimal string such as "25.00".')
    return bounds.check(parse_money(body["amount"], decimals=2))


def parse_payment_method_id(body: dict[str, Any]) -> str:
    """Parse the `payment_method_id` of a body.

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
