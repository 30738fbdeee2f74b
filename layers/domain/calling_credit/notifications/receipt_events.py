"""The events about receipts and credit notes: their forms, and the items that cause them. Sends nothing."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from calling_credit.money import format_money
from calling_credit.notifications.announcement import Announcement
from calling_credit.notifications.event_data import CardShown, Form, Money
from calling_credit.notifications.event_types import EventType
from calling_credit.receipts.document import Series
from calling_credit.receipts.items import document_from_plain
from calling_credit.topups.documents import shown_number


class Issued(Form):
    """A receipt: its number, and the payment. `total` is what the card paid: `net`, the credit, and `tax`."""

    topup_id: str
    number: str = Field(pattern=r"^[0-9]{4}-[0-9]{6,}$", description="Year and number, such as 2026-000001.")
    net: Money
    tax: Money
    total: Money
    payment_method: CardShown


class NoteIssued(Issued):
    """A credit note: its number, and what the customer got back. The amounts are negative for credit that was returned.
    `receipt` is the number of the payment's receipt; null if an earlier release settled the payment.
    """

    receipt: str | None
    cause: Literal["refund", "dispute", "returned"]


class ReceiptIssued(Announcement):
    """The receipt of a credited payment was issued, moments after the payment was credited."""

    type: Literal[EventType.RECEIPT_ISSUED] = EventType.RECEIPT_ISSUED
    data: Issued


class CreditNoteIssued(Announcement):
    """The credit note of a reversal was issued."""

    type: Literal[EventType.CREDIT_NOTE_ISSUED] = EventType.CREDIT_NOTE_ISSUED
    data: NoteIssued


def document_issued(new: Mapping[str, Any]) -> tuple[type[Announcement], dict[str, Any]]:
    """The event of a new document, and its data."""
    document = document_from_plain(new)
    data = {
        "topup_id": document.topup_id,
        "number": shown_number(document.number),
        "net": format_money(document.net_micros),
        "tax": format_money(document.tax_micros),
        "total": format_money(document.gross_micros),
        "payment_method": {"brand": document.brand, "last4": document.last4},
    }
    if document.series is Series.RECEIPT:
        return ReceiptIssued, data
    receipt = document.receipt and shown_number(document.receipt)
    return CreditNoteIssued, data | {"receipt": receipt, "cause": document.cause}
