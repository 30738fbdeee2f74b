"""The one Stripe client of the process, its key from Secrets Manager, and what Stripe's errors mean: answers as values,
no answer as a value, and only what a person must mend as an error.
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

SECONDS: Final = 8.0
"""How long an answer is waited for. The SDK does not try again by itself: whether to is decided by what stands
stored.
"""

MICROS_PER_CENT: Final = MICROS_PER_DOLLAR // 100


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Nobody knows whether it was done: no connection, a timeout, too many requests, a server fault. `is_fault` is a
    server fault, which Stripe repeats for as long as it remembers the request's key.
    """

    reason: str
    is_fault: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """Stripe refused the request as such and did nothing. `is_of_card` says that it was the card named in it."""

    code: str
    is_of_card: bool = False


def cents(micros: int) -> int:
    """Micro-dollars in Stripe's unit.

    Raises:
        ValueError: not a whole cent; money is never rounded on its way to a card.
    """
    whole, rest = divmod(micros, MICROS_PER_CENT)
    if rest:
        raise ValueError(f"{micros} micro-dollars are not whole cents")
    return whole


@lru_cache(maxsize=1)
def stripe_client() -> stripe.StripeClient:
    """A client of the SDK's own API version, which never retries by itself.

    Raises:
        Unavailable: `stripe_not_configured`, the secret holds no key yet.
    """
    return stripe.StripeClient(
        stripe_setting("api_key"),
        base_addresses={"api": config().stripe_api_base},
        http_client=stripe.RequestsClient(timeout=SECONDS),
        max_network_retries=0,
    )


def stripe_setting(name: str) -> str:
    """A setting of the Stripe secret (`api_key`, `webhook_secret`).

    Raises:
        Unavailable: `stripe_not_configured`.
    """
    try:
        value = json.loads(read_secret(config().stripe_secret_arn)).get(name, "")
    except (ValueError, AttributeError):  # Put in by hand, and not in the form it was made in.
        value = ""
    if not value:
        forget_settings()
        raise Unavailable(
            ProblemCode.STRIPE_NOT_CONFIGURED,
            f"Card payments are not set up yet: the operator puts {name} into the secret StripeSecretArn.",
            60,
        )
    return str(value)


def forget_settings() -> None:
    """Read the secret again next time: it was empty, or its key is no longer taken."""
    read_secret.cache_clear()
    stripe_client.cache_clear()


def judged(error: stripe.StripeError) -> NoAnswer | Refused:
    """What an error means for the request that met it.

    Raises:
        Unavailable: `stripe_refuses_us`, the key is not taken; the operator must mend it.
        stripe.StripeError: the error itself, when it is a mistake of ours.
    """
    if isinstance(error, stripe.AuthenticationError | stripe.PermissionError):
        forget_settings()
        raise Unavailable(
            ProblemCode.STRIPE_REFUSES_US,
            "Stripe does not take our key; the operator must renew it. Nothing was charged.",
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
        return NoAnswer("unreadable_answer")  # Not in Stripe's form: perhaps somebody's between Stripe and us.
    raise error


def told(error: stripe.StripeError) -> Exception:
    """What a caller is told about a request that moved no money."""
    return no_answer() if isinstance(judged(error), NoAnswer) else error


def no_answer() -> Unavailable:
    """What is told where Stripe was silent and no money can have moved."""
    return Unavailable(
        ProblemCode.PAYMENTS_UNAVAILABLE, "Stripe does not answer just now; nothing was charged. Try again."
    )
