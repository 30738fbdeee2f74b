"""Early fraud warnings are sent by issuers, listed by time, and not actionable once the charge is returned."""

from typing import Any

import pytest
import stripe

from local.stripe_stand_in.controls import Controls
from local.stripe_stand_in.refusals import Refusal
from tests.stand_in.conftest import Till
from tests.stand_in.in_process import Clock
from tests.stand_in.test_payments import refused


def test_a_warning_names_its_charge_and_payment(till: Till, controls: Controls) -> None:
    intent = till.paid()
    till.stand_in.take_events()
    controls.warn(str(intent.latest_charge), "made_with_stolen_card")
    (warning,) = till.client.v1.radar.early_fraud_warnings.list({"payment_intent": intent.id}).data
    assert (warning.charge, warning.payment_intent) == (intent.latest_charge, intent.id)
    assert (warning.fraud_type, warning.actionable) == ("made_with_stolen_card", True)
    (event,) = till.stand_in.take_events()
    assert (event["type"], event["data"]["object"]["id"]) == ("radar.early_fraud_warning.created", warning.id)


def test_warnings_are_listed_by_time_and_charge(till: Till, controls: Controls, clock: Clock) -> None:
    charges = [str(till.paid().latest_charge) for _ in range(3)]
    made = []
    for charge in charges:
        clock.forward(hours=1)
        made.append(controls.warn(charge)["id"])
    warnings = till.client.v1.radar.early_fraud_warnings
    since = till.stand_in.account.timestamp() - 3600
    assert [item.id for item in warnings.list({}).data] == made[::-1]
    assert [item.id for item in warnings.list({"created": {"gte": since}}).data] == made[:0:-1]
    assert [item.id for item in warnings.list({"charge": charges[0]}).data] == made[:1]
    with pytest.raises(stripe.InvalidRequestError) as caught:
        warnings.retrieve("issfr_other")
    assert (refused(caught), caught.value.param) == ("resource_missing", "early_fraud_warning")


@pytest.mark.parametrize("way", ["dispute", "refund"])
def test_a_returned_charge_makes_its_warning_not_actionable(till: Till, controls: Controls, way: str) -> None:
    charge = str(till.paid().latest_charge)
    warning = controls.warn(charge)["id"]
    till.client.v1.refunds.create({"charge": charge, "amount": 100})
    assert till.client.v1.radar.early_fraud_warnings.retrieve(warning).actionable
    if way == "dispute":
        controls.dispute(charge)
    else:
        till.client.v1.refunds.create({"charge": charge})
    assert not till.client.v1.radar.early_fraud_warnings.retrieve(warning).actionable
    assert till.event_types().count("radar.early_fraud_warning.updated") == 1
    assert not controls.warn(charge)["actionable"]


def test_a_test_card_pays_and_is_warned_of(till: Till) -> None:
    intent = till.paid("pm_card_createIssuerFraudRecord")
    (warning,) = till.client.v1.radar.early_fraud_warnings.list({"charge": str(intent.latest_charge)}).data
    assert (intent.status, warning.actionable) == ("succeeded", True)


def test_only_a_paid_charge_and_a_known_type_can_be_warned_of(till: Till, controls: Controls) -> None:
    _, intent = till.declined("pm_card_chargeCustomerFail")
    with pytest.raises(Refusal, match="not paid"):
        controls.warn(str(intent.latest_charge))
    with pytest.raises(Refusal, match="fraud type"):
        controls.warn(str(till.paid().latest_charge), "guessed")


def test_an_inquiry_can_become_a_chargeback(till: Till, controls: Controls) -> None:
    charge = str(till.paid().latest_charge)
    dispute = controls.dispute(charge, inquiry=True)["id"]
    till.stand_in.take_events()
    controls.escalate_inquiry(dispute)
    found = till.client.v1.disputes.retrieve(dispute)
    assert (found.status, [item.amount for item in found.balance_transactions]) == ("needs_response", [-2500])
    assert till.event_types() == ["charge.dispute.updated", "charge.dispute.funds_withdrawn"]
    with pytest.raises(Refusal, match="not an inquiry"):
        controls.escalate_inquiry(dispute)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        till.client.v1.refunds.create({"charge": charge})
    assert refused(caught) == "charge_disputed"


def test_a_full_refund_closes_an_inquiry(till: Till, controls: Controls) -> None:
    charge = str(till.paid().latest_charge)
    dispute = controls.dispute(charge, inquiry=True)["id"]
    params: Any = {"charge": charge, "amount": 1000}
    till.client.v1.refunds.create(params)
    assert till.client.v1.disputes.retrieve(dispute).status == "warning_needs_response"
    till.client.v1.refunds.create({"charge": charge})
    assert till.client.v1.disputes.retrieve(dispute).status == "warning_closed"


def test_refunds_and_disputes_are_listed_by_time(till: Till, controls: Controls, clock: Clock) -> None:
    refunds, disputes = [], []
    for _ in range(2):
        refunds.append(till.client.v1.refunds.create({"charge": str(till.paid().latest_charge)}).id)
        disputes.append(controls.dispute(str(till.paid().latest_charge))["id"])
        clock.forward(hours=1)
    span: Any = {"created": {"gt": till.stand_in.account.timestamp() - 7200, "lt": till.stand_in.account.timestamp()}}
    assert [item.id for item in till.client.v1.refunds.list(span).data] == refunds[1:]
    assert [item.id for item in till.client.v1.disputes.list(span).data] == disputes[1:]
