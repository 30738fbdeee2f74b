"""Parses the bodies of requests that add funds."""

from typing import Any

from calling_credit.errors import InvalidValue, ProblemCode
from calling_credit.money import Bounds, parse_money


def parse_top_up(body: dict[str, Any], bounds: Bounds) -> tuple[int, str]:
    """Parse `{amount, payment_method_id}`; the amount in micro-dollars.

    Raises:
        InvalidValue: missing_field, invalid_amount (whole cents only), amount_out_of_range, invalid_payment_method.
    """
    amount_micros = parse_amount(body, bounds)
    return amount_micros, parse_payment_method_id(body)


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
