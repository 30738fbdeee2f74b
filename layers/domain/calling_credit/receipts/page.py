"""A receipt or credit note as a page to print: no script, no form, and every text escaped. It states only what the
stored document does.
"""

import html
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from calling_credit.brand import Brand
from calling_credit.country_names import names_by_country
from calling_credit.messages import formats
from calling_credit.messages.catalog import Messages, messages
from calling_credit.money import format_money
from calling_credit.receipts.document import Document, Series
from calling_credit.topups.documents import NoteCause, shown_number

STYLE: Final = (
    ':root{color-scheme:light;font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}'
    "*{box-sizing:border-box}"
    "body{margin:0;background:#f6f7f9;color:#12202b;overflow-wrap:anywhere}"
    "main{max-width:46rem;margin:2rem auto;padding:2.5rem;background:#fff;border:1px solid #dde2e8;border-radius:10px}"
    "header{display:flex;flex-wrap:wrap;gap:1rem 2rem;justify-content:space-between;margin:0 0 2rem}"
    "header p,section p{margin:0;white-space:pre-line}h1{font-size:1.6rem;line-height:1.2;margin:0 0 1.5rem}"
    "h2{font-size:.9rem;color:#526170;margin:0 0 .25rem}"
    ".facts{display:flex;flex-wrap:wrap;gap:1.5rem 3rem;margin:0 0 2rem}"
    "dl{display:grid;grid-template-columns:auto 1fr;gap:.1rem 1rem;margin:0}dt{color:#526170}dd{margin:0}"
    "table{width:100%;border-collapse:collapse;margin:0 0 1.5rem}th,td{padding:.5rem 0;text-align:left}"
    "thead th{font-weight:600;border-bottom:1px solid #dde2e8}td:last-child,th:last-child{text-align:right}"
    "tfoot td{font-weight:650;border-top:1px solid #12202b}"
    "@page{margin:2cm}@media print{body{background:#fff}main{margin:0;padding:0;border:0;max-width:none}}"
)
_ACTIONS: Final[Mapping[str | None, str]] = {
    None: "paid_by",
    NoteCause.REFUND: "refunded_to",
    NoteCause.DISPUTE: "disputed_of",
    NoteCause.RETURNED: "returned_of",
}
"""What happened to the money, by the cause of the note; None: a receipt."""


def document_html(document: Document, language: str, brand: Brand) -> str:
    """The page of a document in a language."""
    words = messages("receipts", language)
    title = title_of(document, words)
    seller, billing = _fields(document.seller), _fields(document.billing)
    logo = f'<img src="{html.escape(brand.logo)}" alt="" width="48" height="48">' if brand.logo else ""
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">'
        f'<title>{html.escape(title)}</title><link rel="icon" href="data:,"><style>{STYLE}</style></head><body><main>'
        f"<header>{_paragraph(_seller_lines(seller, words))}{logo}</header><h1>{html.escape(title)}</h1>"
        f'<div class="facts">{_billed_to(document, billing, words)}{_facts(document, billing, words)}</div>'
        f"{_table(document, words)}{_paragraph([_moved(document, words)])}</main></body></html>"
    )


def title_of(document: Document, words: Messages) -> str:
    """The name of a document, such as `Receipt 2026-000001`."""
    kind = "receipt" if document.series is Series.RECEIPT else "return" if document.net_micros < 0 else "note"
    return words.text(f"{kind}.title", number=shown_number(document.number))


def rate_text(percent: str, language: str) -> str:
    """A tax rate as readers of a language expect it: `9.975%`, or `9,975 %`."""
    return f"{percent.replace('.', ',')}{formats.NO_BREAK}%" if language == "fr" else f"{percent}%"


def _fields(text: str | None) -> dict[str, Any]:
    fields = json.loads(text) if text else {}
    return fields if isinstance(fields, dict) else {}


def _seller_lines(seller: Mapping[str, Any], words: Messages) -> list[str]:
    lines = [str(seller.get("name") or ""), *(part.strip() for part in str(seller.get("address") or "").split(";"))]
    if seller.get("tax_id"):
        lines.append(f"{words.text('seller_tax_id')} {seller['tax_id']}")
    return lines


def _billed_to(document: Document, billing: Mapping[str, Any], words: Messages) -> str:
    address = billing.get("address") or {}
    place = " ".join(str(address[name]) for name in ("city", "region", "postal_code") if address.get(name))
    lines = [
        billing.get("legal_name") or document.account_id,
        address.get("line1"),
        address.get("line2"),
        place,
        _country(str(address.get("country") or ""), words.language),
    ]
    body = _paragraph(str(line) for line in lines if line)
    return f"<section><h2>{html.escape(words.text('bill_to'))}</h2>{body}</section>"


def _country(code: str, language: str) -> str:
    names = names_by_country().get(code)
    if not names:
        return code
    return names[-1] if language == "fr" else names[0]


def _facts(document: Document, billing: Mapping[str, Any], words: Messages) -> str:
    language = words.language
    day = formats.day(datetime.fromisoformat(document.local_date), language)
    tax_id = billing.get("tax_id") or {}
    facts = [
        ("date", day),
        ("account", document.account_id),
        ("payment", document.topup_id),
        ("corrects", shown_number(document.receipt or "")),
        ("reason", words.text(f"cause.{document.cause}") if document.cause else ""),
        ("tax_id", str(tax_id.get("value") or "")),
        ("po_number", str(billing.get("po_number") or "")),
    ]
    rows = "".join(
        f"<dt>{html.escape(words.text(name))}</dt><dd>{html.escape(value)}</dd>" for name, value in facts if value
    )
    return f"<section><dl>{rows}</dl></section>"


def _table(document: Document, words: Messages) -> str:
    sign = -1 if document.net_micros < 0 else 1
    rows = [(words.text("credit"), document.net_micros)]
    if document.tax_percent is not None:
        rate = rate_text(document.tax_percent, words.language)
        rows.append((words.text("tax", rate=rate), document.tax_micros))
    cells = "".join(_row("td", label, _money(sign * micros, words.language)) for label, micros in rows)
    total = _row("td", words.text("total"), _money(sign * document.gross_micros, words.language))
    head = _row("th", words.text("item"), words.text("amount"))
    return f"<table><thead>{head}</thead><tbody>{cells}</tbody><tfoot>{total}</tfoot></table>"


def _row(cell: str, label: str, value: str) -> str:
    scope = ' scope="col"' if cell == "th" else ""
    return f"<tr><{cell}{scope}>{html.escape(label)}</{cell}><{cell}{scope}>{html.escape(value)}</{cell}></tr>"


def _money(micros: int, language: str) -> str:
    return formats.money(format_money(micros), language)


def _moved(document: Document, words: Messages) -> str:
    """What happened to the money, with the card or bank account."""
    what = "bank" if document.brand == formats.BANK_ACCOUNT else "card"
    brand = formats.BRANDS.get(document.brand, document.brand.title())
    return words.text(f"{_ACTIONS[document.cause]}.{what}", brand=brand, last4=document.last4)


def _paragraph(lines: Iterable[str]) -> str:
    return f"<p>{html.escape(chr(10).join(line for line in lines if line))}</p>"
