"""A stored document that states nonsense is unreadable, and shows nothing."""

import pytest

from calling_credit.dynamodb.attributes import to_attribute
from calling_credit.dynamodb.unreadable import UnreadableItem
from calling_credit.receipts.items import document_from_item, document_item
from calling_credit.receipts.rows import document_row, flat_document
from tests.domain.test_receipts import document


@pytest.mark.parametrize(
    ("name", "value"),
    [("billing", "{"), ("billing", "7"), ("seller", "[]"), ("gross_micros", 1), ("net_micros", "86.96")],
)
def test_a_damaged_document_is_unreadable(name: str, value: str | int) -> None:
    item = document_item(document()) | {name: to_attribute(value)}
    with pytest.raises(UnreadableItem):
        document_from_item(item)


def test_a_row_of_a_document_has_its_facts() -> None:
    row = flat_document(document_row(document_from_item(document_item(document()))))
    assert (row["kind"], row["number"], row["net"], row["tax"], row["total"]) == (
        "receipt",
        "2026-000001",
        "86.96",
        "13.04",
        "100.00",
    )
    assert (row["legal_name"], row["po_number"], row["receipt"]) == ("<Müller & Co>", "PO-<7>", None)
