"""Taxed payments while an earlier release, which counts credit only, works on them, as docs/upgrade.md says."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from calling_credit.topups.topup import TopUp
from tests.functions.reversals_bench import balance
from tests.functions.tax_bench import enter, turn_on
from tests.functions.test_receipts import documents, only_top_up
from tests.harness.callbacks import issues
from tests.harness.cards import VISA
from tests.harness.till import CONFIRM, RETRIEVE, Till

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]


@contextmanager
def earlier_release() -> Iterator[None]:
    """Compare Stripe's amount with the credit, as a release without tax does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TopUp, "gross_micros", property(lambda topup: topup.amount_micros))
        yield


def test_a_taxed_payment_waits_for_the_release_that_knows_its_tax(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    turn_on(monkeypatch, till)
    assert enter(till).status == 200
    card = till.card(VISA)
    till.fault("answer_lost", CONFIRM, count=2)
    till.fault("dropped", RETRIEVE, count=2)
    assert till.paid("86.96", card)["status"] == "processing"
    till.all_well()
    with earlier_release():
        till.call_all_back()
        till.sweep(minutes=10)
    assert (balance(till), documents(till, is_at_rest=False)) == (0, [])
    assert [code for _, code, _ in issues(till)] == ["amount_mismatch"]
    till.sweep(hours=2)
    assert (balance(till), till.status_of(only_top_up(till))) == (8_696, "succeeded")
    assert documents(till) == ["RECEIPT#2026#000001"]
