"""Receipts at the turn of a year, in other time zones, of payments at once, and with hostile names."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.functions.moves_bench import refund as refund_at_desk
from tests.functions.reversals_bench import paid, refund
from tests.functions.tax_bench import NEW_YORK, enter, turn_on
from tests.functions.test_receipts import documents, only_top_up, shown, throttle_documents
from tests.harness.table import sample_event
from tests.harness.threads import at_once
from tests.harness.till import ACCOUNT, Till
from tests.harness.wire import wired

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]
HOSTILE = "<script>alert(1)</script>\"'&"


@pytest.fixture(autouse=True)
def taxed(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stack that taxes payments, with a hostile seller, and an account in New York."""
    for name in ("NAME", "ADDRESS", "TAX_ID"):
        monkeypatch.setenv(f"SELLER_{name}", HOSTILE)
    turn_on(monkeypatch, till)
    assert enter(till).status == 200


def move(till: Till, time_zone: str) -> None:
    """Give the account another time zone."""
    assert till.world.operate("PUT", f"/accounts/{ACCOUNT}", {"time_zone": time_zone}).status == 200


def at(till: Till, *moment: int) -> None:
    """Set the clock."""
    till.world.clock.now = datetime(*moment, tzinfo=UTC)  # type: ignore[misc, arg-type]


def number(payment: dict[str, Any]) -> str:
    """The number of a payment's receipt."""
    return str(payment["receipt"]["number"])


def test_the_year_of_a_receipt_is_that_of_its_account_even_after_a_move(till: Till) -> None:
    move(till, "Pacific/Kiritimati")
    card = till.card()
    at(till, 2026, 12, 31, 9, 59, 59)
    assert number(till.paid("25.00", card)) == "2026-000001"
    at(till, 2026, 12, 31, 10, 0, 0)
    later = till.paid("25.00", card)
    assert number(later) == "2027-000001"
    move(till, "America/Los_Angeles")
    assert number(till.paid("26.00", card)) == "2026-000002"
    assert number(till.top_up(later["id"])) == "2027-000001"
    documents(till)


def test_a_receipt_that_is_swept_after_a_move_keeps_its_year(till: Till) -> None:
    at(till, 2026, 12, 31, 23, 30)
    with wired(till.world.stack) as wire, wire.interfering(throttle_documents):
        payment = till.paid("25.00", till.card())
    move(till, "Pacific/Kiritimati")
    till.sweep(minutes=2)
    assert number(till.top_up(payment["id"])) == "2026-000001"
    assert "December 31, 2026" in shown(till, payment["id"], language="en").text


def test_the_year_of_a_note_is_that_of_its_reversal(till: Till) -> None:
    move(till, "America/New_York")
    at(till, 2026, 12, 31, 20, 0)
    charge = paid(till, "86.96")
    for moment in ((2027, 1, 1, 4, 59, 59), (2027, 1, 1, 5, 0, 0)):
        at(till, *moment)
        refund(till, charge, 1_000)
        till.call_all_back()
    assert documents(till) == ["CREDIT_NOTE#2026#000001", "CREDIT_NOTE#2027#000001", "RECEIPT#2026#000001"]
    assert shown(till, only_top_up(till), credit_note="2027-000001").status == 200


def test_eight_payments_at_once_have_numbers_without_a_gap(till: Till) -> None:
    till.world.operate("PUT", f"/accounts/{ACCOUNT}", {"limits": {"daily_top_up": "5000.00"}})
    card = till.card()
    at_once(*[lambda key=f"k_{one}": till.pay("20.00", card, key=key) for one in range(8)])
    for _ in range(4):
        till.sweep(minutes=2)
    assert len(documents(till)) == len(till.charged())


def test_refunds_callbacks_and_sweeps_at_once_have_one_note_each(till: Till) -> None:
    charge = paid(till, "86.96")
    for cents in (1_000, 1_000, 500):
        refund(till, charge, cents)
    events = till.stand_in.take_events()
    sweep = sample_event("reconcile_payments")
    at_once(
        *[lambda event=event: till.call_back(event) for event in events],
        lambda: refund_at_desk(till.world, only_top_up(till), "10.00"),
        lambda: till.world.stack.invoke("reconcile_payments", sweep),
    )
    till.call_all_back()
    for _ in range(3):
        till.sweep(minutes=3)
    documents(till)
    assert till.world.balance() == 86_960_000 - 30_440_000
    till.prove(hours=30)
    assert till.world.stack.items_named("ISSUE") == []


def test_hostile_names_are_text(till: Till) -> None:
    address = NEW_YORK | {"line1": HOSTILE, "line2": HOSTILE, "city": HOSTILE, "postal_code": "<b>1</b>"}
    body = {"legal_name": HOSTILE, "address": address, "po_number": "<img src=x onerror=1>"}
    assert till.world.ask("change_settings", "PUT", "/billing-details", body).status == 200
    refund(till, paid(till), 5_000)
    till.call_all_back()
    for note in (None, "2026-000001"):
        page = shown(till, only_top_up(till), credit_note=note)
        assert page.status == 200
        assert page.text.count("&lt;script&gt;") >= 7, "seller and buyer are named"
        assert not [tag for tag in ("<script", "<img", "<b>") if tag in page.text]


@pytest.mark.parametrize(
    "note", ["2026-1", "2026-000002", "2", "-1", "\u0661", "2026#000001", "x" * 5_000, "2026-000001\n"]
)
def test_a_number_that_no_note_has_is_not_found(till: Till, note: str) -> None:
    refund(till, paid(till), 5_000)
    till.call_all_back()
    refused = shown(till, only_top_up(till), credit_note=note)
    assert (refused.status, refused.code) == (404, "no_receipt")


@pytest.mark.parametrize("state", ["frozen", "closed"])
def test_receipts_of_a_frozen_or_closed_account_are_shown(till: Till, state: str) -> None:
    paid(till)
    if state == "frozen":
        assert till.world.operate("PUT", f"/accounts/{ACCOUNT}", {"frozen": True}).status == 200
    else:
        till.closed_before()
    assert shown(till, only_top_up(till)).status == 200
