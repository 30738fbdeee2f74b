"""The documents of a top-up: its receipt, and a credit note for each reversal, due or issued. Calculates only.

A top-up stores both lists as JSON texts, so that a condition compares one text. A note that is due keeps the figures of
its reversal; an issued one keeps its number and its total.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from calling_credit.money import format_money
from calling_credit.topups.topup import TopUp

RECEIPT_KIND: Final = "receipt"
"""The kind in the sweep index of payments with a document that is due."""
ISSUED_AT_ONCE: Final = timedelta(seconds=60)
"""The time in which the process that settles or reverses a payment issues its document; then the sweep does."""


class NoteCause(StrEnum):
    """What a credit note is for. `returned` gives back what an earlier note took: its amounts are negative."""

    REFUND = "refund"
    DISPUTE = "dispute"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class DueNote:
    """The figures of a reversal whose credit note is due. `net_micros` is the credit that the reversal took back, and
    `tax_micros` the tax that went back with it; both are negative for credit that was returned.
    """

    reversal_id: str
    at: str
    local_date: str
    net_micros: int
    tax_micros: int
    cause: str


@dataclass(frozen=True, slots=True)
class IssuedNote:
    """The number `<year>#<n>` of an issued credit note, and its total with tax."""

    number: str
    total_micros: int


def due_notes(text: str | None) -> list[DueNote]:
    """The notes of a stored text, in the order of their reversals.

    Raises:
        ValueError, TypeError: it is no such text.
    """
    return [DueNote(**note) for note in json.loads(text)] if text else []


def issued_notes(text: str | None) -> list[IssuedNote]:
    """The notes of a stored text, in the order of their issue.

    Raises:
        ValueError, TypeError: it is no such text.
    """
    return [IssuedNote(**note) for note in json.loads(text)] if text else []


def notes_text(notes: Sequence[DueNote | IssuedNote]) -> str | None:
    """The text of notes that a top-up stores; None without any."""
    return json.dumps([asdict(note) for note in notes], separators=(",", ":")) if notes else None


def due_on(topup: TopUp, note: DueNote) -> str:
    """The text of the notes that are due once this one is, too."""
    return notes_text([*due_notes(topup.notes_due), note]) or ""


def has_document_due(topup: TopUp) -> bool:
    """Whether a receipt or a credit note of a payment is not issued yet."""
    return topup.receipt_due is not None or topup.notes_due is not None


def shown_number(number: str) -> str:
    """A number `<year>#<n>` as documents show it: `2026-000001`."""
    return number.replace("#", "-")


def documents_view(topup: TopUp) -> dict[str, Any]:
    """`{receipt: {number, url} | None, credit_notes: [{number, amount, url}]}` of a payment. The amount of a note is
    with tax, and negative if the note returns credit.
    """
    url = f"/top-ups/{topup.topup_id}/receipt"
    receipt = topup.receipt and {"number": shown_number(topup.receipt), "url": url}
    notes = [
        {"number": number, "amount": format_money(note.total_micros), "url": f"{url}?credit_note={number}"}
        for note in issued_notes(topup.credit_notes)
        for number in (shown_number(note.number),)
    ]
    return {"receipt": receipt or None, "credit_notes": notes}
