"""Refunds at the desk, attacked: beside disputes, dashboards, and each other, and with every answer of Stripe."""

from typing import Any

import pytest

from local.stripe_stand_in.controls import Controls
from tests.functions.accounts_bench import at_once
from tests.functions.moves_bench import FEMI, GRACE, approve, changes, left_of, refund
from tests.functions.reversals_bench import balance, dispute, paid, reversals
from tests.functions.reversals_bench import refund as refund_at_stripe
from tests.functions.test_desk_refunds import REFUNDS, cents_refunded, held, stored
from tests.harness.cards import VISA
from tests.harness.till import Till

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]


@pytest.fixture
def topup(till: Till) -> str:
    """The id of a payment of 100.00."""
    paid(till)
    [item] = till.top_ups()
    return str(item["topup_id"])


def charge_of(till: Till, topup: str) -> str:
    """The charge of a payment."""
    return str(till.intent_of(topup)["latest_charge"])


def proves(till: Till) -> None:
    """Check that the proof finds no difference."""
    proof = till.prove()
    assert proof["differences"] == 0, proof


@pytest.mark.parametrize("fault", ["rate_limited", "lock_timeout", "slow", "answer_lost", "dropped"])
def test_an_answer_that_says_nothing_keeps_the_credit_held(till: Till, topup: str, fault: str) -> None:
    till.fault(fault, REFUNDS)
    assert refund(till.world, topup).status == 201
    held_before = held(till)
    proves(till)
    till.sweep(minutes=3)
    till.call_all_back()
    assert held_before == (0 if fault == "slow" else 1_000)
    assert (balance(till), held(till), cents_refunded(till)) == (9_000, 0, [1_000])
    assert left_of(till.world) == [90_000_000]
    proves(till)


def test_a_refused_key_of_stripe_keeps_the_credit_held(till: Till, topup: str) -> None:
    till.fault("refused", REFUNDS, code="", status=401)
    answer = refund(till.world, topup)
    assert (answer.status, answer.body["status"], held(till)) == (201, "processing", 1_000)


def test_a_refund_that_stripe_faults_is_released_after_a_day(till: Till, topup: str) -> None:
    till.fault("error_500", REFUNDS)
    assert refund(till.world, topup).body["status"] == "processing"
    for _ in range(23):
        till.sweep(hours=1)
        assert held(till) == 1_000
    till.sweep(hours=2)
    assert (balance(till), held(till), stored(till)) == (10_000, 0, [("failed", 1_000)])
    assert left_of(till.world) == [100_000_000]
    proves(till)


def test_a_refund_that_was_made_before_a_fault_is_found(till: Till, topup: str) -> None:
    till.fault("error_500_after", REFUNDS)
    assert refund(till.world, topup).body["status"] == "processing"
    assert held(till) == 1_000
    till.sweep(minutes=3)
    assert (balance(till), held(till), cents_refunded(till)) == (9_000, 0, [1_000])


def test_a_refund_of_another_accounts_payment_is_unknown(till: Till, topup: str) -> None:
    till.world.create_account("acct_2")
    till.world.adjust("100.00", "opening", "acct_2")
    before = till.everything()
    assert refund(till.world, topup, account="acct_2").code == "unknown_top_up"
    assert till.everything() == before


@pytest.mark.parametrize("status", ["created", "requires_action", "failed", "canceled", "processing", "confirming"])
def test_a_payment_that_was_not_paid_is_not_refunded(till: Till, topup: str, status: str) -> None:
    stack = till.world.stack
    stack.dynamodb.update_item(
        TableName=stack.table_name,
        Key={"PK": {"S": "ACCOUNT#acct_1"}, "SK": {"S": f"TOPUP#{topup}"}},
        UpdateExpression="SET #status = :status",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":status": {"S": status}},
    )
    before = till.everything()
    assert refund(till.world, topup).code == "top_up_not_paid"
    assert till.everything() == before


def test_a_refund_and_one_in_the_dashboard_add_up(till: Till, topup: str) -> None:
    assert refund(till.world, topup, "60.00").status == 201
    refund_at_stripe(till, charge_of(till, topup), 4_000)
    till.call_all_back()
    assert (balance(till), held(till), sum(cents_refunded(till))) == (0, 0, 10_000)
    assert refund(till.world, topup, "0.01", key="k_2").code == "amount_out_of_range"
    proves(till)


def test_a_dashboard_refund_without_a_callback_leaves_less(till: Till, topup: str) -> None:
    refund_at_stripe(till, charge_of(till, topup), 9_500)
    assert refund(till.world, topup).code == "refund_refused"
    till.call_all_back()
    assert (balance(till), held(till), left_of(till.world)) == (500, 0, [100_000_000])
    proves(till)


def test_a_dispute_between_a_refund_and_its_answer_takes_credit_once(till: Till, topup: str) -> None:
    till.fault("answer_lost", REFUNDS)
    assert refund(till.world, topup, "30.00").body["status"] == "processing"
    dispute(till, charge_of(till, topup), 7_000)
    till.call_all_back()
    assert (balance(till), held(till), stored(till)) == (0, 0, [("refunded", 3_000)])
    proves(till)


def test_a_full_dispute_beside_a_refund_never_takes_more_than_paid(till: Till, topup: str) -> None:
    till.fault("dropped", REFUNDS)
    assert refund(till.world, topup, "30.00").body["status"] == "processing"
    dispute(till, charge_of(till, topup), 10_000)
    till.call_all_back()
    assert (balance(till), held(till)) == (0, 3_000)
    till.sweep(minutes=3)
    assert (balance(till), held(till), stored(till)) == (0, 0, [("failed", 3_000)])
    assert left_of(till.world) == [100_000_000]
    proves(till)


def test_refunds_at_once_of_several_people_never_exceed_the_payment(till: Till, topup: str) -> None:
    till.world.adjust("300.00", "more")
    people = [FEMI, GRACE, {"sub": "staff-3"}]
    answers = at_once(
        *[
            lambda one=one, at=at: refund(till.world, topup, "60.00", key=f"k_{at}", **one)
            for at, one in enumerate(people)
        ]
    )
    assert sorted(answer.status for answer in answers) == [201, 422, 422]
    till.call_all_back()
    assert (balance(till), cents_refunded(till)) == (34_000, [6_000])


def test_refunds_at_once_never_exceed_the_available_credit(till: Till, topup: str) -> None:
    till.world.adjust("-50.00", "spent")
    people = [FEMI, GRACE]
    answers = at_once(
        *[
            lambda one=one, at=at: refund(till.world, topup, "40.00", key=f"k_{at}", **one)
            for at, one in enumerate(people)
        ]
    )
    assert sorted(answer.status for answer in answers) == [201, 409]
    assert (balance(till), held(till)) == (1_000, 0)


def test_many_refunds_without_an_answer_all_end(till: Till, topup: str) -> None:
    till.fault("answer_lost", REFUNDS, count=60)
    for number in range(60):
        assert refund(till.world, topup, "1.00", key=f"k_{number}").body["status"] == "processing"
    assert (balance(till), held(till)) == (10_000, 6_000)
    till.call_all_back()
    assert (balance(till), held(till)) == (4_000, 0)
    assert stored(till) == [("refunded", 100)] * 60
    proves(till)


def test_an_approved_refund_that_stripe_refuses_returns_everything(till: Till) -> None:
    topup = till.paid("150.00", till.card(VISA))["id"]
    waiting = refund(till.world, topup, "140.00")
    assert waiting.status == 202
    till.fault("refused", REFUNDS, code="charge_disputed", status=400)
    for _ in range(2):
        assert approve(till.world, waiting.body["id"]).code == "refund_refused"
    assert (held(till), left_of(till.world), cents_refunded(till)) == (0, [100_000_000], [])
    assert refund(till.world, topup, "140.00").code == "refund_refused"


def test_an_approved_refund_of_a_refunded_payment_is_refused(till: Till, topup: str) -> None:
    till.world.desk("POST", "/accounts/acct_1/adjustments", {"amount": "100.00", "reason": "x"}, key="first", **FEMI)
    waiting = refund(till.world, topup, "50.00")
    refund_at_stripe(till, charge_of(till, topup), 6_000)
    till.call_all_back()
    before = till.everything()
    assert approve(till.world, waiting.body["id"]).code == "amount_out_of_range"
    assert till.everything() == before


def test_a_refund_of_a_closed_or_frozen_account_is_possible(till: Till, topup: str) -> None:
    till.world.operate("PUT", "/accounts/acct_1", {"frozen": True})
    assert refund(till.world, topup, "10.00").status == 201
    till.world.operate("PUT", "/accounts/acct_1", {"status": "closed"})
    assert refund(till.world, topup, "10.00", key="k_2").status == 201
    assert balance(till) == 8_000


def test_a_refund_records_each_of_its_steps_once(till: Till, topup: str) -> None:
    refund(till.world, topup)
    refund(till.world, topup)
    till.call_all_back()
    till.sweep(minutes=10)
    by_staff, by_stripe = "staff:staff-1", f"stripe:{till.objects('refund')[0]['id']}"
    recorded = [one for one in changes(till.world) if one[0] != "credit_sent"]
    assert sorted(recorded) == [
        ("credit_reversed", by_stripe), ("refund_made", by_stripe), ("refund_started", by_staff)
    ]  # fmt: skip
    assert reversals(till) == [-10_000_000]


@pytest.mark.parametrize(
    "amount", ["0.005", "1e1", "", "99999999999999999999.00", "+5.00", " 5.00", True, None, [], -1]
)
def test_a_malformed_amount_is_not_refunded(till: Till, topup: str, amount: Any) -> None:
    before = till.everything()
    assert refund(till.world, topup, body={"amount": amount}).status == 422
    assert till.everything() == before


def test_a_bank_that_returns_a_second_refund_leaves_the_first(till: Till, topup: str) -> None:
    refund(till.world, topup, "10.00")
    refund(till.world, topup, "20.00", key="k_2")
    second = next(one for one in till.objects("refund") if one["amount"] == 2_000)
    Controls(till.stand_in).fail_refund(second["id"])
    till.call_all_back()
    assert (balance(till), held(till)) == (9_000, 0)
    assert sorted(stored(till)) == [("failed", 2_000), ("refunded", 1_000)]
    proves(till)


def test_a_refund_of_one_payment_ends_none_of_another(till: Till, topup: str) -> None:
    till.paid("50.00", till.card(VISA))
    [other] = [item["topup_id"] for item in till.top_ups() if item["topup_id"] != topup]
    till.fault("dropped", REFUNDS)
    live = refund(till.world, topup, "30.00").body["id"]
    metadata = {"refund_id": live}
    till.sdk.v1.refunds.create({"charge": charge_of(till, other), "amount": 1_000, "metadata": metadata})
    till.call_all_back()
    assert (balance(till), held(till), stored(till)) == (14_000, 3_000, [("asking", 3_000)])
    till.sweep(minutes=3)
    assert (balance(till), held(till), stored(till)) == (11_000, 0, [("refunded", 3_000)])
    proves(till)
