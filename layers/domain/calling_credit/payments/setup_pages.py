"""Pages at Stripe for saving a card: at most ten an hour, and as many as the account may still save cards.

A page claims its place before Stripe creates it, ends after half an hour, and names its claim, so that the saved card
takes the place of the page. A page that was open while its account was frozen saves no card.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import stripe

from calling_credit.instants import format_instant
from calling_credit.payment_names import MethodType
from calling_credit.payments import cards
from calling_credit.payments.card_store import CardStore
from calling_credit.payments.customers import BANK_ACCOUNT_ONLY, account_in
from calling_credit.payments.limit_store import LimitStore
from calling_credit.payments.lost_customers import CardSaver
from calling_credit.payments.stripe_client import public_error
from calling_credit.payments.topup_worker import TopUpWorker
from calling_credit.recharge.snapshot import Snapshot
from calling_credit.topups.payment_limits import PAGE_LIFETIME
from calling_credit.topups.topup import Card

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def count_cards(client: stripe.StripeClient, customer_id: str | None) -> int:
    """Count a customer's saved cards and bank accounts, up to a hundred.

    Raises:
        Unavailable: payments_unavailable.
    """
    if customer_id is None:
        return 0
    try:
        listed = client.v1.payment_methods.list({"customer": customer_id, "limit": 100})
    except stripe.InvalidRequestError:
        return 0  # The customer was deleted at Stripe, and the cards with it.
    except stripe.StripeError as error:
        raise public_error(error) from error
    return sum(cards.is_accepted(method) for method in listed.data)


@contextmanager
def claimed_page(limits: LimitStore, saved: int, now: datetime) -> Iterator[dict[str, Any]]:
    """Claim a page beside `saved` cards, and provide the parameters of its session. Return the claim if the page
    is not created.

    Raises:
        TooManyRequests: too_many_setup_pages, too_many_cards. Unavailable: busy, or the table did not answer.
    """
    page_id = secrets.token_hex(8)
    limits.claim_page(page_id, saved, now)
    try:
        yield {"client_reference_id": page_id, "expires_at": int((now + PAGE_LIFETIME).timestamp())}
    except Exception:
        limits.return_page(page_id)
        raise


def open_setup_page(
    worker: TopUpWorker, saver: CardSaver, account: Snapshot, page_url: str, method: MethodType = MethodType.CARD
) -> str:
    """Create a page for saving a card or bank account within the account's limits, and the account's customer if it has
    none. Return the page's address.

    Raises:
        TooManyRequests: too_many_setup_pages, too_many_cards. Unavailable: Stripe or the table did not answer.
    """
    limits = worker.gate.limits(account.account_id)
    saved = count_cards(worker.stripe, account.customer_id)
    wanted = BANK_ACCOUNT_ONLY if method is MethodType.BANK_ACCOUNT else {}
    with limits.announcing(worker.tally, worker.now), claimed_page(limits, saved, worker.now) as claimed:
        return saver.setup_page(account.account_id, page_url, worker.now, {**wanted, **claimed})


@dataclass(frozen=True, slots=True)
class SavedOnPage:
    """A card that was saved on a page, the page's claim (None before there were claims), and when the page was opened,
    in seconds. `is_new`: it was not saved before.
    """

    account_id: str
    customer: stripe.Customer
    card: Card
    page_id: str | None
    opened_at: int
    is_new: bool = True


def read_saved_card(client: stripe.StripeClient, session_id: str) -> SavedOnPage | None:
    """Read what was saved on a page, also by a payment; None if it saved no card, or its customer is not ours.

    Raises:
        Unavailable: payments_unavailable.
    """
    try:
        session = client.v1.checkout.sessions.retrieve(
            session_id, {"expand": ["setup_intent.payment_method", "payment_intent.payment_method", "customer"]}
        )
    except stripe.InvalidRequestError:
        return None
    except stripe.StripeError as error:
        raise public_error(error) from error
    setup, customer = session.setup_intent or session.payment_intent, session.customer
    if not isinstance(setup, stripe.SetupIntent | stripe.PaymentIntent) or not isinstance(customer, stripe.Customer):
        return None
    account_id = account_in(customer)  # Another product may use the same Stripe account.
    method = setup.payment_method
    saved = cards.card_of(method) if isinstance(method, stripe.PaymentMethod) else None
    # A payment with a bank account saves it at once, and succeeds days later.
    is_done = setup.status == "succeeded" or (isinstance(setup, stripe.PaymentIntent) and setup.status == "processing")
    if not account_id or not is_done or saved is None or not isinstance(method, stripe.PaymentMethod):
        return None
    is_new = method.created >= session.created
    return SavedOnPage(account_id, customer, saved, session.client_reference_id, session.created, is_new)


def record_saved_card(dynamodb: "DynamoDBClient", table_name: str, saved: SavedOnPage, now: datetime) -> None:
    """Let a saved card take the place of its page. If the card was exhausted, it gets one manual try, because its bank
    accepted it again.

    Raises:
        Unavailable: the table did not answer; the same call is safe again.
    """
    _close_page(dynamodb, table_name, saved)
    opened_at = format_instant(datetime.fromtimestamp(saved.opened_at, UTC))
    CardStore(dynamodb, table_name).grant_manual_try(saved.card, opened_at, now)


def refuse_saved_card(
    client: stripe.StripeClient, dynamodb: "DynamoDBClient", table_name: str, saved: SavedOnPage
) -> None:
    """Remove a card whose page was open while its account was frozen, and return the page's place.

    Raises:
        Unavailable: payments_unavailable, or the table did not answer; the same call is safe again.
    """
    cards.remove_card(client, saved.card.payment_method_id)
    _close_page(dynamodb, table_name, saved)


def _close_page(dynamodb: "DynamoDBClient", table_name: str, saved: SavedOnPage) -> None:
    if saved.page_id:
        LimitStore(dynamodb, table_name, saved.account_id).close_page(saved.page_id)
