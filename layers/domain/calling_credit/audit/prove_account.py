"""Proves one account: reads its book and its payments at Stripe, and compares them. Corrects nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import stripe

from calling_credit.audit.book import Book
from calling_credit.audit.document_proof import prove_documents
from calling_credit.audit.lot_proof import prove_lots
from calling_credit.audit.proof import Difference, Payment, prove_payments, prove_sums
from calling_credit.audit.read_book import read_book
from calling_credit.audit.stripe_payments import read_customer_payments

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class Proof:
    """The compared data, and every difference once. `is_with_stripe`: the book was also compared with Stripe."""

    book: Book
    payments: list[Payment]
    differences: list[Difference]
    is_with_stripe: bool = True


def prove_account(
    client: "DynamoDBClient",
    table_name: str,
    stripe_client: stripe.StripeClient | None,
    account_id: str,
    now: datetime,
    known_payments: Iterable[Payment] = (),
) -> Proof | None:
    """Prove an account.

    Args:
        stripe_client: None proves only the book's own sums.
        known_payments: payments that name the account, also those of customers that are not the account's.

    Returns:
        The proof; None if the account changed each time it was read.

    Raises:
        Unavailable: payments_unavailable, Stripe does not answer.
    """
    book = read_book(client, table_name, account_id)
    if book is None:
        return None
    differences = [*prove_sums(book), *prove_lots(book), *prove_documents(book, now)]
    payments = {payment.intent_id: payment for payment in known_payments}
    if stripe_client is not None:
        for customer_id in sorted(book.customers):
            of_customer = read_customer_payments(stripe_client, customer_id, book.intents_of(customer_id))
            payments |= {payment.intent_id: payment for payment in of_customer if payment.account_id == account_id}
        differences += prove_payments(book, payments.values(), now)
    distinct = {difference.key: difference for difference in differences}
    return Proof(book, list(payments.values()), list(distinct.values()), stripe_client is not None)
