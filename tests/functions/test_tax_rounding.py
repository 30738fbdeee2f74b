"""The tax of any rate and amount is half up to the cent, and parts of a payment that go back add up to its credit."""

from decimal import ROUND_HALF_UP, Decimal

import pytest

from local.stripe_stand_in.controls import Controls
from tests.functions.moves_bench import refund as refund_at_desk
from tests.functions.reversals_bench import balance, dispute, paid, refund
from tests.functions.tax_bench import HEADER, amounts, enter, publish, turn_on
from tests.functions.test_receipts import documents, only_top_up
from tests.harness.till import Till

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]
CENT = Decimal("0.01")


@pytest.fixture(autouse=True)
def taxed(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stack that taxes payments, and an account in New York."""
    turn_on(monkeypatch, till)
    assert enter(till).status == 200


def charge(till: Till, percent: str, amount: str = "86.96") -> str:
    """The charge of a payment that is taxed at this rate."""
    publish(till, f"{HEADER}US,*,{percent},2026-01-01\n")
    return paid(till, amount)


def noted(till: Till) -> Decimal:
    """The total of all credit notes of the one payment."""
    return sum((Decimal(note["amount"]) for note in till.top_up(only_top_up(till))["credit_notes"]), Decimal(0))


@pytest.mark.parametrize("percent", ["0", "0.0001", "0.1", "5", "8.875", "9.975", "20.5", "99.9999", "100"])
def test_the_card_pays_the_tax_half_up_to_the_cent(till: Till, percent: str) -> None:
    publish(till, f"{HEADER}US,*,{percent},2026-01-01\n")
    card, totals = till.card(), []
    for amount in ("5.00", "5.05", "9.99", "33.33"):
        tax = (Decimal(amount) * Decimal(percent) / 100).quantize(CENT, ROUND_HALF_UP)
        totals.append(Decimal(amount) + tax)
        assert amounts(till.paid(amount, card)) == (amount, str(tax), str(totals[-1]))
    assert till.charged() == [int(total * 100) for total in totals]
    till.check()
    assert len(documents(till)) == 4


@pytest.mark.parametrize("percent", ["0", "0.3", "15", "20.5", "100"])
@pytest.mark.parametrize("parts", [(1, 1, 1, 1, 1), (100, 57, 13), (250, 250), (501,)])
def test_parts_that_go_back_add_up_to_the_credit(till: Till, percent: str, parts: tuple[int, ...]) -> None:
    payment = charge(till, percent, "5.01")
    gross = int(Decimal(till.top_up(only_top_up(till))["total"]) * 100)
    gone = 0
    for cents in (*parts, gross - sum(parts)):
        if cents:
            refund(till, payment, cents)
            till.call_all_back()
            gone += cents
            share = (Decimal(501) * gone / gross).quantize(Decimal(1), ROUND_HALF_UP)
            assert balance(till) == 501 - int(share), f"{gone} of {gross}"
    assert (balance(till), int(noted(till) * 100)) == (0, gross)
    documents(till)
    till.prove(hours=30)
    assert till.world.stack.items_named("ISSUE") == []


def test_refunds_and_disputes_in_turn_take_and_return_their_share(till: Till) -> None:
    payment, controls = charge(till, "15"), Controls(till.stand_in)
    failing = refund(till, payment, 5_000)
    till.call_all_back()
    assert balance(till) == 4_348
    controls.fail_refund(failing)
    till.call_all_back()
    assert balance(till) == 8_696
    refund(till, payment, 2_500)
    till.call_all_back()
    assert balance(till) == 6_522
    disputed = dispute(till, payment, 7_500)
    till.call_all_back()
    assert balance(till) == 0
    controls.win_dispute(disputed)
    till.call_all_back()
    notes = [note["amount"] for note in till.top_up(only_top_up(till))["credit_notes"]]
    assert (balance(till), notes) == (6_522, ["50.00", "-50.00", "25.00", "75.00", "-75.00"])
    documents(till)


def test_a_refund_after_a_dispute_takes_nothing_twice(till: Till) -> None:
    payment, controls = charge(till, "15"), Controls(till.stand_in)
    disputed = dispute(till, payment, 10_000)
    till.call_all_back()
    controls.refund_disputed(payment, 3_333)
    till.call_all_back()
    controls.lose_dispute(disputed)
    till.call_all_back()
    assert (balance(till), noted(till)) == (0, Decimal("100.00"))
    documents(till)


def test_refunds_at_the_desk_and_at_stripe_share_one_payment(till: Till) -> None:
    payment = charge(till, "15")
    topup_id = only_top_up(till)
    assert refund_at_desk(till.world, topup_id, "33.33").status == 201
    refund(till, payment, 3_333)
    till.call_all_back()
    assert refund_at_desk(till.world, topup_id, "33.35", key="k_2").code == "amount_out_of_range"
    assert refund_at_desk(till.world, topup_id, "33.34", key="k_3").status == 201
    till.call_all_back()
    assert (balance(till), noted(till)) == (0, Decimal("100.00"))
    documents(till)


def test_a_refund_before_its_payment_was_credited_takes_its_share(till: Till) -> None:
    publish(till, f"{HEADER}US,*,15,2026-01-01\n")
    till.left_open(amount="86.96")
    [payment] = till.objects("charge")
    refund(till, payment["id"], 5_000)
    for _ in range(2):
        till.call_all_back()
        till.sweep(minutes=5)
    assert (balance(till), noted(till)) == (4_348, Decimal("50.00"))
    documents(till)
