"""Stripe customers and their saved cards. Customers add cards on Stripe's page, so card numbers never reach us."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import stripe

from calling_credit.errors import NotFound, ProblemCode, Unavailable
from calling_credit.payments.stripe_client import NoAnswer, classify_error, public_error
from calling_credit.topups.topup import Card

MAX_CARDS: Final = 100


@dataclass(frozen=True, slots=True)
class SavedCard:
    """A card of `GET /payment-methods`."""

    card: Card
    exp_month: int
    exp_year: int


def create_customer(client: stripe.StripeClient, account_id: str) -> str:
    """Create the account's customer, and return its id: within a day, repeated calls return the same one.

    The request contains nothing that changes, because Stripe refuses a key with a different request. Stripe repeats a
    server fault for the key's day, so try once more under a new key then. A second customer does no harm, because only
    the stored one is used.

    Raises:
        Unavailable: payments_unavailable.
    """
    try:
        return _create_customer(client, account_id, f"{account_id}:customer")
    except stripe.StripeError as error:
        result = classify_error(error)
        if not isinstance(result, NoAnswer) or not result.is_fault:
            raise public_error(error) from error
    try:
        return _create_customer(client, account_id, f"{account_id}:customer:{secrets.token_hex(8)}")
    except stripe.StripeError as error:
        raise public_error(error) from error


def _create_customer(client: stripe.StripeClient, account_id: str, key: str) -> str:
    return client.v1.customers.create(
        {"metadata": {"account_id": account_id}, "description": f"Calling credit of {account_id}"},
        {"idempotency_key": key},
    ).id


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
    return _account_of(customer)


def list_cards(client: stripe.StripeClient, customer_id: str) -> tuple[list[SavedCard], str | None]:
    """List the saved cards, the default first, then the newest; and return the default's id.

    Raises:
        Unavailable: payments_unavailable.
    """
    try:
        customer = client.v1.customers.retrieve(customer_id)
        methods = client.v1.payment_methods.list({"customer": customer_id, "type": "card", "limit": MAX_CARDS}).data
    except stripe.InvalidRequestError:
        return [], None  # The customer was deleted at Stripe, and the cards with it.
    except stripe.StripeError as error:
        raise public_error(error) from error
    cards = [_read(method) for method in methods]
    default = _default_of(customer) or (cards[0].card.payment_method_id if cards else None)
    return sorted(cards, key=lambda saved: saved.card.payment_method_id != default), default


def read_own_card(client: stripe.StripeClient, customer_id: str | None, payment_method_id: str) -> Card:
    """Read a card of this customer.

    Raises:
        NotFound: `unknown_payment_method`, it does not exist, is not a card, or belongs to another customer.
        Unavailable: payments_unavailable.
    """
    if customer_id is None:
        raise unknown_card()
    try:
        method = client.v1.payment_methods.retrieve(payment_method_id)
    except stripe.InvalidRequestError as error:
        raise unknown_card() from error
    except stripe.StripeError as error:
        raise public_error(error) from error
    # Other payment methods have no `card`, and reading an absent attribute of a Stripe object raises an error.
    if getattr(method, "card", None) is None or _customer_of(method) != customer_id:
        raise unknown_card()
    return _read(method).card


def remove_card(client: stripe.StripeClient, payment_method_id: str) -> None:
    """Detach a card, unless it is detached already.

    Raises:
        Unavailable: payments_unavailable.
    """
    try:
        client.v1.payment_methods.detach(payment_method_id)
    except stripe.InvalidRequestError:
        return
    except stripe.StripeError as error:
        raise public_error(error) from error


def setup_page(
    client: stripe.StripeClient, customer_id: str, page_url: str, extra: Mapping[str, Any] | None = None
) -> str:
    """Create a page at Stripe on which the customer saves a card and then returns to the Billing page. `extra` holds
    further parameters of its session.

    Raises:
        Unavailable: payments_unavailable; customer_missing, the customer was deleted at Stripe.
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
        raise Unavailable(
            ProblemCode.CUSTOMER_MISSING,
            "Stripe has deleted this account's customer. Contact your provider.",
            60,
        ) from error
    except stripe.StripeError as error:
        raise public_error(error) from error
    return str(session.url)


def keep_first_card_as_default(client: stripe.StripeClient, session_id: str) -> None:
    """Make a card that was saved on Stripe's page the default, if our customer has none.

    Raises:
        Unavailable: payments_unavailable.
    """
    try:
        session = client.v1.checkout.sessions.retrieve(session_id, {"expand": ["setup_intent", "customer"]})
        setup, customer = session.setup_intent, session.customer
        if not isinstance(setup, stripe.SetupIntent) or not isinstance(customer, stripe.Customer):
            return
        if not _account_of(customer):  # Another product may use the same Stripe account.
            return
        if setup.status == "succeeded" and setup.payment_method is not None and not _default_of(customer):
            method = setup.payment_method
            chosen = method if isinstance(method, str) else method.id
            client.v1.customers.update(customer.id, {"invoice_settings": {"default_payment_method": chosen}})
    except stripe.InvalidRequestError:
        return
    except stripe.StripeError as error:
        raise public_error(error) from error


def _account_of(customer: stripe.Customer) -> str:
    metadata = getattr(customer, "metadata", None)  # A deleted customer has none.
    return str(metadata.to_dict().get("account_id", "")) if metadata is not None else ""


def _default_of(customer: stripe.Customer) -> str | None:
    settings = getattr(customer, "invoice_settings", None)
    default = settings.default_payment_method if settings is not None else None
    return default if default is None or isinstance(default, str) else default.id


def _customer_of(method: stripe.PaymentMethod) -> str:
    return method.customer if isinstance(method.customer, str) else str(getattr(method.customer, "id", ""))


def _read(method: stripe.PaymentMethod) -> SavedCard:
    card = method.card
    assert card is not None
    saved = Card(method.id, str(card.brand), card.last4, card.fingerprint or method.id)
    return SavedCard(saved, card.exp_month, card.exp_year)


def unknown_card() -> NotFound:
    """The error for a card that does not belong to the account."""
    return NotFound(
        ProblemCode.UNKNOWN_PAYMENT_METHOD, "This account has no such card; GET /payment-methods lists the saved cards."
    )
