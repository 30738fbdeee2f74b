"""Each settled payment has a receipt, and each reversal a credit note, also if a step fails."""

from datetime import UTC, datetime
from typing import Any

import pytest

from calling_credit.config import config
from calling_credit.receipts.issuing import issue_documents
from calling_credit.topups.store import TopUpStore
from local.stripe_stand_in.controls import Controls
from tests.functions.moves_bench import refund as refund_at_desk
from tests.functions.reversals_bench import balance, dispute, paid, refund, reversals
from tests.functions.tax_bench import enter, turn_on
from tests.harness.cards import VISA
from tests.harness.http import Answer
from tests.harness.threads import at_once
from tests.harness.till import ACCOUNT, Till
from tests.harness.wire import Pass, Sent, refusal, wired
from tests.laws.receipt_checks import charged_by, law_15_each_payment_has_its_documents

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]


def documents(till: Till, *, is_at_rest: bool = True) -> list[str]:
    """The sort keys of all documents of the account, which law 15 checks."""
    charged = charged_by(till.objects("payment_intent"))
    stored = till.world.stack.stored_items(ACCOUNT)
    return sorted(law_15_each_payment_has_its_documents(stored, charged, is_at_rest=is_at_rest))


def shown(till: Till, topup_id: str, **query: Any) -> Answer:
    """GET the page of a receipt or a credit note, as a member."""
    return till.world.get(f"/top-ups/{topup_id}/receipt", **query)


def only_top_up(till: Till) -> str:
    """The id of the one payment."""
    [item] = till.top_ups()
    return str(item["topup_id"])


def throttle_documents(sent: Sent, passed: Pass) -> Any:
    """Let no document be issued, as a throttling table does."""
    written = {sort_key.split("#")[0] for _, sort_key in sent.keys()}  # noqa: SIM118 It is a method of Sent.
    is_of_document = not written.isdisjoint({"RECEIPTS", "CREDIT_NOTES"})
    return refusal(400, "ThrottlingException") if is_of_document else passed()


# --- Issuing ----------------------------------------------------------------------------------------------------------


def test_a_payment_is_answered_with_its_receipt(till: Till) -> None:
    payment = till.paid("25.00", till.card(VISA))
    url = f"/top-ups/{payment['id']}/receipt"
    assert payment["receipt"] == {"number": "2026-000001", "url": url}
    assert till.top_up(payment["id"])["credit_notes"] == []
    second = till.paid("30.00", till.card(VISA))
    assert second["receipt"]["number"] == "2026-000002"
    assert documents(till) == ["RECEIPT#2026#000001", "RECEIPT#2026#000002"]


def test_a_recharge_has_a_receipt(till: Till) -> None:
    till.set_rule(till.card(VISA))
    till.stream()
    till.world.adjust("12.00", "start")
    till.world.deliver({})
    till.stream()
    assert len(documents(till)) == len(till.charged())


def test_receipts_of_payments_at_once_have_no_gap(till: Till) -> None:
    card = till.card(VISA)
    at_once(*[lambda key=f"k_{at}": till.pay("20.00", card, key=key) for at in range(3)])
    till.sweep(minutes=2)
    till.sweep(minutes=2)
    assert len(documents(till)) == len(till.charged())


def test_a_document_is_issued_once_by_two_processes_at_once(till: Till) -> None:
    topup_id = mark_as_due(till)
    stack = till.world.stack
    topup = TopUpStore(stack.dynamodb, stack.table_name).read(ACCOUNT, topup_id)
    assert topup is not None
    at_once(*[lambda: issue_documents(stack.dynamodb, stack.table_name, topup, till.world.clock.now)] * 3)
    assert documents(till) == ["RECEIPT#2026#000001"]


def mark_as_due(till: Till) -> str:
    """The id of a credited payment whose receipt is due, because the table throttled its transaction."""
    with wired(till.world.stack) as wire, wire.interfering(throttle_documents):
        payment = till.paid("25.00", till.card(VISA))
    assert payment["status"] == "succeeded"
    assert payment["receipt"] is None
    return str(payment["id"])


def test_a_receipt_that_cannot_be_issued_leaves_the_credit_and_is_swept(till: Till) -> None:
    topup_id = mark_as_due(till)
    assert (balance(till), documents(till, is_at_rest=False)) == (2_500, [])
    assert (shown(till, topup_id).status, shown(till, topup_id).code) == (404, "no_receipt")
    till.sweep(minutes=2)
    assert documents(till) == ["RECEIPT#2026#000001"]
    assert shown(till, topup_id).status == 200


def test_a_receipt_is_of_the_year_of_its_account(till: Till) -> None:
    till.world.operate("PUT", f"/accounts/{ACCOUNT}", {"time_zone": "America/New_York"})
    card = till.card(VISA)
    till.world.clock.now = datetime(2027, 1, 1, 4, 59, tzinfo=UTC)
    till.paid("25.00", card)
    till.world.clock.now = datetime(2027, 1, 1, 5, 0, tzinfo=UTC)
    till.paid("30.00", card)
    assert documents(till) == ["RECEIPT#2026#000001", "RECEIPT#2027#000001"]


def test_a_receipt_swept_in_the_next_year_belongs_to_its_own(till: Till) -> None:
    till.world.clock.now = datetime(2026, 12, 31, 23, 59, 30, tzinfo=UTC)
    mark_as_due(till)
    till.sweep(minutes=5)
    assert documents(till) == ["RECEIPT#2026#000001"]


# --- Reversals --------------------------------------------------------------------------------------------------------


def taxed(till: Till, monkeypatch: pytest.MonkeyPatch, amount: str = "86.96") -> str:
    """The charge of a payment with 15 percent of tax."""
    turn_on(monkeypatch, till)
    assert enter(till, po_number="PO-7").status == 200
    return paid(till, amount)


def test_refunds_of_a_taxed_payment_take_back_their_share(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    charge = taxed(till, monkeypatch)
    for _ in range(2):
        refund(till, charge, 5_000)
        till.call_all_back()
    assert (reversals(till), balance(till)) == ([-43_480_000] * 2, 0)
    assert documents(till) == ["CREDIT_NOTE#2026#000001", "CREDIT_NOTE#2026#000002", "RECEIPT#2026#000001"]
    notes = till.top_up(only_top_up(till))["credit_notes"]
    assert [(note["number"], note["amount"]) for note in notes] == [("2026-000001", "50.00"), ("2026-000002", "50.00")]
    till.prove(hours=30)


def test_a_dispute_of_a_taxed_payment_takes_back_its_share(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    charge = taxed(till, monkeypatch)
    refund(till, charge, 5_000)
    till.call_all_back()
    dispute(till, charge, 5_000)
    till.call_all_back()
    assert (reversals(till), balance(till)) == ([-43_480_000] * 2, 0)
    causes = [item["cause"] for item in till.world.of_kind("CREDIT_NOTE")]
    assert causes == ["refund", "dispute"]


def test_a_failed_refund_has_a_debit_note(till: Till) -> None:
    charge = paid(till)
    failing = refund(till, charge, 5_000)
    till.call_all_back()
    Controls(till.stand_in).fail_refund(failing)
    till.call_all_back()
    notes = till.top_up(only_top_up(till))["credit_notes"]
    assert [note["amount"] for note in notes] == ["50.00", "-50.00"]
    page = shown(till, only_top_up(till), credit_note="2026-000002", language="en")
    assert "Debit note 2026-000002" in page.text
    assert documents(till) != []


def test_a_note_that_cannot_be_issued_is_swept_after_its_receipt(till: Till) -> None:
    with wired(till.world.stack) as wire, wire.interfering(throttle_documents):
        charge = paid(till)
        refund(till, charge, 5_000)
        till.call_all_back()
    assert (balance(till), documents(till, is_at_rest=False)) == (5_000, [])
    till.sweep(minutes=2)
    assert documents(till) == ["CREDIT_NOTE#2026#000001", "RECEIPT#2026#000001"]
    [note] = till.world.of_kind("CREDIT_NOTE")
    assert note["receipt"] == "2026#000001"


def test_staff_refund_what_the_card_paid_and_hold_its_credit(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    taxed(till, monkeypatch)
    topup_id = only_top_up(till)
    till.fault("answer_lost", "POST /v1/refunds", count=5)
    answer = refund_at_desk(till.world, topup_id, "50.00")
    [stored] = till.world.of_kind("BALANCE")
    assert (answer.status, answer.body["amount"], stored["held_micros"]) == (201, "50.00", 43_480_000)
    till.all_well()
    till.call_all_back()
    [stored] = till.world.of_kind("BALANCE")
    assert (balance(till), stored["held_micros"], stored["available_micros"]) == (4_348, 0, 43_480_000)
    assert [one["amount"] for one in till.objects("refund")] == [5_000]
    assert refund_at_desk(till.world, topup_id, "50.01", key="k_2").code == "amount_out_of_range"
    assert refund_at_desk(till.world, topup_id, "50.00", key="k_3").status == 201
    till.call_all_back()
    assert (balance(till), len(documents(till))) == (0, 3)


# --- The page ---------------------------------------------------------------------------------------------------------


def test_a_member_prints_the_receipt_of_the_own_account_alone(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    taxed(till, monkeypatch)
    topup_id = only_top_up(till)
    page = shown(till, topup_id)
    assert page.status == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for text in ("Receipt 2026-000001", "Meridian Ltd", "PO-7", "$86.96", "Tax (15%)", "$13.04", "$100.00", "Visa"):
        assert text in page.text
    assert "Reçu 2026-000001" in shown(till, topup_id, language="fr").text
    till.world.create_account("acct_2")
    assert shown(till, topup_id, account="acct_2").code == "unknown_top_up"
    assert shown(till, topup_id, credit_note="2026-000001").code == "no_receipt"


def test_later_details_leave_an_issued_receipt_alone(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    taxed(till, monkeypatch)
    before = shown(till, only_top_up(till)).text
    assert enter(till, legal_name="Another Name").status == 200
    monkeypatch.setenv("SELLER_NAME", "Another Seller")
    config.cache_clear()
    assert shown(till, only_top_up(till)).text == before


def test_a_payment_of_an_earlier_release_has_no_receipt(till: Till) -> None:
    payment = till.paid("25.00", till.card(VISA))
    stack = till.world.stack
    key = {"PK": {"S": f"ACCOUNT#{ACCOUNT}"}, "SK": {"S": f"TOPUP#{payment['id']}"}}
    stack.dynamodb.update_item(TableName=stack.table_name, Key=key, UpdateExpression="REMOVE receipt")
    till.sweep(minutes=2)
    assert till.top_up(payment["id"])["receipt"] is None
    assert shown(till, payment["id"]).code == "no_receipt"
