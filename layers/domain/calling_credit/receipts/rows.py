"""Receipts and credit notes as rows of a file."""

import json
from typing import Any, Final

from calling_credit.money import format_money
from calling_credit.receipts.document import Document
from calling_credit.topups.documents import shown_number

DOCUMENT_COLUMNS: Final = (
    "kind",
    "number",
    "date",
    "top_up_id",
    "net",
    "tax",
    "total",
    "tax_percent",
    "receipt",
    "cause",
    "brand",
    "last4",
    "legal_name",
    "po_number",
    "issued_at",
)


def document_row(document: Document) -> dict[str, Any]:
    """All facts of a document. `billing` and `seller` are objects, or None."""
    return {
        "kind": document.series.lower(),
        "number": shown_number(document.number),
        "date": document.local_date,
        "at": document.at,
        "top_up_id": document.topup_id,
        "net": format_money(document.net_micros),
        "tax": format_money(document.tax_micros),
        "total": format_money(document.gross_micros),
        "tax_percent": document.tax_percent,
        "receipt": None if document.receipt is None else shown_number(document.receipt),
        "cause": document.cause,
        "brand": document.brand,
        "last4": document.last4,
        "billing": _facts(document.billing),
        "seller": _facts(document.seller),
        "issued_at": document.issued_at,
    }


def flat_document(row: dict[str, Any]) -> dict[str, Any]:
    """A row for CSV."""
    billing = row["billing"] or {}
    return row | {name: billing.get(name) for name in ("legal_name", "po_number")}


def _facts(text: str | None) -> Any:
    return json.loads(text) if text else None
