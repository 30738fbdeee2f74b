"""The receipts and credit notes of one account, and what its payments say of them. Reads no table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from calling_credit.categories import REVERSAL, TOP_UP
from calling_credit.dynamodb import keys, receipt_keys
from calling_credit.topups.documents import DueNote, IssuedNote, due_notes, issued_notes

_SERIES: Final = (receipt_keys.RECEIPT, receipt_keys.CREDIT_NOTE)
DOCUMENT_KINDS: Final = frozenset(series.lower() for series in _SERIES)
COUNTER_KINDS: Final = frozenset(f"{series}S".lower() for series in _SERIES)
"""The kinds of the counters of their numbers."""


@dataclass(frozen=True, slots=True)
class PaidDocuments:
    """What a top-up says of its documents. `settled_at` is None until it is paid."""

    topup_id: str
    amounts: tuple[int, int]
    reversed_micros: int
    reversals: int
    settled_at: str | None
    is_receipt_due: bool
    receipt: str | None
    due: tuple[DueNote, ...]
    issued: tuple[IssuedNote, ...]

    @property
    def due_since(self) -> str | None:
        """Since when a document is due; None if all are issued."""
        if self.is_receipt_due:
            return self.settled_at
        return self.due[0].at if self.due else None


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """The fields of a document that a proof needs. `amounts` are net and tax in micro-dollars."""

    topup_id: str
    amounts: tuple[int, int]
    reversal_id: str | None = None


@dataclass(slots=True)
class Documents:
    """The documents of an account by sort key, and its payments that say something of documents. `numbers` are those of
    the documents, and `counted` is what the counters say, by the sort key of the counter. What entries
    say: `credited` has net and tax of each payment that was credited, by its id, and `reversed` the credit that each
    reversal took back, by its id. Those of releases without documents are left out.
    """

    stored: dict[str, StoredDocument] = field(default_factory=dict)
    numbers: dict[str, list[int]] = field(default_factory=dict)
    counted: dict[str, int] = field(default_factory=dict)
    payments: list[PaidDocuments] = field(default_factory=list)
    credited: dict[str, tuple[int, int]] = field(default_factory=dict)
    reversed: dict[str, int] = field(default_factory=dict)

    @property
    def noted(self) -> dict[str, int]:
        """The credit that the note of each reversal states, issued or due, by the id of the reversal."""
        issued = {one.reversal_id: one.amounts[0] for one in self.stored.values() if one.reversal_id is not None}
        return issued | {note.reversal_id: note.net_micros for payment in self.payments for note in payment.due}

    def add(self, kind: str, item: Mapping[str, Any]) -> None:
        """Add a plain item. Kinds other than documents, their counters, and payments change nothing."""
        if kind in DOCUMENT_KINDS:
            series, year, number = item["SK"].split("#")
            self.numbers.setdefault(receipt_keys.issued_sk(series, year), []).append(int(number))
            amounts = item["net_micros"], item["tax_micros"]
            self.stored[item["SK"]] = StoredDocument(item["topup_id"], amounts, item.get("reversal_id"))
        elif kind in COUNTER_KINDS:
            self.counted[item["SK"]] = item["issued"]
        elif kind == "entry":
            self._add_entry(item)
        elif kind == "topup":
            self._add_payment(item)

    def _add_entry(self, item: Mapping[str, Any]) -> None:
        net_micros, cause_id = item["amount_micros"], keys.cause_of(item["SK"])
        if item["category"] == TOP_UP and "gross_micros" in item:
            self.credited[cause_id] = net_micros, item["gross_micros"] - net_micros
        elif item["category"] == REVERSAL and "gone_micros" in item:
            self.reversed[cause_id] = -net_micros

    def _add_payment(self, item: Mapping[str, Any]) -> None:
        """Add a top-up, unless an earlier release made it and all that happened to it."""
        due, issued = due_notes(item.get("notes_due")), issued_notes(item.get("credit_notes"))
        is_receipt_due, receipt = "receipt_due" in item, item.get("receipt")
        if not (is_receipt_due or receipt or due or issued):
            return
        payment = PaidDocuments(
            item["topup_id"],
            (item["amount_micros"], item.get("tax_micros", 0)),
            item.get("reversed_micros", 0),
            item.get("reversals", 0),
            item.get("settled_at") or item.get("created_at"),
            is_receipt_due,
            receipt,
            tuple(due),
            tuple(issued),
        )
        self.payments.append(payment)
