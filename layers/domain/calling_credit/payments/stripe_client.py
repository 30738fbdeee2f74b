"""The process's Stripe client, its key from Secrets Manager, and the meaning of Stripe's errors. A missing answer and a
refusal are values; only faults that operators must fix are errors.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NoReturn
from weakref import WeakKeyDictionary

import stripe

from calling_credit.config import config
from calling_credit.errors import ProblemCode, Unavailable
from calling_credit.money import MICROS_PER_DOLLAR
from calling_credit.stored_secrets import current_secret, forget_secrets, secret_versions

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


def stripe_client() -> stripe.StripeClient:
    """Return the client of the current key, which uses the SDK's API version and never retries.

    Raises:
        Unavailable: `stripe_not_configured`, the secret holds no key yet.
    """
    return _client_of(current_api_key(), config().stripe_api_base)


@lru_cache(maxsize=1)
def _client_of(api_key: str, address: str) -> stripe.StripeClient:
    client = stripe.StripeClient(
        api_key,
        base_addresses={"api": address},
        http_client=stripe.RequestsClient(timeout=TIMEOUT_SECONDS),
        max_network_retries=0,
    )
    _keys[client] = api_key
    return client


_keys: WeakKeyDictionary[stripe.StripeClient, str] = WeakKeyDictionary()


def api_key_of(client: stripe.StripeClient) -> str:
    """Return the key of a client. The current key may be a newer one, of another Stripe account."""
    return _keys.get(client) or current_api_key()


def current_api_key() -> str:
    """Read the API key.

    Raises:
        Unavailable: `stripe_not_configured`.
    """
    return _setting_in(current_secret(config().stripe_secret_arn), "api_key") or _not_configured("api_key")


def webhook_secrets() -> Iterator[str]:
    """Yield the secrets that verify a callback's signature: the current one, the previous one, and newer ones. A stack
    whose own secret for callbacks is still empty takes the one in the Stripe secret, where earlier releases had it.

    Raises:
        Unavailable: `stripe_not_configured`, there is no current one.
    """
    arns = [arn for arn in (config().webhook_secret_arn, config().stripe_secret_arn) if arn]
    arn = next((arn for arn in arns if _webhook_secret_in(current_secret(arn))), None)
    if arn is None:
        _not_configured("webhook_secret")
    known = {""}
    for text in secret_versions(arn):
        secret = _webhook_secret_in(text)
        if secret not in known:
            known.add(secret)
            yield secret


def _webhook_secret_in(text: str) -> str:
    """Return the webhook secret in the text of a secret: JSON like the Stripe secret, or the webhook secret alone; ""
    if there is none.
    """
    return text.strip() if text.startswith("whsec_") else _setting_in(text, "webhook_secret")


def _setting_in(text: str, name: str) -> str:
    """A setting in the text of a secret; "" if it is not there, or the text has another form."""
    try:
        return str(json.loads(text).get(name) or "")
    except (ValueError, AttributeError):
        return ""


def _not_configured(name: str) -> NoReturn:
    forget_settings()
    place = "StripeWebhookSecretArn" if name == "webhook_secret" and config().webhook_secret_arn else "StripeSecretArn"
    raise Unavailable(
        ProblemCode.STRIPE_NOT_CONFIGURED,
        f"Card payments are not set up. The operator must store {name} in the secret {place}.",
        60,
    )


def forget_settings() -> None:
    """Read the secret again next time, because it was empty or Stripe no longer accepts its key."""
    forget_secrets()


def _refused_key() -> Unavailable:
    """The error after Stripe refused the key. The secret is read again at once: a new key needs no further wait."""
    before = current_api_key()
    forget_settings()
    is_replaced = current_api_key() != before
    if not is_replaced:
        forget_settings()
    return Unavailable(
        ProblemCode.STRIPE_REFUSES_US,
        "Stripe does not accept our API key. The operator must replace it. Nothing was charged.",
        1 if is_replaced else 60,
    )


def classify_error(error: stripe.StripeError) -> NoAnswer | Refused:
    """Classify an error of Stripe's SDK.

    Raises:
        Unavailable: `stripe_refuses_us`, Stripe does not accept the key; the operator must replace it.
        stripe.StripeError: the error itself, if it is a fault in this code.
    """
    if isinstance(error, stripe.AuthenticationError | stripe.PermissionError):
        raise _refused_key() from error
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
