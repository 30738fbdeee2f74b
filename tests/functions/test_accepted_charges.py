"""The charge that turning recharge on or raising it makes is shown before, and accepted once."""

from typing import Any

import pytest

from calling_credit.payments.card_store import CardStore
from calling_credit.payments.cards import read_own_card
from tests.harness.cards import DECLINED, MASTERCARD, VISA
from tests.harness.http import MEMBER
from tests.harness.recharging import charges_now, leave, left_halfway, minutes_pass, patch_rule, recharges, shown
from tests.harness.till import ALWAYS, CONFIRM, Till

pytestmark = [pytest.mark.dynamodb, pytest.mark.usefixtures("law_six")]


# --- The charge that is shown and accepted ----------------------------------------------------------------------------


def test_simulation_names_the_charge_that_saving_makes(till: Till) -> None:
    leave(till, "-120.00")
    card = till.card(MASTERCARD)
    rule = {"threshold": "10.00", "amount": "50.00", "payment_method_id": card}
    charge = charges_now(till, **rule)
    amounts = {"amount": "150.00", "tax": "0.00", "total": "150.00"}
    assert charge == {**amounts, "payment_method": {"id": card, "brand": "mastercard", "last4": "4444"}}
    assert till.charged() == []
    till.set_rule(card, accept_charge=charge["amount"])
    till.stream()
    assert recharges(till) == [("succeeded", "150.00")]
    assert "accepted_micros" not in till.state()


def test_without_a_charge_simulation_names_none(till: Till) -> None:
    leave(till, "5.00")
    rule = {"threshold": "10.00", "amount": "50.00"}
    assert charges_now(till, **rule) is None
    assert charges_now(till, **rule, payment_method_id="pm_unknown") is None
    card = till.card()
    assert charges_now(till, **rule, payment_method_id=card)["amount"] == "50.00"
    assert charges_now(till, threshold="5.00", amount="50.00", payment_method_id=card) is None
    body = rule | {"payment_method_id": card}
    answer = till.world.ask("change_settings", "POST", "/auto-recharge/simulate", body, **MEMBER)
    assert (answer.status, answer.body["charges_now"]) == (200, None)
    till.world.operate("PUT", "/accounts/acct_1", {"frozen": True})
    assert charges_now(till, **rule, payment_method_id=card) is None


def test_simulation_names_no_charge_of_a_blocked_card(till: Till) -> None:
    leave(till, "5.00")
    card = till.card()
    till.set_rule(card, threshold="4.00")
    assert charges_now(till, threshold="10.00")["amount"] == "50.00"
    own = read_own_card(till.sdk, till.customer(), card)
    store = CardStore(till.world.stack.dynamodb, till.world.stack.table_name)
    assert store.block(own, "dispute", till.world.clock.now)
    assert charges_now(till, threshold="10.00") is None


def test_simulation_counts_the_rules_own_attempts(till: Till) -> None:
    leave(till, "5.00")
    till.set_rule(till.card(), hourly_count=1)
    till.stream()
    leave(till, "5.00")
    assert charges_now(till) is None
    assert charges_now(till, hourly_count=2)["amount"] == "50.00"
    till.later(hours=1)
    assert charges_now(till)["amount"] == "50.00"


def test_an_admin_who_accepted_less_is_not_charged_more(till: Till) -> None:
    leave(till, "5.00")
    till.set_rule(till.card(), accept_charge="50.00")
    leave(till, "-60.00")
    till.stream()
    assert recharges(till) == []
    assert shown(till) == ("suspended", "charge_changed", None)
    minutes_pass(till, 60, step=20)
    assert recharges(till) == []
    assert patch_rule(till, threshold="9.00").body["reason"] == "charge_changed"
    assert patch_rule(till, enabled=False).status == 200
    assert patch_rule(till, enabled=True, accept_charge="100.00").body["status"] == "active"
    till.stream()
    assert recharges(till) == [("succeeded", "100.00")]


@pytest.mark.parametrize("change", [{"threshold": "11.00"}, {"amount": "60.00"}, {"payment_method_id": MASTERCARD}])
def test_raising_or_another_card_ends_the_suspension(till: Till, change: dict[str, str]) -> None:
    leave(till, "5.00")
    till.set_rule(till.card(), accept_charge="0.00")
    till.stream()
    assert shown(till) == ("suspended", "charge_changed", None)
    if "payment_method_id" in change:
        change = {"payment_method_id": till.card(MASTERCARD)}
    assert patch_rule(till, **change).body["status"] == "active"
    till.stream()
    assert len(till.charged()) == 1


def test_a_charge_is_accepted_once(till: Till) -> None:
    leave(till, "5.00")
    till.set_rule(till.card(), accept_charge="50.00")
    till.stream()
    leave(till, "-60.00")
    till.stream()
    assert recharges(till) == [("succeeded", "50.00"), ("succeeded", "100.00")]


def test_an_acceptance_outlives_an_attempt_without_a_charge(till: Till) -> None:
    leave(till, "5.00")
    till.set_rule(till.card(DECLINED), accept_charge="50.00")
    till.stream()
    assert recharges(till) == [("failed", "50.00")]
    leave(till, "-60.00")
    till.sweep(hours=1)
    till.stream()
    assert shown(till) == ("suspended", "charge_changed", None)
    assert till.charged() == []


def test_a_payment_from_before_the_arming_consumes_no_acceptance(till: Till) -> None:
    left_halfway(till)
    assert patch_rule(till, amount="60.00", accept_charge="60.00").status == 200
    till.all_well()
    minutes_pass(till, 4)
    assert recharges(till) == [("succeeded", "50.00")]
    leave(till, "-100.00")
    till.stream()
    assert shown(till) == ("suspended", "charge_changed", None)


def test_a_larger_unconfirmed_payment_is_canceled_after_an_arming(till: Till) -> None:
    leave(till, "-60.00")
    till.set_rule(till.card())
    till.fault("dropped", CONFIRM, count=ALWAYS)
    till.stream()
    assert patch_rule(till, threshold="11.00", accept_charge="50.00").status == 200
    till.all_well()
    minutes_pass(till, 4)
    assert recharges(till) == [("canceled", "100.00")]
    assert shown(till) == ("suspended", "charge_changed", None)


@pytest.mark.parametrize(
    ("accepted", "code"), [("-1.00", "amount_out_of_range"), ("1.001", "invalid_amount"), (50, "invalid_amount")]
)
def test_an_accepted_charge_is_an_amount(till: Till, accepted: Any, code: str) -> None:
    till.set_rule(till.card(), threshold="0.00")
    before = till.everything()
    answer = patch_rule(till, threshold="1.00", accept_charge=accepted)
    assert (answer.status, answer.code) == (422, code)
    assert till.everything() == before


def test_simulation_forgives_as_arming_does(till: Till) -> None:
    leave(till, "20.00")
    till.set_rule(till.card())
    till.world.adjust("-15.00", "a correction")
    till.stream()
    assert recharges(till) == []
    assert charges_now(till, hourly_count=4) is None
    assert charges_now(till, threshold="11.00")["amount"] == "50.00"
    patch_rule(till, threshold="11.00", accept_charge="50.00")
    till.stream()
    assert recharges(till) == [("succeeded", "50.00")]


def test_the_simulation_shows_what_arming_would_charge_now(till: Till) -> None:
    till.world.adjust("20.00", "wrong grant")
    card = till.card(VISA)
    till.set_rule(card)
    till.world.adjust("-15.00", "the correction")
    till.stream()
    kept = till.world.ask("change_settings", "POST", "/auto-recharge/simulate", {"threshold": "10.00"})
    raised = till.world.ask("change_settings", "POST", "/auto-recharge/simulate", {"threshold": "12.00"})
    assert (kept.body["charges_now"], raised.body["charges_now"]["amount"]) == (None, "50.00")
    till.set_rule(card, threshold="12.00")
    till.stream()
    assert recharges(till) == [("succeeded", "50.00")]
