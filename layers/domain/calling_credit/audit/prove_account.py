"""Proves one account: its book read whole, everything Stripe took for it, and where the two differ. Mends nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import stripe

from calling_credit.audit.book import Book
from calling_credit.audit.proof import Difference, Payment, prove_payments, prove_sums
from calling_credit.audit.read_book import read_book
from calling_credit.audit.stripe_payments import taken_from

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class Proof:
    """What was looked at, and every difference once."""

    book: Book
    payments: list[Payment]
    differences: list[Difference]


def prove_account(
    client: "DynamoDBClient",
    table_name: str,
    stripe_client: stripe.StripeClient | None,
    account_id: str,
    now: datetime,
    seen: Iterable[Payment] = (),
) -> Proof | None:
    """None if the account never stood still while it was read. `seen` are payments that name it, whoever's customer
    made them. Without Stripe only the book's own sums are proven.

    Raises:
        Unavailable: payments_unavailable, Stripe does not answer.
    """
    book = read_book(client, table_name, account_id)
    if book is None:
        return None
    found = prove_sums(book)
    payments = {payment.intent_id: payment for payment in seen}
    if stripe_client is not None:
        for customer_id in sorted(book.customers):
            taken = taken_from(stripe_client, customer_id)
            payments |= {payment.intent_id: payment for payment in taken if payment.account_id == account_id}
        found += prove_payments(book, payments.values(), now)
    differences = {difference.key: difference for difference in found}
    return Proof(book, list(payments.values()), list(differences.values()))
