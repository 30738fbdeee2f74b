"""The proof of receipts and credit notes: none is late, numbers have no gap, and each states its payment."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from calling_credit.audit.book import Book
from calling_credit.audit.document_proof import prove_documents, prove_issued
from calling_credit.instants import format_instant
from tests.domain.book_examples import ACCOUNT, Items, topup
from tests.domain.examples import NOW

NOTE = {"number": "2026#000001", "total_micros": 50_000_000}
DUE = {
    "reversal_id": "tu_1.rev.1",
    "at": format_instant(NOW - timedelta(hours=1)),
    "local_date": "2026-11-23",
    "net_micros": 43_480_000,
    "tax_micros": 6_520_000,
    "cause": "refund",
}


def document(series: str, number: int, topup_id: str, net: int, tax: int = 0) -> dict[str, Any]:
    """A stored document of 2026."""
    return {
        "SK": f"{series}#2026#{number:06d}",
        "topup_id": topup_id,
        "net_micros": net,
        "tax_micros": tax,
    }


def documented() -> Items:
    """Two payments with their receipts; half of the first was refunded, with a note."""
    first = topup("tu_1", 86_960_000, 43_480_000) | {"tax_micros": 13_040_000, "reversals": 1}
    first |= {"receipt": "2026#000001", "credit_notes": json.dumps([NOTE]), "settled_at": format_instant(NOW)}
    second = topup("tu_2", 25_000_000) | {"receipt": "2026#000002", "settled_at": format_instant(NOW)}
    return [
        first,
        second,
        topup("tu_of_before", 10_000_000, 5_000_000) | {"reversals": 1},
        document("RECEIPT", 1, "tu_1", 86_960_000, 13_040_000),
        document("RECEIPT", 2, "tu_2", 25_000_000),
        document("CREDIT_NOTE", 1, "tu_1", 43_480_000, 6_520_000),
        {"SK": "RECEIPTS#2026", "issued": 2},
        {"SK": "CREDIT_NOTES#2026", "issued": 1},
    ]


def book_of(items: Items) -> Book:
    """The book with these items."""
    book = Book(ACCOUNT)
    for item in items:
        book.add(item)
    return book


def codes(items: Items) -> list[str]:
    """The codes of the differences, in order."""
    return sorted(difference.code for difference in prove_documents(book_of(items), NOW))


def test_right_documents_have_no_difference() -> None:
    assert codes(documented()) == []
    assert codes([]) == []


CHANGES: list[tuple[Callable[[Items], Any], list[str]]] = [
    (lambda items: items.pop(4), ["document_is_not_what_its_payment_says", "numbers_of_documents_have_a_gap"]),
    (lambda items: items.append(document("RECEIPT", 4, "tu_2", 1)), ["numbers_of_documents_have_a_gap"]),
    (lambda items: items[6].update(issued=3), ["numbers_of_documents_have_a_gap"]),
    (lambda items: items.pop(7), ["numbers_of_documents_have_a_gap"]),
    (lambda items: items[3].update(net_micros=86_970_000), ["document_is_not_what_its_payment_says"]),
    (lambda items: items[3].update(topup_id="tu_2"), ["document_is_not_what_its_payment_says"]),
    (lambda items: items[5].update(net_micros=43_470_000), ["document_is_not_what_its_payment_says"]),
    (lambda items: items[0].update(reversed_micros=43_490_000), ["document_is_not_what_its_payment_says"]),
]


@pytest.mark.parametrize(("change", "expected"), CHANGES)
def test_a_wrong_document_is_found(change: Callable[[Items], Any], expected: list[str]) -> None:
    items = documented()
    change(items)
    assert codes(items) == expected


@pytest.mark.parametrize(("minutes", "count"), [(14, 0), (16, 1)])
def test_a_receipt_is_late_after_fifteen_minutes(minutes: int, count: int) -> None:
    settled = format_instant(NOW - timedelta(minutes=minutes))
    items = [topup("tu_1", 25_000_000) | {"receipt_due": "2026-11-23", "settled_at": settled}]
    late = prove_issued(book_of(items), NOW)
    assert [(one.code, one.object_id) for one in late] == [("document_not_issued", "tu_1")] * count


def test_a_late_note_is_found_and_counts_as_what_is_reversed() -> None:
    items = documented()
    items[0] |= {"credit_notes": None, "notes_due": json.dumps([DUE])}
    del items[7], items[5]
    assert codes(items) == ["document_not_issued"]


def reversal_entry(number: int, micros: int, **more: int) -> dict[str, Any]:
    """The entry of a reversal of the first payment."""
    more |= {"amount_micros": -micros, "billed_seconds": 0}
    place = {"topup_id": "tu_1", "category": "reversal", "local_date": "2026-11-23"}
    return {"SK": f"ENTRY#{format_instant(NOW)}#tu_1.rev.{number}", **place, **more}


def test_each_reversal_of_this_release_has_its_note() -> None:
    items = documented()
    items[5]["reversal_id"] = "tu_1.rev.1"
    items.append(reversal_entry(1, 43_480_000, gone_micros=50_000_000))
    assert codes(items) == []
    items.append(reversal_entry(2, 10_000, gone_micros=50_010_000))
    assert codes(items) == ["document_is_not_what_its_payment_says"]
    items[-1] = reversal_entry(2, 10_000)
    assert codes(items) == [], "an earlier release wrote it"


def test_a_note_of_another_amount_than_its_reversal_is_found() -> None:
    items = documented()
    items[5]["reversal_id"] = "tu_1.rev.1"
    items.append(reversal_entry(1, 43_470_000, gone_micros=50_000_000))
    assert codes(items) == ["document_is_not_what_its_payment_says"]


def test_a_payment_that_this_release_credited_has_a_receipt() -> None:
    items = documented()
    entry = {"SK": f"ENTRY#{format_instant(NOW)}#tu_2", "category": "top_up", "local_date": "2026-11-23"}
    items.append(entry | {"amount_micros": 25_000_000, "billed_seconds": 0, "gross_micros": 25_000_000})
    assert codes(items) == []
    del items[1]["receipt"]
    assert codes(items) == ["document_is_not_what_its_payment_says"]
    del items[-1]["gross_micros"]
    assert codes(items) == [], "an earlier release credited it"


def test_a_reversal_by_an_earlier_release_lacks_its_note() -> None:
    items = documented()
    items[0] |= {"reversals": 2, "reversed_micros": 50_000_000}
    assert codes(items) == []
