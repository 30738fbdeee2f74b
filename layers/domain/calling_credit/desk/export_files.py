"""The files of an account's export: settings, entries, calls, payments, and documents, as JSON and CSV in one zip.
Reads no table.
"""

import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from calling_credit.csv_cells import csv_table
from calling_credit.dynamodb import keys
from calling_credit.ledger.charged_calls import ChargedCall
from calling_credit.receipts.rows import DOCUMENT_COLUMNS, flat_document
from calling_credit.usage.billed_steps import rate_steps_text
from calling_credit.usage.summary import CSV_COLUMNS, call_row, statement_row

ENTRY_COLUMNS: Final = (
    "id",
    "at",
    "date",
    "kind",
    "category",
    "amount",
    "description",
    "recorded_at",
    "debit",
    "credit",
    "line_id",
    "user_id",
    "billed_seconds",
)
CALL_COLUMNS: Final = (
    *CSV_COLUMNS,
    "price_list",
    "list_version",
    "base_rate_per_minute",
    "base_connection_fee",
    "markup_percent",
)
PAYMENT_COLUMNS: Final = (
    "id",
    "kind",
    "status",
    "amount",
    "reversed",
    "created_at",
    "brand",
    "last4",
    "intent_id",
    "tax",
    "total",
    "refunded",
    "receipt_number",
)
_FIXED_TIME: Final = (1980, 1, 1, 0, 0, 0)
"""Zip files name a time; the same export has the same bytes."""


@dataclass(slots=True)
class ExportRows:
    """The rows of an export, collected from entries that come in the order of their keys. `whole` is the number of
    entries and calls up to the last date; None while all have one date.
    """

    user_names: Mapping[str, str]
    line_numbers: Mapping[str, str]
    entries: list[dict[str, Any]] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    last_date: str | None = None
    whole: tuple[int, int] | None = None
    _open_call: Mapping[str, Any] | None = None

    def add(self, entry: Mapping[str, Any]) -> None:
        """Add an entry. A call is listed by its last entry, once the next cause begins."""
        if self._open_call is not None and keys.call_of(self._open_call["SK"]) != keys.call_of(entry["SK"]):
            self.finish()
        if self.last_date not in (None, entry["local_date"]):
            self.whole = (len(self.entries), len(self.calls))
        self.entries.append(statement_row(entry))
        self.last_date = entry["local_date"]
        self._open_call = entry if entry["kind"] in ("call_charged", "call_taken_back") else None

    def drop_last_date(self) -> str:
        """Drop the rows of the last date, whose others are not read, and return it. Only with `whole`."""
        assert self.whole is not None
        assert self.last_date is not None
        entries, calls = self.whole
        del self.entries[entries:], self.calls[calls:]
        self._open_call = None
        return self.last_date

    def finish(self) -> None:
        """List the last call."""
        if self._open_call is not None and ChargedCall(self._open_call).is_charged:
            self.calls.append(call_row(self._open_call, self.user_names, self.line_numbers))
        self._open_call = None


def export_files(
    account: Mapping[str, Any],
    rows: ExportRows,
    payments: Iterable[Mapping[str, Any]],
    documents: Sequence[dict[str, Any]] = (),
) -> dict[str, bytes]:
    """Return the content of each file by its name."""
    listed = list(payments)
    flat_calls = (
        {
            **row,
            "user_id": row["user"]["id"] or "",
            "user_name": row["user"]["name"] or "",
            "rate_steps": rate_steps_text(row),
        }
        for row in rows.calls
    )
    flat_payments = (
        {
            **payment,
            **(payment["payment_method"] or {}),
            "id": payment["id"],
            "receipt_number": (payment["receipt"] or {}).get("number"),
        }
        for payment in listed
    )
    return {
        "account.json": _json(account),
        "entries.json": _json(rows.entries),
        "entries.csv": _csv(ENTRY_COLUMNS, rows.entries),
        "calls.json": _json(rows.calls),
        "calls.csv": _csv(CALL_COLUMNS, flat_calls),
        "payments.json": _json(listed),
        "payments.csv": _csv(PAYMENT_COLUMNS, flat_payments),
        "documents.json": _json(list(documents)),
        "documents.csv": _csv(DOCUMENT_COLUMNS, map(flat_document, documents)),
    }


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return the files in one zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _FIXED_TIME), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _json(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=1).encode()


def _csv(columns: tuple[str, ...], rows: Iterable[Mapping[str, Any]]) -> bytes:
    return csv_table(columns, _cells(columns, rows)).encode()


def _cells(columns: tuple[str, ...], rows: Iterable[Mapping[str, Any]]) -> Iterator[list[Any]]:
    for row in rows:
        yield ["" if row.get(column) is None else row[column] for column in columns]
