"""Disputes and warnings of fraud block the card and suspend automatic recharge, in an order that survives a crash."""

from typing import Any

import pytest

from calling_credit.payments import fraud, reversal
from calling_credit.payments.card_store import CardStore
from calling_credit.recharge.store import RechargeStore
from calling_credit.topups.topup import Card
from local.stripe_stand_in.controls import Controls
from tests.functions.reversals_bench import balance, dispute, paid, refund, reversals
from tests.harness.cards import MASTERCARD, VISA
from tests.harness.recharging import image, leave, recharges, shown
from tests.harness.table import TABLE
from tests.harness.threads import at_once
from tests.harness.till import ACCOUNT, Till

pytestmark = pytest.mark.dynamodb


def card_of(till: Till) -> Card:
    """The card of the first payment."""
    item = till.top_ups()[0]
    return Card(*(item[name] for name in ("payment_method_id", "brand", "last4", "fingerprint")))


def is_blocked(till: Till) -> bool:
    return CardStore(till.world.stack.apps["stripe_webhook"].dynamodb, TABLE).is_blocked(card_of(till))


def unblock(till: Till) -> Any:
    """Unblock the card as the operator, and resume the rule."""
    body = {"payment_method_id": card_of(till).payment_method_id, "reason": "The customer made the payment."}
    return till.world.operate("POST", f"/accounts/{ACCOUNT}/cards/unblock", body)


def issues(till: Till) -> list[str]:
    """The stages of the listed disputes and warnings."""
    found = [item for item in till.world.stack.items() if item["SK"] == "ISSUE" and item["code"] == "card_blocked"]
    return sorted(str(item["stage"]) for item in found)


def with_rule(till: Till) -> str:
    """Make a manual payment of 100.00, and switch the rule on; return the charge."""
    charge = paid(till)
    till.set_rule(till.card(VISA))
    till.stand_in.take_events()
    return charge


def test_a_dispute_of_a_manual_payment_blocks_suspends_and_tells(till: Till) -> None:
    charge = with_rule(till)
    dispute(till, charge, 10_000)
    till.call_all_back()
    assert (is_blocked(till), shown(till), balance(till)) == (True, ("suspended", "payment_disputed", None), 0)
    assert image(till)["headroom_micros"] == 10**15
    assert issues(till) == ["withdrawn"] or issues(till) == ["opened", "withdrawn"]
    leave(till, "-5.00")
    till.stream()
    assert recharges(till) == []


def test_a_dispute_without_a_rule_makes_no_rule(till: Till) -> None:
    charge = paid(till)
    dispute(till, charge, 10_000)
    till.call_all_back()
    assert is_blocked(till)
    assert till.world.of_kind("AUTO_RECHARGE") == []


def test_an_inquiry_takes_nothing_but_blocks_and_suspends(till: Till) -> None:
    charge = with_rule(till)
    Controls(till.stand_in).dispute(charge, inquiry=True)
    till.call_all_back()
    assert (balance(till), is_blocked(till), shown(till)[1]) == (10_000, True, "payment_disputed")
    assert issues(till) == ["opened"]


def test_an_early_fraud_warning_blocks_and_suspends_once(till: Till) -> None:
    charge = with_rule(till)
    Controls(till.stand_in).warn(charge)
    events = till.stand_in.take_events()
    for event in events * 2:
        assert till.call_back(event).status == 200
    assert (balance(till), is_blocked(till), shown(till)[1]) == (10_000, True, "payment_disputed")
    assert issues(till) == ["warned"]
    unblock(till)
    for event in events:
        till.call_back(event)
    assert (is_blocked(till), shown(till)[0]) == (False, "active"), "a repeated warning undoes nothing"


def test_a_lost_callback_of_a_warning_is_found_by_the_sweeper(till: Till) -> None:
    charge = with_rule(till)
    Controls(till.stand_in).warn(charge)
    till.world.clock.now = till.world.clock.now.replace(minute=6, second=59)
    till.sweep(seconds=2)
    assert (is_blocked(till), shown(till)[1]) == (True, "payment_disputed")


def test_a_won_dispute_returns_the_credit_and_unblocks_nothing(till: Till) -> None:
    charge = with_rule(till)
    opened = dispute(till, charge, 10_000)
    till.call_all_back()
    Controls(till.stand_in).win_dispute(opened)
    till.call_all_back()
    assert (balance(till), is_blocked(till), shown(till)[1]) == (10_000, True, "payment_disputed")


def test_a_dispute_won_before_any_callback_blocks_nothing(till: Till) -> None:
    charge = with_rule(till)
    Controls(till.stand_in).win_dispute(dispute(till, charge, 10_000))
    till.call_all_back()
    assert (balance(till), is_blocked(till), shown(till)[0]) == (10_000, False, "active")


def test_a_cleared_dispute_blocks_again_only_if_it_gets_worse(till: Till) -> None:
    charge = with_rule(till)
    opened = dispute(till, charge, 10_000)
    events = till.stand_in.take_events()
    for event in events:
        till.call_back(event)
    unblock(till)
    for event in events:
        till.call_back(event)
    assert (is_blocked(till), shown(till)[0]) == (False, "active")
    Controls(till.stand_in).lose_dispute(opened)
    till.call_all_back()
    assert (is_blocked(till), shown(till)[1]) == (True, "payment_disputed")


def test_a_new_card_or_arming_does_not_end_a_disputes_suspension(till: Till) -> None:
    charge = with_rule(till)
    dispute(till, charge, 10_000)
    till.call_all_back()
    card = till.card(MASTERCARD)
    till.rule(enabled=False)
    till.rule(enabled=True, threshold="20.00", amount="50.00", payment_method_id=card)
    till.stream()
    assert (shown(till)[1], recharges(till)) == ("payment_disputed", [])


def test_a_dispute_outweighs_a_refund_and_leaves_it_behind(till: Till) -> None:
    leave(till, "5.00")
    till.set_rule(till.card(VISA))
    till.stream()
    [charge] = [charge["id"] for charge in till.objects("charge")]
    refund(till, charge, 1_000)
    till.call_all_back()
    dispute(till, charge, 4_000)
    till.call_all_back()
    assert shown(till)[1] == "payment_disputed"
    unblock(till)
    assert shown(till)[1] == "payment_refunded"


def test_metadata_of_a_refund_suspend_the_rule_once(till: Till) -> None:
    charge = with_rule(till)
    made = refund(till, charge, 1_000)
    till.call_all_back()
    assert shown(till)[0] == "active", "a refund of a manual payment"
    till.stand_in.account.objects["refund"][made]["metadata"] = {"suspend_recharge": "true"}
    refund(till, charge, 500)
    events = till.stand_in.take_events()
    for event in events:
        till.call_back(event)
    assert shown(till)[1] == "payment_refunded"
    card = till.state()["payment_method_id"]
    till.set_rule(card, enabled=False)
    till.set_rule(card)
    for event in events:
        till.call_back(event)
    assert shown(till)[0] == "active"


def crash(*_: Any, **__: Any) -> Any:
    raise RuntimeError("the process died")


@pytest.mark.parametrize(
    ("module", "step"), [(fraud.FraudGuard, "block"), (reversal, "write_reversal"), (fraud.FraudGuard, "report")]
)
def test_a_crash_before_any_step_is_completed_by_redelivery(
    till: Till, monkeypatch: pytest.MonkeyPatch, module: Any, step: str
) -> None:
    charge = with_rule(till)
    dispute(till, charge, 10_000)
    events = [event for event in till.stand_in.take_events() if "dispute" in event["type"]]
    with monkeypatch.context() as patch:
        patch.setattr(module, step, crash)
        for event in events:
            assert till.call_back(event).status >= 500
    is_taken_back = bool(reversals(till))
    assert is_taken_back == (step == "report")
    assert is_blocked(till) == (step != "block")
    assert (shown(till)[1] == "payment_disputed") == is_taken_back, "suspension and reversal are one transaction"
    for event in events:
        assert till.call_back(event).status == 200
    assert (balance(till), is_blocked(till), shown(till)[1]) == (0, True, "payment_disputed")
    assert reversals(till) == [-100_000_000]
    assert "withdrawn" in issues(till)


def test_an_unblocking_that_a_crash_cut_short_is_completed_by_repeating_it(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    charge = with_rule(till)
    dispute(till, charge, 10_000)
    till.call_all_back()
    with monkeypatch.context() as patch:
        patch.setattr(RechargeStore, "change_rule", crash)
        assert unblock(till).status == 500
    assert (is_blocked(till), shown(till)[1]) == (False, "payment_disputed")
    answers = at_once(lambda: unblock(till), lambda: unblock(till))
    assert [answer.status for answer in answers] == [200, 200]
    assert (is_blocked(till), shown(till)[0]) == (False, "active")
    till.stream()
    assert recharges(till) == []
