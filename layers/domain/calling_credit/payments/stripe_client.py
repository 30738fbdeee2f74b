"""The process's Stripe client, its key from Secrets Manager, and the meaning of Stripe's errors. A missing answer and a
refusal are values; only faults that operators must fix are errors.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import stripe

from calling_credit.aws import read_secret
from calling_credit.config import config
from calling_credit.errors import ProblemCode, Unavailable
from calling_credit.money import MICROS_PER_DOLLAR

TIMEOUT_SECONDS: Final = 8.0
"""How long to wait for an answer. The SDK does not retry, because the stored state decides whether to."""

MICROS_PER_CENT: Final = MICROS_PER_DOLLAR // 100
MISSING: Final = "resource_missing"
"""Stripe's code for an object that it does not know."""


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Whether Stripe carried out the request is unknown: no connection, a timeout, too many requests, or a server
    fault. `is_fault` marks a server fault, which Stripe repeats for as long as it keeps the idempotency key.
    """

    reason: str
    is_fault: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """Stripe refused the request and did nothing. `is_of_card`: because of the card in the request."""

    code: str
    is_of_card: bool = False


def cents(micros: int) -> int:
    """Convert micro-dollars to Stripe's cents.

    Raises:
        ValueError: not a whole number of cents. Charges are never rounded.
    """
    whole, rest = divmod(micros, MICROS_PER_CENT)
    if rest:
        raise ValueError(f"{micros} micro-dollars are not whole cents")
    return whole


@lru_cache(maxsize=1)
def stripe_client() -> stripe.StripeClient:
    """Return the client, which uses the SDK's API version and never retries.

    Raises:
        Unavailable: `stripe_not_configured`, the secret holds no key yet.
    """
    return stripe.StripeClient(
        stripe_setting("api_key"),
        base_addresses={"api": config().stripe_api_base},
        http_client=stripe.RequestsClient(timeout=TIMEOUT_SECONDS),
        max_network_retries=0,
    )


def stripe_setting(name: str) -> str:
    """Read a setting of Stripe (`api_key`, `webhook_secret`). While the secret for callbacks is empty, the one in the
    Stripe secret counts, where earlier releases had it.

    Raises:
        Unavailable: `stripe_not_configured`.
    """
    arns = (config().webhook_secret_arn if name == "webhook_secret" else "", config().stripe_secret_arn)
    value = next(filter(None, (_setting_in(read_secret(arn), name) for arn in arns if arn)), "")
    if not value:
        forget_settings()
        raise Unavailable(
            ProblemCode.STRIPE_NOT_CONFIGURED,
            f"Card payments are not set up. The operator must store {name} in the secret StripeSecretArn.",
            60,
        )
    return value


def _setting_in(text: str, name: str) -> str:
    """A setting in the text of a secret; "" if it is not there, or the text has another form."""
    try:
        return str(json.loads(text).get(name) or "")
    except (ValueError, AttributeError):
        return ""


def forget_settings() -> None:
    """Read the secret again next time, because it was empty or Stripe no longer accepts its key."""
    read_secret.cache_clear()
    stripe_client.cache_clear()


def classify_error(error: stripe.StripeError) -> NoAnswer | Refused:
    """Classify an error of Stripe's SDK.

    Raises:
        Unavailable: `stripe_refuses_us`, Stripe does not accept the key; the operator must replace it.
        stripe.StripeError: the error itself, if it is a fault in this code.
    """
    if isinstance(error, stripe.AuthenticationError | stripe.PermissionError):
        forget_settings()
        raise Unavailable(
            ProblemCode.STRIPE_REFUSES_US,
            "Stripe does not accept our API key. The operator must replace it. Nothing was charged.",
            60,
        ) from error
    if isinstance(error, stripe.APIConnectionError | stripe.RateLimitError):
        return NoAnswer(type(error).__name__)
    status = error.http_status or 0
    code = (error.error.code if error.error is not None else None) or ""
    if status == 409 or code in ("idempotency_key_in_use", "lock_timeout"):
        return NoAnswer(code or "conflict")
    if status >= 500:
        return NoAnswer("server_error", is_fault=True)
    if isinstance(error, stripe.InvalidRequestError | stripe.CardError):
        return Refused(code or "invalid_request", error.param == "payment_method")
    if isinstance(error, stripe.IdempotencyError):
        return Refused("idempotency_error")
    if isinstance(error, stripe.APIError):
        return NoAnswer("unreadable_answer")  # Not in Stripe's format, perhaps from a proxy.
    raise error


def is_missing(error: stripe.StripeError) -> bool:
    """Whether Stripe does not know an object of the request."""
    return error.error is not None and error.error.code == MISSING


def public_error(error: stripe.StripeError) -> Exception:
    """The error for the caller of a request that moved no money."""
    return payments_unavailable() if isinstance(classify_error(error), NoAnswer) else error


def payments_unavailable() -> Unavailable:
    """The error after Stripe did not answer a request that cannot have moved money."""
    return Unavailable(
        ProblemCode.PAYMENTS_UNAVAILABLE, "Stripe does not answer at the moment. Nothing was charged. Try again."
    )
