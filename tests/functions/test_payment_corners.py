"""Rare races of payments: a response against the sweeper, a claim against a changed balance, and rejections by Stripe
with incomplete reasons.
"""

import json
from typing import Any

import pytest
import requests

from calling_credit.errors import ProblemCode, Unavailable
from calling_credit.payments import rule_cards, rule_saving
from tests.harness.cards import MASTERCARD, VISA
from tests.harness.recharging import LIFTED, leave, minutes_pass, recharges, spend, usd
from tests.harness.stripe import Pass, StripeRequest, response
from tests.harness.till import CONFIRM, CREATE, Till

pytestmark = pytest.mark.dynamodb


def test_a_payment_reported_as_not_begun_never_begins_later(till: Till) -> None:
    card = till.card()
    till.fault("dropped", CREATE, count=2)
    assert till.pay("25.00", card, key="A").status == 503
    assert till.paid("25.00", card, key="B")["status"] == "succeeded"
    for _ in range(4):
        till.sweep(seconds=36)
    assert till.charged() == [2500]
    assert sorted(item["status"] for item in till.top_ups()) == ["canceled", "succeeded"]


@pytest.mark.parametrize("place", [CREATE, CONFIRM])
@pytest.mark.parametrize(
    "happening", ["switched off", "paid by hand", "granted credit", "closed", "given another card"]
)
def test_an_unfinished_recharge_is_not_completed_once_unwanted(till: Till, place: str, happening: str) -> None:
    leave(till, "5.00")
    till.set_rule(till.card())
    till.fault("dropped", place, count=9)
    till.stream()
    till.all_well()
    if happening == "switched off":
        till.rule(enabled=False)
    elif happening == "paid by hand":
        till.paid("100.00", till.card(MASTERCARD))
    elif happening == "granted credit":
        till.world.adjust("500.00", "granted")
    elif happening == "closed":
        till.closed_before()
    else:
        till.rule(payment_method_id=till.card(MASTERCARD))
    minutes_pass(till, 5)
    expected = {"paid by hand": [10000], "given another card": [5000]}.get(happening, [])
    assert till.charged() == expected
    assert recharges(till)[0] == ("canceled", "50.00")
    till.check()


@pytest.mark.parametrize("place", [CREATE, CONFIRM])
@pytest.mark.parametrize("happening", ["granted credit", "smaller amount", "daily limit", "monthly limit", "nothing"])
def test_an_unfinished_recharge_charges_at_most_what_the_rule_now_needs(till: Till, place: str, happening: str) -> None:
    leave(till, "-180.00")
    till.set_rule(till.card(), **LIFTED)
    till.fault("dropped", place, count=9)
    till.stream()
    till.all_well()
    if happening == "granted credit":
        till.world.adjust("150.00", "granted")
    elif happening == "smaller amount":
        till.rule(amount="195.00")
    elif happening != "nothing":
        till.rule(**{happening.replace(" ", "_"): "150.00"})
    minutes_pass(till, 5)
    expected = {"granted credit": 5000, "smaller amount": 19500, "nothing": 20000}.get(happening, 15000)
    assert till.charged() == [expected]
    assert recharges(till)[0] == ("succeeded" if happening == "nothing" else "canceled", "200.00")
    till.check()


def test_credit_added_between_reading_and_claim_is_not_bought_again(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Granted credit changes the balance but neither rule nor state, so the claim is conditional on the balance."""
    leave(till, "-429.80")
    till.set_rule(till.card(), **LIFTED)
    from calling_credit.payments import automatic_topup  # noqa: PLC0415 - after moto

    granted: list[str] = []
    unhurried = automatic_topup._claim

    def hurried(*arguments: Any) -> Any:
        if not granted:
            granted.append(till.world.adjust("400.00", "granted"))
        return unhurried(*arguments)

    monkeypatch.setattr(automatic_topup, "_claim", hurried)
    till.stream()
    assert till.charged() == [5000]
    assert till.world.balance() == usd("20.20")


def test_a_concurrent_edit_does_not_turn_a_disabled_rule_on_again(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    leave(till, "5.00")
    till.set_rule(till.card(), threshold="4.00")
    done: list[bool] = []
    unhurried = rule_cards.read_rule_card

    def hurried(*arguments: Any, **options: Any) -> Any:
        if not done:
            done.append(True)
            assert till.rule(enabled=False).status == 200
        return unhurried(*arguments, **options)

    monkeypatch.setattr(rule_saving, "read_rule_card", hurried)
    answer = till.rule(amount="60.00", threshold="10.00")
    assert answer.status == 200, answer.text
    assert (answer.body["enabled"], answer.body["amount"]) == (False, "60.00")
    till.stream()
    assert till.charged() == []


@pytest.mark.parametrize("automatic", [True, False])
def test_a_removed_card_is_recognized_even_if_stripe_names_no_parameter(till: Till, automatic: bool) -> None:
    leave(till, "5.00")
    card = till.card()
    if automatic:
        till.set_rule(card)

    def refused(sent: StripeRequest, passed: Pass) -> requests.Response:
        if f"{sent.method} {sent.path}" != CREATE:
            return passed()
        till.stand_in.account.objects["payment_method"][card]["customer"] = None
        error = {
            "type": "invalid_request_error",
            "message": "The provided PaymentMethod was previously used … It may not.",
        }
        return response(400, json.dumps({"error": error}).encode(), {"Content-Type": "application/json"})

    till.wire.through = refused
    if automatic:
        till.stream()
        assert till.shown_rule()["reason"] == "card_removed"
    else:
        shown = till.paid("25.00", card)
        assert (shown["status"], shown["failure"]["code"]) == ("failed", "card_removed")
    assert till.charged() == []


def test_payment_is_reported_paid_even_if_recharge_update_fails(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    from calling_credit.payments.settlement import SettlementStore  # noqa: PLC0415 - after moto

    card = till.card()
    with monkeypatch.context() as patch:
        patch.setattr(SettlementStore, "finish", fails)
        shown = till.paid("25.00", card)
    assert shown["status"] == "succeeded"
    assert till.world.balance() == usd("25.00")
    till.sweep(minutes=3)
    assert [item["is_finished"] for item in till.top_ups()] == [True]


def fails(*_: Any) -> None:
    """Make the table busy."""
    raise Unavailable(ProblemCode.BUSY, "Injected.")


def test_the_sweeper_checks_a_balance_with_a_lost_record_in_six_hours(till: Till) -> None:
    leave(till, "12.00")
    till.set_rule(till.card())
    till.stream()
    spend(till, "5.00")
    till.take_records()  # The mapping gave up.
    for _ in range(5):
        till.sweep(hours=1)
        till.stream()
    assert recharges(till) == []
    till.sweep(hours=2)
    till.stream()
    assert recharges(till) == [("succeeded", "50.00")]


def test_an_attempt_under_review_counts_as_in_flight_for_earlier_needs(till: Till) -> None:
    """Its money may have been taken, so the card is charged again only for a new need."""
    leave(till, "5.00")
    till.set_rule(till.card())
    till.fault("dropped", CONFIRM, count=9)
    till.stream()
    till.all_well()
    [intent] = till.stand_in.account.objects["payment_intent"].values()
    intent["amount"] = 4_000  # Changed in the dashboard.
    minutes_pass(till, 5)
    assert "in_flight" not in till.state()
    assert [item["code"] for item in till.world.stack.items() if item["SK"] == "ISSUE"] == ["amount_mismatch"]
    assert till.shown_rule()["status"] == "active"
    assert (till.charged(), recharges(till)) == ([], [("confirming", "50.00")])
    spend(till, "44.99")
    minutes_pass(till, 5)
    assert till.charged() == []
    spend(till, "0.02")
    minutes_pass(till, 5)
    assert (till.charged(), recharges(till)) == ([5000], [("confirming", "50.00"), ("succeeded", "50.00")])
    assert till.world.balance() == usd("9.99")


def test_an_unforeseen_payment_does_not_stop_the_sweep_of_the_others(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = till.card(VISA)
    till.fault("dropped", CONFIRM, count=9)
    for key in ("one", "two"):
        till.pay("25.00", card, key=key)
    till.all_well()
    first, *_ = sorted(item["intent_id"] for item in till.top_ups())

    def strange(sent: StripeRequest, passed: Pass) -> requests.Response:
        return response(200, b"{}", {"Content-Type": "application/json"}) if first in sent.path else passed()

    till.wire.through = strange
    done = till.sweep(seconds=50)
    assert (done["payments"], done["failed"]) == (1, 1)
    assert sorted(item["status"] for item in till.top_ups()) == ["confirming", "succeeded"]
