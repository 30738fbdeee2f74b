"""What a receipt or a credit note states. It is derived from what the payment stored when it was created and reversed,
and never changes. Calculates only.

    net + tax = gross, what the card paid or got back.
    The net of all credit notes of a payment is what is reversed of its credit.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from calling_credit.dynamodb import receipt_keys
from calling_credit.topups.documents import DueNote, due_notes
from calling_credit.topups.topup import TopUp


class Series(StrEnum):
    """A series of numbers, which begins with 1 in each year."""

    RECEIPT = receipt_keys.RECEIPT
    CREDIT_NOTE = receipt_keys.CREDIT_NOTE


@dataclass(frozen=True, slots=True)
class Document:
    """One receipt or credit note. `billing` is the JSON of the billing details when the payment was created, `seller`
    that of the operator when the document was issued. `at` is the time of the settlement or of the reversal, and
    `local_date` its date in the account's time zone.

    A credit note also names its reversal, the number of the payment's receipt (None: an earlier release settled the
    payment), and its cause. Its amounts are what the customer got back, negative for credit that was returned.
    """

    account_id: str
    series: Series
    number: str
    topup_id: str
    at: str
    local_date: str
    net_micros: int
    tax_micros: int
    brand: str
    last4: str
    issued_at: str
    seller: str
    tax_percent: str | None = None
    billing: str | None = None
    receipt: str | None = None
    reversal_id: str | None = None
    cause: str | None = None
    correlation_id: str | None = None

    @property
    def gross_micros(self) -> int:
        """What the card paid or got back."""
        return self.net_micros + self.tax_micros


@dataclass(frozen=True, slots=True)
class DueDocument:
    """The next document that a payment owes. `note` is None for its receipt."""

    series: Series
    local_date: str
    note: DueNote | None = None

    @property
    def year(self) -> str:
        """The year in which the document is numbered."""
        return year_of(self.local_date)


def year_of(local_date: str) -> str:
    """The year of a local date, in which its documents are numbered."""
    return local_date[: len(_YEAR)]


_YEAR: Final = "2026"


def next_due(topup: TopUp) -> DueDocument | None:
    """The next document that a payment owes: first its receipt, then the notes in the order of the reversals. None if
    all are issued.
    """
    if topup.receipt_due is not None:
        return DueDocument(Series.RECEIPT, topup.receipt_due)
    for note in due_notes(topup.notes_due):
        return DueDocument(Series.CREDIT_NOTE, note.local_date, note)
    return None


def document_of(topup: TopUp, due: DueDocument, count: int, seller: str, issued_at: str) -> Document:
    """The document that is due, as the `count`-th of its series and year."""
    note = due.note
    return Document(
        account_id=topup.account_id,
        series=due.series,
        number=receipt_keys.number_text(due.year, count),
        topup_id=topup.topup_id,
        at=(topup.settled_at or topup.created_at) if note is None else note.at,
        local_date=due.local_date,
        net_micros=topup.amount_micros if note is None else note.net_micros,
        tax_micros=topup.tax_micros if note is None else note.tax_micros,
        brand=topup.card.brand,
        last4=topup.card.last4,
        issued_at=issued_at,
        seller=seller,
        tax_percent=topup.tax_percent,
        billing=topup.billing,
        receipt=None if note is None else topup.receipt,
        reversal_id=None if note is None else note.reversal_id,
        cause=None if note is None else note.cause,
        correlation_id=topup.correlation_id,
    )
