"""The effects of setting a rule, also by two users at once or during a charge."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse

from tests.harness.cards import DECLINED, MASTERCARD
from tests.harness.recharging import (
    automatic,
    bring,
    fails_once,
    leave,
    minutes_pass,
    put_rule,
    recharges,
    record,
    remove,
    threshold_watched,
    usd,
)
from tests.harness.threads import at_once
from tests.harness.till import ALWAYS, ANYTHING, CONFIRM, RETRIEVE, Till
from tests.harness.wire import Pass, Sent, Wire

pytestmark = [pytest.mark.dynamodb, pytest.mark.usefixtures("law_six")]


# --- Changes ----------------------------------------------------------------------------------------------------------


def test_omitted_and_null_settings_stay(till: Till) -> None:
    leave(till, "20.00")
    whole = till.set_rule(till.card(), hourly_count=5, daily_limit="300.00", monthly_limit="900.00")
    for change in ({"threshold": "11.00"}, {"amount": "60.00"}, {"hourly_count": 6}, {"monthly_limit": "800.00"}):
        whole |= change | {"version": whole["version"] + 1}
        body = dict.fromkeys(("enabled", "threshold", "amount", "payment_method_id", "daily_limit")) | change
        assert put_rule(till, body).body == whole
    assert put_rule(till, {}).body == whole
    assert put_rule(till, {"account_id": "acct_2", "status": "suspended", "attempt": 7}).body == whole


def test_the_rule_counts_its_versions_and_only_when_it_changes(till: Till) -> None:
    till.set_rule(till.card())
    till.rule(threshold="11.00")
    till.rule(threshold="11.00")
    assert till.state()["rule_version"] == 2


def test_setting_a_rule_changes_neither_balance_nor_attempts(till: Till) -> None:
    fails_once(till, DECLINED)
    names = ("attempt", "recent", "failures", "not_before", "failed_fingerprint", "next_attempt_at")
    before = {name: till.state()[name] for name in names}
    balance, entries = till.world.balance(), till.world.entries()
    till.rule(threshold="9.00", amount="60.00", hourly_count=9, daily_limit="500.00")
    assert {name: till.state()[name] for name in names} == before
    assert (till.world.balance(), till.world.entries()) == (balance, entries)


@pytest.mark.parametrize("kind", ["dropped", "error_500", "rate_limited"])
def test_in_an_outage_a_rule_can_be_disabled_but_not_given_a_card(till: Till, kind: str) -> None:
    leave(till, "5.00")
    till.set_rule(till.card())
    other = till.card(MASTERCARD)
    till.fault(kind, ANYTHING, count=ALWAYS)
    before = till.everything()
    answer = put_rule(till, {"payment_method_id": other})
    assert (answer.status, answer.code) == (503, "payments_unavailable")
    assert "retry-after" in answer.headers
    assert till.everything() == before
    assert put_rule(till, {"enabled": False}).body["status"] == "disabled"
    assert till.stream() == 0
    till.all_well()


def test_a_rule_without_its_card_can_be_enabled_only_with_another(till: Till) -> None:
    card = till.card()
    till.set_rule(card)
    remove(till, card)
    assert put_rule(till, {"enabled": False}).body["status"] == "disabled"
    assert put_rule(till, {"enabled": True}).code == "unknown_payment_method"
    assert put_rule(till, {"enabled": True, "payment_method_id": till.card()}).body["status"] == "active"


# --- Concurrent requests ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("attempt", range(3))
def test_two_rules_set_at_once_leave_one_of_the_two_wholes(till: Till, wire: Wire, attempt: int) -> None:
    leave(till, "500.00")
    visa, mastercard = till.card(), till.card(MASTERCARD)
    till.set_rule(visa)
    first = {"threshold": "20.00", "amount": "20.00", "payment_method_id": visa, "hourly_count": 2}
    second = {"threshold": "30.00", "amount": "30.00", "payment_method_id": mastercard, "hourly_count": 7}
    wire.with_conflicts = True
    answers = at_once(lambda: put_rule(till, first), lambda: put_rule(till, second))
    assert [answer.status for answer in answers] == [200, 200]
    stands = till.shown_rule()
    assert {name: stands[name] for name in first} in (first, second)
    assert threshold_watched(till) == stands["threshold"]
    assert till.state()["rule_version"] == 3


@pytest.mark.parametrize("attempt", range(3))
def test_a_first_rule_set_twice_at_once_is_one_rule(till: Till, attempt: int) -> None:
    card = till.card()
    whole = {"enabled": True, "threshold": "10.00", "amount": "50.00", "payment_method_id": card}
    answers = at_once(lambda: put_rule(till, whole), lambda: put_rule(till, whole | {"threshold": "20.00"}))
    assert [answer.status for answer in answers] == [200, 200]
    assert threshold_watched(till) == till.shown_rule()["threshold"]
    till.stream()
    assert till.charged() == [5000]


@pytest.mark.parametrize("change", [{"threshold": "30.00"}, {"enabled": False}, {"amount": "20.00"}], ids=str)
@pytest.mark.parametrize("attempt", range(2))
def test_a_rule_set_beside_a_charge_loses_neither(till: Till, wire: Wire, change: dict[str, Any], attempt: int) -> None:
    leave(till, "5.00")
    till.set_rule(till.card())
    made = record(till)
    wire.with_conflicts = True
    answer, _ = at_once(lambda: put_rule(till, change), lambda: bring(till, made))
    assert answer.status == 200
    minutes_pass(till, 3)
    stands = till.shown_rule()
    assert {name: stands[name] for name in change} == change
    assert "in_flight" not in till.state()
    attempts = automatic(till)
    assert till.state()["attempt"] == len(attempts) <= 1
    statuses = ("succeeded", "canceled") if change == {"enabled": False} else ("succeeded",)
    assert all(item["status"] in statuses for item in attempts)
    assert till.world.balance() == usd("5.00") + sum(till.charged()) * 10_000
    assert attempts or change == {"enabled": False}


@pytest.mark.parametrize("what", ["granted", "switched off", "lowered", "raised"])
def test_a_change_between_reading_and_claim_is_read_again(till: Till, wire: Wire, what: str) -> None:
    leave(till, "5.00")
    till.set_rule(till.card(), amount="20.00")
    changes: dict[str, Callable[[], Any]] = {
        "granted": lambda: leave(till, "10.00"),
        "switched off": lambda: till.rule(enabled=False),
        "lowered": lambda: till.rule(threshold="5.00"),
        "raised": lambda: till.rule(threshold="30.00"),
    }
    left = [changes[what]]

    def interfere(sent: Sent, passed: Pass) -> AWSResponse:
        if left and "ConditionCheck" in [kind for kind, _ in sent.actions]:
            left.pop()()
        return passed()

    made = record(till)
    with wire.interfering(interfere):
        assert bring(till, made) == []
    assert not left
    assert recharges(till) == ([("succeeded", "40.00")] if what == "raised" else [])


def test_a_rule_set_while_a_charge_is_under_way_keeps_it_under_way(till: Till) -> None:
    leave(till, "5.00")
    till.set_rule(till.card())
    till.fault("answer_lost", CONFIRM, count=2)
    till.fault("dropped", RETRIEVE)
    till.stream()
    in_flight = till.state()["in_flight"]
    answer = put_rule(till, {"threshold": "60.00", "amount": "20.00", "payment_method_id": till.card(MASTERCARD)})
    assert (answer.body["status"], answer.body["reason"]) == ("charging", "in_flight")
    assert till.state()["in_flight"] == in_flight
    till.stream()
    assert len(automatic(till)) == 1
    minutes_pass(till, 3)
    assert recharges(till) == [("succeeded", "50.00"), ("succeeded", "20.00")]
    assert [item["brand"] for item in automatic(till)] == ["visa", "mastercard"]
