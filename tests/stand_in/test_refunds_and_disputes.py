"""Refunds and disputes return at most the paid amount; balance transactions record it."""

from typing import Any

import pytest
import stripe

from local.stripe_stand_in.controls import Controls
from local.stripe_stand_in.refusals import Refusal
from tests.stand_in.conftest import Till
from tests.stand_in.test_payments import refused


def charge_of(till: Till, intent: stripe.PaymentIntent) -> stripe.Charge:
    """The current charge of an intent."""
    return till.client.v1.charges.retrieve(str(intent.latest_charge))


def moved(till: Till, dispute_id: str) -> list[tuple[int, int]]:
    """Amount and fee of each balance transaction of a dispute."""
    found = till.client.v1.disputes.retrieve(dispute_id).balance_transactions
    return [(item.amount, item.fee) for item in found]


def test_refunds_add_up_to_the_whole_amount(till: Till) -> None:
    intent = till.paid()
    refunds = till.client.v1.refunds
    first = refunds.create({"payment_intent": intent.id, "amount": 1000, "metadata": {"why": "x"}})
    assert (charge_of(till, intent).amount_refunded, charge_of(till, intent).refunded) == (1000, False)
    second = refunds.create({"charge": str(intent.latest_charge)})
    assert (first.status, second.amount) == ("succeeded", 1500)
    assert (charge_of(till, intent).amount_refunded, charge_of(till, intent).refunded) == (2500, True)
    assert [item.id for item in refunds.list({"payment_intent": intent.id}).data] == [second.id, first.id]
    transaction = till.client.v1.balance_transactions.retrieve(str(first.balance_transaction))
    assert (transaction.amount, transaction.type, transaction.source) == (-1000, "refund", first.id)
    assert till.event_types()[-4:] == ["refund.created", "charge.refunded", "refund.created", "charge.refunded"]
    with pytest.raises(stripe.InvalidRequestError) as caught:
        refunds.create({"payment_intent": intent.id})
    assert refused(caught) == "charge_already_refunded"


def test_a_refund_cannot_exceed_the_remaining_amount(till: Till) -> None:
    intent = till.paid()
    till.client.v1.refunds.create({"payment_intent": intent.id, "amount": 1000})
    with pytest.raises(stripe.InvalidRequestError, match=r"\$15.01\) is greater than unrefunded amount") as caught:
        till.client.v1.refunds.create({"payment_intent": intent.id, "amount": 1501})
    assert caught.value.param == "amount"
    assert charge_of(till, intent).amount_refunded == 1000


def test_only_a_succeeded_payment_can_be_refunded(till: Till) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        till.client.v1.refunds.create({"payment_intent": till.intent().id})
    with pytest.raises(stripe.InvalidRequestError) as caught:
        till.client.v1.refunds.create({"charge": str(till.paid("pm_card_processing").latest_charge)})
    assert refused(caught) == "charge_not_refundable"
    with pytest.raises(stripe.InvalidRequestError) as caught:
        till.client.v1.refunds.create({"amount": 100})
    assert refused(caught) == "parameter_missing"


def test_a_failed_refund_returns_the_money_to_the_account(till: Till, controls: Controls) -> None:
    intent = till.paid()
    refund = till.client.v1.refunds.create({"payment_intent": intent.id})
    till.stand_in.take_events()
    controls.fail_refund(refund.id, "lost_or_stolen_card")
    failed = till.client.v1.refunds.retrieve(refund.id)
    assert (failed.status, failed.failure_reason) == ("failed", "lost_or_stolen_card")
    assert (charge_of(till, intent).amount_refunded, charge_of(till, intent).refunded) == (0, False)
    assert till.event_types() == ["refund.updated", "refund.failed", "charge.updated"]
    with pytest.raises(Refusal):
        controls.fail_refund(refund.id)
    assert till.client.v1.refunds.create({"payment_intent": intent.id}).status == "succeeded"


def test_a_dispute_withdraws_the_amount_and_a_fee(till: Till, controls: Controls) -> None:
    intent = till.paid()
    till.stand_in.take_events()
    dispute = till.client.v1.disputes.retrieve(controls.dispute(str(intent.latest_charge), "fraudulent")["id"])
    assert (dispute.status, dispute.amount, dispute.reason) == ("needs_response", 2500, "fraudulent")
    assert moved(till, dispute.id) == [(-2500, 1500)]
    assert charge_of(till, intent).disputed
    assert till.event_types() == ["charge.updated", "charge.dispute.created", "charge.dispute.funds_withdrawn"]
    found = till.client.v1.disputes.list({"payment_intent": intent.id}).data
    assert [item.id for item in found] == [dispute.id]
    with pytest.raises(stripe.InvalidRequestError) as caught:
        till.client.v1.refunds.create({"payment_intent": intent.id})
    assert refused(caught) == "charge_disputed"


@pytest.mark.parametrize(("amount", "back"), [(None, 2500), (1000, 1000)])
def test_a_won_dispute_reinstates_all_or_part(till: Till, controls: Controls, amount: int | None, back: int) -> None:
    dispute = controls.dispute(str(till.paid().latest_charge))["id"]
    till.stand_in.take_events()
    controls.win_dispute(dispute, amount)
    assert till.client.v1.disputes.retrieve(dispute).status == "won"
    assert moved(till, dispute) == [(-2500, 1500), (back, 0)]
    assert till.event_types() == ["charge.dispute.closed", "charge.dispute.funds_reinstated"]
    with pytest.raises(Refusal):
        controls.lose_dispute(dispute)


def test_a_lost_or_abandoned_dispute_stays_withdrawn(till: Till, controls: Controls) -> None:
    first, second = (controls.dispute(str(till.paid().latest_charge), amount=700)["id"] for _ in range(2))
    controls.lose_dispute(first)
    assert till.client.v1.disputes.close(second).status == "lost"
    assert moved(till, first) == moved(till, second) == [(-700, 1500)]
    with pytest.raises(stripe.InvalidRequestError, match="already closed"):
        till.client.v1.disputes.close(second)


@pytest.mark.parametrize(
    ("evidence", "submit", "status"),
    [
        ("a letter", True, "under_review"),
        ("a letter", False, "needs_response"),
        ("winning_evidence", True, "won"),
        ("losing_evidence", True, "lost"),
    ],
)
def test_submitted_evidence_decides_a_dispute_in_test_mode(
    till: Till, controls: Controls, evidence: str, submit: bool, status: str
) -> None:
    dispute = controls.dispute(str(till.paid().latest_charge))["id"]
    params: Any = {"evidence": {"uncategorized_text": evidence}, "submit": submit}
    updated = till.client.v1.disputes.update(dispute, params)
    assert (updated.status, updated.evidence.uncategorized_text) == (status, evidence)
    assert (updated.evidence_details.has_evidence, updated.evidence_details.submission_count) == (True, int(submit))


def test_an_inquiry_takes_no_money(till: Till, controls: Controls) -> None:
    dispute = controls.dispute(str(till.paid().latest_charge), inquiry=True)["id"]
    assert moved(till, dispute) == []
    controls.win_dispute(dispute)
    assert till.client.v1.disputes.retrieve(dispute).status == "warning_closed"


@pytest.mark.parametrize(
    ("card", "reason", "status"),
    [
        ("pm_card_createDispute", "fraudulent", "needs_response"),
        ("pm_card_createDisputeProductNotReceived", "product_not_received", "needs_response"),
        ("pm_card_createDisputeInquiry", "fraudulent", "warning_needs_response"),
    ],
)
def test_some_test_cards_pay_and_are_disputed(till: Till, card: str, reason: str, status: str) -> None:
    intent = till.paid(card)
    (dispute,) = till.client.v1.disputes.list({"charge": str(intent.latest_charge)}).data
    assert (intent.status, dispute.reason, dispute.status) == ("succeeded", reason, status)


def test_a_charge_can_be_disputed_once_up_to_its_amount(till: Till, controls: Controls) -> None:
    charge = str(till.paid().latest_charge)
    with pytest.raises(Refusal):
        controls.dispute(charge, amount=2501)
    controls.dispute(charge)
    with pytest.raises(Refusal):
        controls.dispute(charge)


def test_the_api_refuses_to_refund_a_disputed_charge(till: Till) -> None:
    charge, controls = charge_of(till, till.paid()), Controls(till.stand_in)
    controls.dispute(charge.id)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        till.client.v1.refunds.create({"charge": charge.id})
    assert refused(caught) == "charge_disputed"
    assert controls.refund_disputed(charge.id, 700)["status"] == "succeeded"
    with pytest.raises(Refusal):
        controls.refund_disputed(charge.id, charge.amount)
    assert till.client.v1.charges.retrieve(charge.id).amount_refunded == 700


def test_a_refund_to_a_refusing_card_succeeds_and_then_fails(till: Till) -> None:
    charge = charge_of(till, till.paid("pm_card_refundFail"))
    refund = till.client.v1.refunds.create({"charge": charge.id, "amount": 700})
    assert refund.status == "succeeded"
    [found] = till.client.v1.refunds.list({"charge": charge.id}).data
    assert (found.id, found.status, found.failure_reason) == (refund.id, "failed", "expired_or_canceled_card")
    assert till.client.v1.charges.retrieve(charge.id).amount_refunded == 0
