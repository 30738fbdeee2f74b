"""Saved cards and bank accounts. Customers add them on Stripe's page, so their numbers never reach us.

A card may be saved twice, as two payment methods with one fingerprint. It is one card: the newest payment method. The
same holds for a bank account. "Card" stands for both here.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import stripe

from calling_credit.errors import NotFound, ProblemCode
from calling_credit.payment_names import MethodType
from calling_credit.payments.stripe_client import is_missing, public_error
from calling_credit.topups.topup import Card

MAX_CARDS: Final = 100


@dataclass(frozen=True, slots=True)
class SavedCard:
    """A card of `GET /payment-methods`. `older` are the ids of older payment methods with the same card number. Only
    bank accounts have a `bank_name`, and no date. `is_refused`: Stripe itself takes no payment with a bank account.
    """

    card: Card
    exp_month: int | None
    exp_year: int | None
    created: int = 0
    older: tuple[str, ...] = ()
    bank_name: str | None = None
    is_refused: bool = False

    @property
    def payment_method_ids(self) -> tuple[str, ...]:
        """The ids of every payment method with this card number, the newest first."""
        return (self.card.payment_method_id, *self.older)


def list_cards(client: stripe.StripeClient, customer_id: str) -> tuple[list[SavedCard], str | None]:
    """List the saved cards, each once, the default first, then the newest; and return the default's id.

    Raises:
        Unavailable: payments_unavailable.
    """
    try:
        customer = client.v1.customers.retrieve(customer_id)
        if getattr(customer, "deleted", False):
            return [], None
        methods = client.v1.payment_methods.list({"customer": customer_id, "limit": MAX_CARDS})
        saved = [one for method in methods.auto_paging_iter() if (one := _read(method)) is not None]
    except stripe.StripeError as error:
        if is_missing(error):
            return [], None  # The customer was deleted at Stripe, and the cards with it.
        raise public_error(error) from error
    cards = merge_duplicates(saved)
    chosen = _default_of(customer)
    default = next((one.card.payment_method_id for one in cards if chosen in one.payment_method_ids), None)
    default = default or (cards[0].card.payment_method_id if cards else None)
    return sorted(cards, key=lambda one: one.card.payment_method_id != default), default


def merge_duplicates(saved: Iterable[SavedCard]) -> list[SavedCard]:
    """Each card number once, as its newest payment method. `saved` is in Stripe's order, the newest first."""
    groups: dict[str, list[SavedCard]] = defaultdict(list)
    for one in saved:
        groups[one.card.fingerprint].append(one)
    merged = []
    for group in groups.values():
        newest, *older = sorted(group, key=lambda one: -one.created)
        merged.append(replace(newest, older=tuple(one.card.payment_method_id for one in older)))
    return merged


def find_own_card(client: stripe.StripeClient, customer_id: str | None, payment_method_id: str) -> Card | None:
    """Read a card of this customer; None if it does not exist, is of another type, or belongs to another customer.

    Raises:
        Unavailable: payments_unavailable.
    """
    try:
        return read_own_card(client, customer_id, payment_method_id)
    except NotFound:
        return None


def read_own_card(client: stripe.StripeClient, customer_id: str | None, payment_method_id: str) -> Card:
    """Read a card of this customer.

    Raises:
        NotFound: `unknown_payment_method`, it does not exist, is of another type, or belongs to another customer.
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
    saved = _read(method)
    if saved is None or _customer_of(method) != customer_id:
        raise unknown_card()
    return saved.card


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


def keep_first_card_as_default(client: stripe.StripeClient, customer: stripe.Customer, payment_method_id: str) -> None:
    """Make a saved card the default if its customer has none.

    Raises:
        Unavailable: payments_unavailable.
    """
    if _default_of(customer):
        return
    try:
        client.v1.customers.update(customer.id, {"invoice_settings": {"default_payment_method": payment_method_id}})
    except stripe.InvalidRequestError:
        return  # The card was removed, or the customer deleted, meanwhile.
    except stripe.StripeError as error:
        raise public_error(error) from error


def read_default(client: stripe.StripeClient, customer_id: str) -> str | None:
    """The payment method that is the customer's default at Stripe; None without one.

    Raises:
        NotFound: unknown_payment_method, the customer was deleted. Unavailable: payments_unavailable.
    """
    try:
        return _default_of(client.v1.customers.retrieve(customer_id))
    except stripe.InvalidRequestError as error:
        raise unknown_card() from error
    except stripe.StripeError as error:
        raise public_error(error) from error


def set_default(client: stripe.StripeClient, customer_id: str, payment_method_id: str) -> None:
    """Make a saved card the default.

    Raises:
        NotFound: unknown_payment_method, it was removed meanwhile. Unavailable: payments_unavailable.
    """
    try:
        client.v1.customers.update(customer_id, {"invoice_settings": {"default_payment_method": payment_method_id}})
    except stripe.InvalidRequestError as error:
        raise unknown_card() from error
    except stripe.StripeError as error:
        raise public_error(error) from error


def _default_of(customer: stripe.Customer) -> str | None:
    settings = getattr(customer, "invoice_settings", None)
    default = settings.default_payment_method if settings is not None else None
    return default if default is None or isinstance(default, str) else default.id


def _customer_of(method: stripe.PaymentMethod) -> str:
    return method.customer if isinstance(method.customer, str) else str(getattr(method.customer, "id", ""))


def card_of(method: stripe.PaymentMethod) -> Card | None:
    """The card or bank account of a payment method; None for any other type."""
    saved = _read(method)
    return None if saved is None else saved.card


def is_accepted(method: stripe.PaymentMethod) -> bool:
    """Whether customers can pay with payment methods of this type."""
    return _read(method) is not None


def _read(method: stripe.PaymentMethod) -> SavedCard | None:
    # A payment method has the field of its own type only, and reading an absent one raises an error.
    bank = getattr(method, MethodType.BANK_ACCOUNT, None)
    if bank is not None:
        saved = Card(method.id, MethodType.BANK_ACCOUNT, bank.last4 or "", bank.fingerprint or method.id)
        is_refused = getattr(bank.status_details, "blocked", None) is not None
        return SavedCard(saved, None, None, method.created, bank_name=bank.bank_name, is_refused=is_refused)
    card = getattr(method, MethodType.CARD, None)
    if card is None:
        return None
    expires = f"{card.exp_year:04d}-{card.exp_month:02d}"
    saved = Card(method.id, str(card.brand), card.last4, card.fingerprint or method.id, expires)
    return SavedCard(saved, card.exp_month, card.exp_year, method.created)


def unknown_card() -> NotFound:
    """The error for a card that does not belong to the account."""
    return NotFound(
        ProblemCode.UNKNOWN_PAYMENT_METHOD,
        "This account has no such payment method; GET /payment-methods lists the saved ones.",
    )
