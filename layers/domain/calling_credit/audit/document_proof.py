"""The proof of an account's receipts and credit notes: none is late, numbers have no gap, and each states its payment.

Like the whole proof, it names differences and never corrects them, and reads no table.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from calling_credit.audit.book import Book
from calling_credit.audit.differences import Difference, DifferenceCode, usd
from calling_credit.audit.documents import PaidDocuments
from calling_credit.audit.proof import SETTLING_TIME
from calling_credit.dynamodb import receipt_keys
from calling_credit.instants import format_instant
from calling_credit.topups.documents import shown_number

_NOTHING: Final = "no document"


def prove_issued(book: Book, now: datetime) -> list[Difference]:
    """Return the payments whose documents should be issued by now. This needs the payments only."""
    latest = format_instant(now - SETTLING_TIME)
    late = (one for one in book.documents.payments if one.due_since is not None and one.due_since < latest)
    code = DifferenceCode.NOT_ISSUED
    return [
        Difference(code, book.account_id, one.topup_id, "its documents", f"one is due since {one.due_since}")
        for one in late
    ]


def prove_documents(book: Book, now: datetime) -> list[Difference]:
    """Return the differences of the documents."""
    return [*prove_issued(book, now), *_prove_numbers(book), *_prove_amounts(book), *_prove_entries(book)]


def _prove_numbers(book: Book) -> Iterator[Difference]:
    numbers, counted = book.documents.numbers, book.documents.counted
    for counter in sorted(numbers.keys() | counted.keys()):
        found, count = sorted(numbers.get(counter, [])), counted.get(counter, 0)
        if found != list(range(1, count + 1)):
            missing = sorted(set(range(1, count + 1)) ^ set(found))
            text = ", ".join(map(str, missing[:3]))
            difference = (f"{count} documents, as counted", f"{len(found)}; wrong: {text}")
            yield Difference(DifferenceCode.NUMBERS, book.account_id, counter, *difference)


def _prove_amounts(book: Book) -> Iterator[Difference]:
    for payment in book.documents.payments:
        for what, expected, found in _compared(book, payment):
            if expected != found:
                yield Difference(
                    DifferenceCode.DOCUMENT, book.account_id, f"{what} of {payment.topup_id}", expected, found
                )


def _prove_entries(book: Book) -> Iterator[Difference]:
    """Each payment that is credited has a receipt, and each reversal one note with its credit, issued or due."""
    documents, code = book.documents, DifferenceCode.DOCUMENT
    receipted = {payment.topup_id for payment in documents.payments if payment.receipt or payment.is_receipt_due}
    for topup_id in sorted(documents.credited.keys() - receipted):
        amounts = _amounts(documents.credited[topup_id])
        yield Difference(code, book.account_id, f"receipt of {topup_id}", amounts, _NOTHING)
    noted = documents.noted
    for reversal_id, micros in sorted(documents.reversed.items()):
        found = noted.get(reversal_id)
        if found != micros:
            text = _NOTHING if found is None else usd(found)
            yield Difference(code, book.account_id, f"credit note of {reversal_id}", usd(micros), text)


def _compared(book: Book, payment: PaidDocuments) -> Iterator[tuple[str, str, str]]:
    """What a payment says, and what its documents say."""
    if payment.receipt is not None:
        yield "receipt", _amounts(payment.amounts), _found(book, payment, receipt_keys.RECEIPT, payment.receipt)
    for note in payment.issued:
        found = _found(book, payment, receipt_keys.CREDIT_NOTE, note.number)
        if found == _NOTHING:
            yield f"credit note {shown_number(note.number)}", usd(note.total_micros), found
    if len(payment.due) + len(payment.issued) == payment.reversals:  # Else an earlier release reversed it.
        keys = (receipt_keys.document_sk(receipt_keys.CREDIT_NOTE, note.number) for note in payment.issued)
        issued = sum(book.documents.stored[key].amounts[0] for key in keys if key in book.documents.stored)
        noted = issued + sum(note.net_micros for note in payment.due)
        yield "credit notes", usd(payment.reversed_micros), usd(noted)


def _found(book: Book, payment: PaidDocuments, series: str, number: str) -> str:
    document = book.documents.stored.get(receipt_keys.document_sk(series, number))
    if document is None or document.topup_id != payment.topup_id:
        return _NOTHING
    return _amounts(document.amounts)


def _amounts(amounts: tuple[int, int]) -> str:
    net, tax = amounts
    return f"{usd(net)} and {usd(tax)} of tax"
