"""The nightly proof of one account: of the days that changed since the last one, or in full when it is its turn.

The proof of the changed days only decides whether anything differs. If so, and in the account's turn, a full proof
names the differences, the same that `make audit` finds. It does not see an entry or a payment of an unchanged day that
was damaged without its day; the full proof finds that within `FULL_PROOF_DAYS` nights.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

import stripe

from calling_credit.audit.book import Book, PaymentEntry
from calling_credit.audit.changed_days import Held, read_changed_days
from calling_credit.audit.checkpoints import (
    FULL_PROOF_DAYS,
    full_checkpoints,
    is_full_proof_due,
    next_checkpoints,
    require_full_proof,
    store_checkpoints,
)
from calling_credit.audit.document_proof import prove_issued
from calling_credit.audit.lot_proof import prove_charges
from calling_credit.audit.proof import Difference, Payment, prove_totals
from calling_credit.audit.prove_account import prove_account
from calling_credit.audit.stored_topup import StoredTopUp
from calling_credit.categories import REVERSAL, TOP_UP
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.partition import Partition
from calling_credit.topups.topup import TopUpStatus

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class Task:
    """An account to prove in a night (UTC), and the recent payments at Stripe that name it."""

    account_id: str
    night: date
    payments: tuple[Payment, ...] = ()

    @property
    def is_full(self) -> bool:
        """Whether it is the account's turn for a full proof."""
        turn = zlib.crc32(self.account_id.encode()) % FULL_PROOF_DAYS
        return turn == self.night.toordinal() % FULL_PROOF_DAYS


def prove_tonight(
    client: "DynamoDBClient",
    table_name: str,
    stripe_client: stripe.StripeClient | None,
    task: Task,
    listed: Mapping[str, Held],
    now: datetime,
) -> list[Difference] | None:
    """Return the differences of an account; None if it changed each time it was read.

    Without a difference, the totals of the proven days are stored as checkpoints. With one, the next proof is full.

    Args:
        stripe_client: None proves only the book's own sums.
        listed: the live holds that the sweep index lists, by account.

    Raises:
        Unavailable: Stripe or the table does not answer.
        UnreadableItem: an item of the account cannot be read.
    """
    if not task.is_full:
        read = read_changed_days(client, table_name, task.account_id, listed)
        if read is None:
            return None
        book = read.book
        is_due = is_full_proof_due(book.checkpoints.values(), task.night)
        if not is_due and not prove_issued(book, now) and adds_up(client, table_name, book, task.payments):
            renewed = next_checkpoints(book.checkpoints, book.entered_days, read.dates, task.night)
            store_checkpoints(client, table_name, task.account_id, renewed, now)
            return []
    proof = prove_account(client, table_name, stripe_client, task.account_id, now, task.payments)
    if proof is None:
        return None
    book = proof.book
    if not proof.differences:
        renewed = full_checkpoints(book.checkpoints, book.entered_days, task.night)
        store_checkpoints(client, table_name, task.account_id, renewed, now)
    elif book.balance is not None or book.entries:
        require_full_proof(client, table_name, task.account_id, book.checkpoints, now)
    return proof.differences


def adds_up(client: "DynamoDBClient", table_name: str, book: Book, payments: tuple[Payment, ...]) -> bool:
    """Whether the balance is the sum of the days, the days are the sums of their entries, and the payments are entered
    as the book and Stripe say. A full proof decides about every book that does not.
    """
    return (
        book.balance is not None
        and not prove_totals(book)
        and not prove_charges(book)
        and _total(book, TOP_UP) == sum(one.amount_micros for one in _succeeded(book))
        and _total(book, REVERSAL) == -sum(one.reversed_micros for one in book.topups.values())
        and _are_entered(client, table_name, book, payments)
    )


def _total(book: Book, category: str) -> int:
    return sum(total.total_micros for day, total in book.days.items() if day[1] == category)


def _succeeded(book: Book) -> list[StoredTopUp]:
    return [topup for topup in book.topups.values() if topup.status == TopUpStatus.SUCCEEDED]


def _are_entered(client: "DynamoDBClient", table_name: str, book: Book, payments: tuple[Payment, ...]) -> bool:
    """Whether each payment at Stripe has one entry of its amount, and its refunds and disputes are taken back."""
    entered = dict(book.paid)
    partition = Partition(client, table_name, keys.account_pk(book.account_id))
    for payment in payments:
        topup = book.topups.get(payment.topup_id)
        if topup is not None and topup.topup_id not in entered:  # The day of its entry did not change.
            item = partition.get(keys.entry_sk(topup.created_at, topup.topup_id))
            if item is not None:
                entry = PaymentEntry(topup.topup_id, item.get("intent_id", ""), item["amount_micros"])
                entered[topup.topup_id] = [entry]
    return all(_is_entered(book.topups.get(one.topup_id), entered.get(one.topup_id, []), one) for one in payments)


def _is_entered(topup: StoredTopUp | None, entries: list[PaymentEntry], payment: Payment) -> bool:
    if topup is None or len(entries) != 1 or topup.status != TopUpStatus.SUCCEEDED:
        return False
    amounts = {topup.amount_micros, entries[0].amount_micros, payment.received_micros - topup.tax_micros}
    is_reversed = payment.losses is None or topup.reversed_micros == topup.reversed_by(payment.losses)
    return len(amounts) == 1 and entries[0].intent_id in ("", payment.intent_id) and is_reversed
