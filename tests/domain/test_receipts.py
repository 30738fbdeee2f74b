"""What receipts and credit notes state, and how a part of a payment divides into credit and tax."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.brand import Brand
from calling_credit.dynamodb import receipt_keys
from calling_credit.ledger.entries import Entry
from calling_credit.messages.catalog import messages
from calling_credit.receipts.document import Document, Series, document_of, next_due
from calling_credit.receipts.items import document_from_item, document_item
from calling_credit.receipts.page import document_html, rate_text, title_of
from calling_credit.topups.documents import (
    DueNote,
    IssuedNote,
    documents_view,
    due_notes,
    due_on,
    issued_notes,
    notes_text,
)
from calling_credit.topups.reversals import Losses, due_note, net_share, reversal_entry, reversal_target
from calling_credit.topups.topup import TopUp, TopUpStatus
from tests.domain.payment_examples import MANUAL

CENT = 10_000
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BILLING = (
    '{"legal_name":"<Müller & Co>","address":{"line1":"1 Main <St>","line2":null,"city":"Toronto","region":"ON",'
    '"postal_code":"M5V 2T6","country":"CA"},"tax_id":{"kind":"ca_bn","value":"123456782"},"po_number":"PO-<7>"}'
)
SELLER = '{"name":"Phone & Co","address":"5 Side St; New York, NY","tax_id":"12-3456789"}'
PAID: TopUp = replace(
    MANUAL,
    status=TopUpStatus.SUCCEEDED,
    amount_micros=86_960_000,
    tax_micros=13_040_000,
    tax_percent="15",
    billing=BILLING,
    settled_at="2027-01-01T04:30:00.000Z",
    receipt_due="2026-12-31",
)


def document(topup: TopUp = PAID, count: int = 1) -> Document:
    """The next document that a payment owes."""
    due = next_due(topup)
    assert due is not None
    return document_of(topup, due, count, SELLER, "2027-01-01T04:30:01.000Z")


def reverse(topup: TopUp, refunded: str) -> tuple[TopUp, Entry | None]:
    """The payment after its refunds reached a total, and the entry of the reversal."""
    losses = Losses(int(float(refunded) * 100) * CENT, 0)
    target = reversal_target(topup.amount_micros, topup.gross_micros, losses)
    entry = reversal_entry(topup, target.net_micros, losses, "UTC", NOW)
    if entry is None:
        return topup, None
    notes = due_on(topup, due_note(topup, entry, target.gone_micros, losses))
    after = replace(
        topup,
        reversed_micros=target.net_micros,
        reversed_gross_micros=target.gone_micros,
        refunded_micros=losses.refunded_micros,
        reversals=topup.reversals + 1,
        notes_due=notes,
    )
    return after, entry


# --- Shares -----------------------------------------------------------------------------------------------------------


def test_half_of_a_taxed_payment_takes_back_half_of_its_credit() -> None:
    half, entry = reverse(PAID, "50.00")
    assert entry is not None
    assert entry.amount_micros == -43_480_000
    whole, rest = reverse(half, "100.00")
    assert rest is not None
    assert (rest.amount_micros, whole.reversed_micros) == (-43_480_000, 86_960_000)
    assert [(note.net_micros, note.tax_micros) for note in due_notes(whole.notes_due)] == [(43_480_000, 6_520_000)] * 2


def test_a_refund_of_a_bit_of_tax_has_no_note_and_the_next_note_covers_it() -> None:
    topup, entry = PAID, None
    for cents in range(1, 6):
        topup, entry = reverse(topup, f"0.0{cents}")
    notes = due_notes(topup.notes_due)
    assert entry is not None
    assert [note.net_micros // CENT for note in notes] == [1, 1, 1, 1]
    assert [note.tax_micros // CENT for note in notes] == [0, 0, 0, 1]
    assert topup.gone_micros == 5 * CENT


MONEY = st.integers(1, 10_000_000).map(lambda cents: cents * CENT)


@given(MONEY, st.integers(0, 10_000_000), st.lists(st.integers(0, 10_000_000), min_size=1, max_size=6))
def test_shares_add_up_and_never_exceed_the_credit(net: int, tax: int, parts: list[int]) -> None:
    gross = net + tax * CENT
    points = sorted(min(part * CENT, gross) for part in parts)
    shares = [net_share(net, gross, point) for point in points]
    assert all(0 <= share <= min(net, point) for share, point in zip(shares, points, strict=True))
    for low, high in zip(range(len(points)), range(1, len(points)), strict=False):
        assert 0 <= shares[high] - shares[low] <= points[high] - points[low]
    assert net_share(net, gross, gross) == net
    assert net_share(net, net, points[0]) == min(net, points[0])


@given(MONEY, st.integers(1, 10_000_000), st.integers(0, 10_000_000))
def test_a_share_is_half_up_to_the_cent(net: int, tax: int, part: int) -> None:
    gross, part_micros = net + tax * CENT, part * CENT
    if part_micros < gross:
        exact_twice = 2 * net * part_micros
        share = net_share(net, gross, part_micros)
        assert share % CENT == 0
        assert -CENT * gross < 2 * share * gross - exact_twice <= CENT * gross


# --- Documents --------------------------------------------------------------------------------------------------------


def test_the_receipt_is_of_the_local_year_of_the_settlement() -> None:
    receipt = document()
    assert (receipt.series, receipt.number, receipt.at) == (Series.RECEIPT, "2026#000001", PAID.settled_at)
    assert (receipt.net_micros, receipt.tax_micros, receipt.gross_micros) == (86_960_000, 13_040_000, 100_000_000)


def test_the_receipt_comes_before_the_notes_in_their_order() -> None:
    both = reverse(reverse(PAID, "50.00")[0], "100.00")[0]
    assert document(both).series is Series.RECEIPT
    note = document(replace(both, receipt_due=None, receipt="2026#000001"))
    assert (note.series, note.reversal_id, note.receipt) == (Series.CREDIT_NOTE, "tu_manual.rev.1", "2026#000001")
    assert next_due(replace(both, receipt_due=None, notes_due=None)) is None


def test_numbers_sort_as_they_were_issued() -> None:
    numbers = [receipt_keys.number_text("2026", count) for count in (1, 2, 10, 999_999)]
    assert numbers == sorted(numbers)
    key = receipt_keys.document_sk("RECEIPT", numbers[1])
    assert (receipt_keys.series_of(key), receipt_keys.number_of(key)) == ("RECEIPT", "2026#000002")


def test_documents_round_trip() -> None:
    note = replace(document(), series=Series.CREDIT_NOTE, receipt="2026#000001", cause="refund", reversal_id="x.rev.1")
    for each in (document(), note):
        assert document_from_item(document_item(each)) == each


def test_the_view_of_a_payment_names_its_documents() -> None:
    notes = notes_text([IssuedNote("2027#000001", 50_000_000), IssuedNote("2027#000002", -50_000_000)])
    assert documents_view(replace(PAID, receipt="2026#000012", credit_notes=notes)) == {
        "receipt": {"number": "2026-000012", "url": "/top-ups/tu_manual/receipt"},
        "credit_notes": [
            {"number": number, "amount": amount, "url": f"/top-ups/tu_manual/receipt?credit_note={number}"}
            for number, amount in (("2027-000001", "50.00"), ("2027-000002", "-50.00"))
        ],
    }
    assert documents_view(PAID) == {"receipt": None, "credit_notes": []}


@pytest.mark.parametrize("text", ["x", "[1]", '[{"number": "1"}]', "{}x"])
def test_a_damaged_list_of_notes_is_no_list(text: str) -> None:
    for read in (due_notes, issued_notes):
        with pytest.raises((ValueError, TypeError)):
            read(text)


# --- The page ---------------------------------------------------------------------------------------------------------


def test_the_page_shows_every_fact_and_escapes_every_text() -> None:
    shown = document_html(document(), "en", Brand())
    for text in (
        "Receipt 2026-000001",
        "&lt;Müller &amp; Co&gt;",
        "1 Main &lt;St&gt;",
        "Toronto ON M5V 2T6",
        "Canada",
        "PO-&lt;7&gt;",
        "123456782",
        "Phone &amp; Co\n5 Side St\nNew York, NY\nTax number 12-3456789",
        "Tax (15%)",
        "$86.96",
        "$13.04",
        "$100.00",
        "December 31, 2026",
        "Paid with Visa ending 4242.",
    ):
        assert text in shown
    assert "<script" not in shown
    assert "@media print" in shown


def test_a_french_page_writes_numbers_and_names_in_french() -> None:
    shown = document_html(replace(document(), tax_percent="9.975"), "fr", Brand())
    for text in ("Reçu 2026-000001", "9,975\u00a0%", "100,00\u00a0$\u00a0US", "31\u00a0décembre 2026"):
        assert text in shown


def test_a_receipt_without_details_names_the_account() -> None:
    bare = replace(document(), billing=None, seller="{}", tax_micros=0, tax_percent=None)
    shown = document_html(bare, "en", Brand())
    assert "Tax (" not in shown
    assert bare.account_id in shown


@pytest.mark.parametrize(
    ("net", "cause", "title"),
    [(5, "refund", "Credit note"), (5, "dispute", "Credit note"), (-5, "returned", "Debit note")],
)
def test_a_note_is_named_by_its_direction_and_shows_no_sign(net: int, cause: str, title: str) -> None:
    note = replace(
        document(), series=Series.CREDIT_NOTE, net_micros=net * CENT, tax_micros=0, cause=cause, receipt="2026#000003"
    )
    assert title_of(note, messages("receipts", "en")) == f"{title} 2026-000001"
    shown = document_html(note, "en", Brand())
    assert "2026-000003" in shown
    assert "-$" not in shown


def test_rates_are_written_as_readers_expect() -> None:
    assert (rate_text("15", "en"), rate_text("15", "fr")) == ("15%", "15\u00a0%")


def test_a_due_note_keeps_the_figures_of_its_reversal() -> None:
    note = DueNote("tu_manual.rev.1", "2026-11-23T12:00:00.000Z", "2026-11-23", 1, 2, "refund")
    assert due_notes(due_on(PAID, note)) == [note]
