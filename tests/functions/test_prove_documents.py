"""The nightly proof finds receipts that are late, missing, or changed, and repairs nothing."""

import pytest

from calling_credit.audit.nightly_proof import Task
from tests.functions.proof_bench import NOTHING_WRONG, codes
from tests.functions.reversals_bench import paid, refund
from tests.functions.test_prove_ledger import delete
from tests.functions.test_receipts import throttle_documents
from tests.harness.cards import VISA
from tests.harness.proofs import Nights
from tests.harness.till import Till
from tests.harness.wire import wired

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]


def test_documents_of_payments_and_refunds_are_proven(till: Till) -> None:
    refund(till, paid(till), 5_000)
    till.call_all_back()
    assert till.prove(hours=1) == {"payments": 1, "accounts": 1, **NOTHING_WRONG}


def test_a_missing_receipt_is_found(till: Till) -> None:
    paid(till)
    delete(till, till.world.of_kind("RECEIPT")[0])
    till.prove(hours=1)
    assert codes(till) == ["document_is_not_what_its_payment_says", "numbers_of_documents_have_a_gap"]


def test_a_late_receipt_is_found_in_any_night(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    with wired(till.world.stack) as wire, wire.interfering(throttle_documents):
        till.paid("25.00", till.card(VISA))
    monkeypatch.setattr(Task, "is_full", property(lambda _: False))
    till.later(hours=1)
    Nights(till.world.stack).night()
    till.later(days=1)
    Nights(till.world.stack).night()
    assert codes(till) == ["document_not_issued"]
