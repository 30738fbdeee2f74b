"""Corners of payments where two true things meet: what a person was told and what the sweeper finds, what a charge was
worked out from and what the balance is by then, what Stripe refuses and why.
"""

import json
from typing import Any

import pytest
import requests

from calling_credit.errors import ProblemCode, Unavailable
from tests.harness.cards import MASTERCARD, VISA
from tests.harness.recharging import LIFTED, leave, minutes_pass, recharges, spend, usd
from tests.harness.stripe import Pass, StripeRequest, response
from tests.harness.till import CONFIRM, CREATE, Till

pytestmark = pytest.mark.dynamodb


def test_what_a_person_was_told_has_not_begun_is_never_begun_behind_their_back(till: Till) -> None:
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
def test_a_recharge_left_halfway_is_not_made_once_nobody_wants_it(till: Till, place: str, happening: str) -> None:
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
        till.world.operate("PUT", "/accounts/acct_1", {"status": "closed"})
    else:
        till.rule(payment_method_id=till.card(MASTERCARD))
    minutes_pass(till, 5)
    expected = {"paid by hand": [10000], "given another card": [5000]}.get(happening, [])
    assert till.charged() == expected
    assert recharges(till)[0] == ("canceled", "50.00")
    till.check()


@pytest.mark.parametrize("place", [CREATE, CONFIRM])
@pytest.mark.parametrize("happening", ["granted credit", "smaller amount", "daily limit", "monthly limit", "nothing"])
def test_a_recharge_left_halfway_charges_no_more_than_the_rule_would_by_then(
    till: Till, place: str, happening: str
) -> None:
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


def test_credit_that_comes_between_the_look_and_the_claim_is_not_bought_again(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Granted credit moves the balance and neither rule nor state, so the claim names the balance it was worked out
    from.
    """
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


def test_a_rule_that_one_admin_switches_off_is_not_switched_on_by_anothers_small_change(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave(till, "5.00")
    till.set_rule(till.card(), threshold="4.00")
    app = till.world.stack.apps["change_settings"]
    done: list[bool] = []
    unhurried = app.current_card

    def hurried(*arguments: Any) -> Any:
        if not done:
            done.append(True)
            assert till.rule(enabled=False).status == 200
        return unhurried(*arguments)

    monkeypatch.setattr(app, "current_card", hurried)
    answer = till.rule(amount="60.00", threshold="10.00")
    assert (answer.status, answer.body["enabled"], answer.body["amount"]) == (200, False, "60.00")
    till.stream()
    assert till.charged() == []


@pytest.mark.parametrize("automatic", [True, False])
def test_a_removed_card_is_known_as_such_though_stripe_names_no_parameter(till: Till, automatic: bool) -> None:
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


def test_who_has_paid_is_told_so_though_what_follows_has_to_wait(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
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
    """The table is busy."""
    raise Unavailable(ProblemCode.BUSY, "Injected.")


def test_a_balance_whose_stream_record_was_given_up_is_looked_at_within_six_hours(till: Till) -> None:
    leave(till, "12.00")
    till.set_rule(till.card())
    till.stream()
    spend(till, "5.00")
    till.take_records()  # Given up.
    for _ in range(5):
        till.sweep(hours=1)
        till.stream()
    assert recharges(till) == []
    till.sweep(hours=2)
    till.stream()
    assert recharges(till) == [("succeeded", "50.00")]


def test_an_attempt_an_operator_has_to_look_at_counts_as_money_on_its_way_and_no_later_need_waits_for_it(
    till: Till,
) -> None:
    """Its money may have been taken, so the card is not asked for the same need again; for a new one it is."""
    leave(till, "5.00")
    till.set_rule(till.card())
    till.fault("dropped", CONFIRM, count=9)
    till.stream()
    till.all_well()
    [intent] = till.stand_in.account.objects["payment_intent"].values()
    intent["amount"] = 4_000  # Somebody changed it in the dashboard.
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


def test_a_changed_webhook_secret_is_read_again_and_not_more_often_than_once_a_minute(till: Till) -> None:
    till.paid("25.00", till.card())
    event, *_ = till.stand_in.take_events()
    app = till.world.stack.apps["stripe_webhook"]
    reads = []

    def forget() -> None:
        reads.append(till.world.clock.now)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "forget_settings", forget)
        till.later(minutes=2)
        for _ in range(5):
            assert till.send_back("{}", **{"stripe-signature": "t=1,v1=00"}).status == 400
        till.later(minutes=2)
        assert till.send_back("{}", **{"stripe-signature": "t=1,v1=00"}).status == 400
    assert len(reads) == 2
    assert till.call_back(event).status == 200


def test_one_payment_nobody_foresaw_does_not_keep_the_sweeper_from_the_others(
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
