"""Staff refund a payment through Stripe: the credit is held first, and the reversal releases the hold."""

from typing import Any

import pytest

from local.stripe_stand_in.controls import Controls
from tests.functions.accounts_bench import at_once
from tests.functions.moves_bench import CLIENT, changes, left_of, refund
from tests.functions.reversals_bench import balance, dispute, paid, reversals
from tests.functions.reversals_bench import refund as refund_at_stripe
from tests.harness.cards import VISA
from tests.harness.till import Till

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]

REFUNDS = "POST /v1/refunds"


@pytest.fixture
def topup(till: Till) -> str:
    """The id of a payment of 100.00."""
    paid(till)
    [item] = till.top_ups()
    return str(item["topup_id"])


def stored(till: Till) -> list[tuple[str, int]]:
    """Status and amount in cents of the stored refunds."""
    return [(item["status"], item["amount_micros"] // 10_000) for item in till.world.of_kind("REFUND")]


def held(till: Till) -> int:
    """The held credit in cents."""
    [item] = till.world.of_kind("BALANCE")
    return int(item["held_micros"]) // 10_000


def cents_refunded(till: Till) -> list[int]:
    """The cents of the refunds at Stripe that did not fail."""
    return [one["amount"] for one in till.objects("refund") if one["status"] != "failed"]


def test_a_refund_is_made_at_stripe_and_takes_its_credit_once(till: Till, topup: str) -> None:
    answer = refund(till.world, topup)
    assert answer.status == 201, answer.text
    assert answer.body == {
        "id": answer.body["id"],
        "top_up_id": topup,
        "amount": "10.00",
        "status": "refunded",
        "balance": "90.00",
    }
    till.call_all_back()
    assert (balance(till), reversals(till), held(till)) == (9_000, [-10_000_000], 0)
    assert (stored(till), cents_refunded(till)) == ([("refunded", 1_000)], [1_000])
    assert {name for name, _ in changes(till.world)} >= {"refund_started", "refund_made"}
    [made] = till.objects("refund")
    assert made["metadata"]["refund_id"] == answer.body["id"]
    assert till.wire.posts("/refunds")[-1].key == f"refund:{answer.body['id']}"
    assert left_of(till.world) == [90_000_000]


def test_a_repeated_refund_answers_the_same_and_refunds_nothing(till: Till, topup: str) -> None:
    first = refund(till.world, topup)
    after = till.everything()
    assert refund(till.world, topup).body == first.body
    assert refund(till.world, topup, "10.01").code == "idempotency_key_reused"
    assert refund(till.world, topup, body={"override": True}).code == "idempotency_key_reused"
    assert till.everything() == after


def test_refunds_of_one_key_at_once_are_one(till: Till, topup: str) -> None:
    answers = at_once(*[lambda: refund(till.world, topup)] * 3)
    assert {answer.status for answer in answers} == {201}
    till.call_all_back()
    assert (balance(till), cents_refunded(till)) == (9_000, [1_000])


def test_refunds_at_once_never_exceed_the_payment(till: Till, topup: str) -> None:
    till.world.adjust("100.00", "more")
    answers = at_once(*[lambda key=f"k_{at}": refund(till.world, topup, "45.00", key=key) for at in range(3)])
    assert sorted(answer.status for answer in answers) in ([201, 201, 202], [201, 201, 422])
    till.call_all_back()
    assert (balance(till), sum(cents_refunded(till))) == (11_000, 9_000)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount": "0.001"}, "invalid_amount"),
        ({"amount": "0"}, "amount_out_of_range"),
        ({"amount": 1}, "invalid_amount"),
        ({"amount": "100.01"}, "amount_out_of_range"),
        ({"override": "yes"}, "invalid_field"),
        ({"suspend_recharge": 1}, "invalid_field"),
        ({"reason": " "}, "invalid_field"),
    ],
)
def test_an_invalid_refund_asks_stripe_nothing(till: Till, topup: str, change: dict[str, Any], code: str) -> None:
    before = till.everything()
    assert refund(till.world, topup, body=change).code == code
    assert till.everything() == before


def test_an_unknown_or_unpaid_payment_is_not_refunded(till: Till, topup: str) -> None:
    assert refund(till.world, f"tu_{'0' * 32}").code == "unknown_top_up"
    assert refund(till.world, "tu_x").code == "unknown_top_up"
    assert refund(till.world, topup, account="acct_9").code == "unknown_top_up"
    waiting = till.left_open()
    assert refund(till.world, waiting).code == "top_up_not_paid"
    assert till.objects("refund") == []


def test_a_payment_has_left_what_was_not_refunded_or_disputed(till: Till, topup: str) -> None:
    charge = till.intent_of(topup)["latest_charge"]
    refund_at_stripe(till, charge, 3_000)
    till.call_all_back()
    answer = refund(till.world, topup, "70.01")
    assert answer.code == "amount_out_of_range"
    assert "70.00" in answer.text
    assert refund(till.world, topup, "70.00").status == 201
    assert (balance(till), held(till)) == (0, 0)


def test_spent_credit_is_refunded_only_with_override(till: Till, topup: str) -> None:
    till.world.adjust("-95.00", "spent")
    before = till.everything()
    answer = refund(till.world, topup)
    assert answer.code == "insufficient_credit"
    assert "5.00" in answer.text
    assert refund(till.world, topup, body={"override": True}, **CLIENT).code == "staff_required"
    assert till.everything() == before
    assert refund(till.world, topup, body={"override": True}).status == 201
    assert (balance(till), held(till)) == (-500, 0)


def test_a_refusal_of_stripe_releases_the_hold_and_the_day(till: Till, topup: str) -> None:
    till.fault("refused", REFUNDS, code="charge_disputed", status=400)
    answer = refund(till.world, topup)
    assert answer.code == "refund_refused"
    assert (balance(till), held(till), stored(till)) == (10_000, 0, [("failed", 1_000)])
    assert left_of(till.world) == [100_000_000]
    assert refund(till.world, topup).code == "refund_refused"
    assert refund(till.world, topup, key="k_2").status == 201


@pytest.mark.parametrize("fault", ["dropped", "answer_lost"])
def test_a_refund_without_an_answer_holds_its_credit_until_the_sweep(till: Till, topup: str, fault: str) -> None:
    till.fault(fault, REFUNDS)
    answer = refund(till.world, topup)
    assert (answer.status, answer.body["status"]) == (201, "processing")
    assert (balance(till), held(till), stored(till)) == (10_000, 1_000, [("asking", 1_000)])
    till.sweep(minutes=3)
    assert (balance(till), held(till), stored(till)) == (9_000, 0, [("refunded", 1_000)])
    assert cents_refunded(till) == [1_000]


def test_an_event_of_stripe_alone_releases_the_hold(till: Till, topup: str) -> None:
    till.fault("answer_lost", REFUNDS)
    refund(till.world, topup)
    till.call_all_back()
    assert (balance(till), held(till), stored(till)) == (9_000, 0, [("refunded", 1_000)])


def test_a_refund_that_stripe_never_makes_ends_after_a_day(till: Till, topup: str) -> None:
    till.fault("dropped", REFUNDS, count=10_000)
    refund(till.world, topup)
    for _ in range(30):
        till.sweep(hours=1)
    assert (balance(till), held(till), stored(till)) == (10_000, 0, [("failed", 1_000)])
    till.all_well()
    till.sweep(hours=1)
    assert till.objects("refund") == []


def test_a_refund_that_the_bank_returns_gives_the_credit_back(till: Till, topup: str) -> None:
    refund(till.world, topup)
    [made] = till.objects("refund")
    Controls(till.stand_in).fail_refund(made["id"])
    till.call_all_back()
    assert (balance(till), held(till), stored(till)) == (10_000, 0, [("failed", 1_000)])
    assert reversals(till) == [-10_000_000, 10_000_000]
    assert refund(till.world, topup).body["status"] == "failed"


def test_a_refund_after_a_dispute_is_refused_by_stripe_and_takes_nothing(till: Till, topup: str) -> None:
    charge = till.intent_of(topup)["latest_charge"]
    dispute(till, charge, 10_000)
    answer = refund(till.world, topup)
    assert answer.code == "refund_refused"
    till.call_all_back()
    assert (balance(till), held(till)) == (0, 0)


def test_a_refund_of_a_recharge_suspends_the_rule(till: Till) -> None:
    till.set_rule(till.card(VISA))
    till.stream()
    [topup] = till.top_ups()
    assert refund(till.world, topup["topup_id"]).status == 201
    assert till.shown_rule()["reason"] == "payment_refunded"


def test_a_refund_suspends_the_rule_if_staff_ask_for_it(till: Till, topup: str) -> None:
    till.set_rule(till.card(VISA))
    assert refund(till.world, topup, "1.00").status == 201
    assert till.shown_rule()["reason"] is None
    assert refund(till.world, topup, "1.00", key="k_2", body={"suspend_recharge": True}).status == 201
    assert till.shown_rule()["reason"] == "payment_refunded"


def test_held_refunds_prove(till: Till, topup: str) -> None:
    till.fault("dropped", REFUNDS)
    refund(till.world, topup)
    assert held(till) == 1_000
    proof = till.prove()
    assert proof["differences"] == 0, proof
