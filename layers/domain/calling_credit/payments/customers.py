"""Stripe customers, one for each account, and Stripe's page on which they save cards."""

import secrets
from collections.abc import Mapping
from typing import Any, Final

import stripe

from calling_credit.errors import ProblemCode, Unavailable
from calling_credit.payment_names import MethodType
from calling_credit.payments.checkout_sessions import VERIFIED_AT_ONCE
from calling_credit.payments.stripe_client import NoAnswer, classify_error, is_missing, public_error


def create_customer(client: stripe.StripeClient, account_id: str, number: int = 0) -> str:
    """Create the account's customer, and return its id: within a day, repeated calls return the same one.

    `number` counts the replacements of lost customers. The request contains nothing that changes, because Stripe
    refuses a key with a different request. Stripe repeats a server fault for the key's day, so try once more under a
    new key then. A second customer does no harm, because only the stored one is used.

    Raises:
        Unavailable: payments_unavailable.
    """
    key = f"{account_id}:customer:{number}" if number else f"{account_id}:customer"
    try:
        return _create_customer(client, account_id, key)
    except stripe.StripeError as error:
        result = classify_error(error)
        if not isinstance(result, NoAnswer) or not result.is_fault:
            raise public_error(error) from error
    try:
        return _create_customer(client, account_id, f"{key}:{secrets.token_hex(8)}")
    except stripe.StripeError as error:
        raise public_error(error) from error


def _create_customer(client: stripe.StripeClient, account_id: str, key: str) -> str:
    return client.v1.customers.create(
        {"metadata": {"account_id": account_id}, "description": f"Calling credit of {account_id}"},
        {"idempotency_key": key},
    ).id


def is_customer_lost(client: stripe.StripeClient, customer_id: str) -> bool:
    """Whether Stripe has deleted a customer, or twice does not know it.

    Raises:
        Unavailable: payments_unavailable.
    """
    for _ in range(2):
        try:
            return bool(getattr(client.v1.customers.retrieve(customer_id), "deleted", False))
        except stripe.StripeError as error:
            if not is_missing(error):
                raise public_error(error) from error
    return True


def account_of_customer(client: stripe.StripeClient, customer_id: str) -> str:
    """Return the account of a customer, or "" if it has none.

    Raises:
        Unavailable: payments_unavailable.
    """
    try:
        customer = client.v1.customers.retrieve(customer_id)
    except stripe.InvalidRequestError:
        return ""
    except stripe.StripeError as error:
        raise public_error(error) from error
    return account_in(customer)


def setup_page(
    client: stripe.StripeClient, customer_id: str, page_url: str, extra: Mapping[str, Any] | None = None
) -> str | None:
    """Create a page at Stripe on which the customer saves a card, or what `extra` says, and then returns to the Billing
    page. None if Stripe does not know an object of the request, which can only be the customer. `extra` holds further
    parameters.

    Raises:
        Unavailable: payments_unavailable; setup_page_refused.
    """
    try:
        params: Any = {
            "mode": "setup",
            "currency": "usd",
            "allowed_payment_method_types": ["card"],
            "customer": customer_id,
            "success_url": f"{page_url}?card=added",
            "cancel_url": f"{page_url}?card=canceled",
            **(extra or {}),
        }
        session = client.v1.checkout.sessions.create(params)
    except stripe.InvalidRequestError as error:
        if is_missing(error):
            return None
        raise setup_page_refused() from error
    except stripe.StripeError as error:
        raise public_error(error) from error
    return str(session.url)


BANK_ACCOUNT_ONLY: Final[Mapping[str, Any]] = {
    "allowed_payment_method_types": [MethodType.BANK_ACCOUNT],
    "payment_method_options": VERIFIED_AT_ONCE,
}
"""The parameters of a page that saves a bank account."""


def setup_page_refused() -> Unavailable:
    """The error after Stripe refused to open its page. An alarm tells operators."""
    return Unavailable(
        ProblemCode.SETUP_PAGE_REFUSED,
        "Stripe refused to open its page for saving a payment method. Try again later.",
        60,
    )


def account_in(customer: stripe.Customer) -> str:
    """The account that a customer names; "" if it names none."""
    metadata = getattr(customer, "metadata", None)  # A deleted customer has none.
    return str(metadata.to_dict().get("account_id", "")) if metadata is not None else ""
