"""A customer of Stripe and their saved cards. Card numbers never touch us: cards are added on Stripe's own page."""

import secrets
from dataclasses import dataclass
from typing import Final

import stripe

from calling_credit.errors import NotFound, ProblemCode, Unavailable
from calling_credit.payments.stripe_client import NoAnswer, judged, told
from calling_credit.topups.topup import Card

MAX_CARDS: Final = 100


@dataclass(frozen=True, slots=True)
class SavedCard:
    """A card as `GET /payment-methods` lists it."""

    card: Card
    exp_month: int
    exp_year: int


def create_customer(client: stripe.StripeClient, account_id: str) -> str:
    """The id of the account's customer: the same one for the same account within a day, however often it is asked. The
    request holds nothing that may change, because Stripe refuses a key that comes with another request. A server fault,
    which Stripe repeats for the key's day, is answered by one more try under a new key; a customer made twice for that
    costs nothing, because only the one that is stored is ever used.

    Raises:
        Unavailable: payments_unavailable.
    """
    try:
        return _made(client, account_id, f"{account_id}:customer")
    except stripe.StripeError as error:
        said = judged(error)
        if not isinstance(said, NoAnswer) or not said.is_fault:
            raise told(error) from error
    try:
        return _made(client, account_id, f"{account_id}:customer:{secrets.token_hex(8)}")
    except stripe.StripeError as error:
        raise told(error) from error


def _made(client: stripe.StripeClient, account_id: str, key: str) -> str:
    return client.v1.customers.create(
        {"metadata": {"account_id": account_id}, "description": f"Calling credit of {account_id}"},
        {"idempotency_key": key},
    ).id


def account_of_customer(client: stripe.StripeClient, customer_id: str) -> str:
    """The account a customer was made for; empty if for none of ours.

    Raises:
        Unavailable: payments_unavailable.
    """
    try:
        customer = client.v1.customers.retrieve(customer_id)
    except stripe.InvalidRequestError:
        return ""
    except stripe.StripeError as error:
        raise told(error) from error
    return _account_of(customer)


def list_cards(client: stripe.StripeClient, customer_id: str) -> tuple[list[SavedCard], str | None]:
    """The saved cards, the default first, then the newest; and the default's id.

    Raises:
        Unavailable: payments_unavailable.
    """
    try:
        customer = client.v1.customers.retrieve(customer_id)
        found = client.v1.payment_methods.list({"customer": customer_id, "type": "card", "limit": MAX_CARDS}).data
    except stripe.InvalidRequestError:
        return [], None  # The customer was deleted at Stripe, and the cards with it.
    except stripe.StripeError as error:
        raise told(error) from error
    cards = [_read(method) for method in found]
    default = _default_of(customer) or (cards[0].card.payment_method_id if cards else None)
    return sorted(cards, key=lambda saved: saved.card.payment_method_id != default), default


def own_card(client: stripe.StripeClient, customer_id: str | None, payment_method_id: str) -> Card:
    """A card of this customer.

    Raises:
        NotFound: `unknown_payment_method`, it does not exist, is no card, or is somebody else's.
        Unavailable: payments_unavailable.
    """
    if customer_id is None:
        raise no_such_card()
    try:
        method = client.v1.payment_methods.retrieve(payment_method_id)
    except stripe.InvalidRequestError as error:
        raise no_such_card() from error
    except stripe.StripeError as error:
        raise told(error) from error
    # What is no card has no such attribute, and reading an absent attribute of Stripe's objects is an error.
    if getattr(method, "card", None) is None or _customer_of(method) != customer_id:
        raise no_such_card()
    return _read(method).card


def remove_card(client: stripe.StripeClient, payment_method_id: str) -> None:
    """Detach a card; one that is detached already is fine.

    Raises:
        Unavailable: payments_unavailable.
    """
    try:
        client.v1.payment_methods.detach(payment_method_id)
    except stripe.InvalidRequestError:
        return
    except stripe.StripeError as error:
        raise told(error) from error


def setup_page(client: stripe.StripeClient, customer_id: str, page_url: str) -> str:
    """The address of Stripe's page on which a customer saves a card, and comes back from to the Billing page.

    Raises:
        Unavailable: payments_unavailable; customer_missing, somebody deleted the customer at Stripe.
    """
    try:
        session = client.v1.checkout.sessions.create(
            {
                "mode": "setup",
                "currency": "usd",
                "allowed_payment_method_types": ["card"],
                "customer": customer_id,
                "success_url": f"{page_url}?card=added",
                "cancel_url": f"{page_url}?card=canceled",
            }
        )
    except stripe.InvalidRequestError as error:
        raise Unavailable(
            ProblemCode.CUSTOMER_MISSING,
            "Stripe does not know this account's customer any more; the operator must look.",
            60,
        ) from error
    except stripe.StripeError as error:
        raise told(error) from error
    return str(session.url)


def keep_first_card_as_default(client: stripe.StripeClient, session_id: str) -> None:
    """A card was saved on Stripe's page: it becomes the default of a customer of ours who has none.

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
        raise told(error) from error


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
    known = Card(method.id, str(card.brand), card.last4, card.fingerprint or method.id)
    return SavedCard(known, card.exp_month, card.exp_year)


def no_such_card() -> NotFound:
    """What is told of a card that is not this account's, whosever it is."""
    return NotFound(
        ProblemCode.UNKNOWN_PAYMENT_METHOD, "This account has no such card; GET /payment-methods lists the saved cards."
    )
