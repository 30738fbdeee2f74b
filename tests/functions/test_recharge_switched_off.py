"""The operator switches an account's automatic recharge off, and only off."""

import pytest

from tests.harness.cards import VISA
from tests.harness.recharging import leave, left_halfway, recharges, shown, talk
from tests.harness.till import ALWAYS, ANYTHING, Till

pytestmark = pytest.mark.dynamodb
PATH = "/accounts/acct_1/auto-recharge"
OFF = {"enabled": False, "reason": "the customer called"}


def test_operator_switches_the_rule_off_and_is_recorded(till: Till) -> None:
    leave(till, "20.00")
    till.set_rule(till.card(VISA))
    answer = till.world.operate("PUT", PATH, OFF)
    assert (answer.status, answer.body["enabled"], answer.body["status"]) == (200, False, "disabled")
    assert answer.body["in_flight"] is None
    record = till.state()["switched_off"]
    assert (record["reason"], record["by"][:7]) == ("the customer called", "client:")
    leave(till, "5.00")
    till.stream()
    assert (recharges(till), shown(till)[0]) == ([], "disabled")


def test_the_customer_switches_it_on_again(till: Till) -> None:
    leave(till, "5.00")
    card = till.card(VISA)
    till.set_rule(card)
    till.world.operate("PUT", PATH, OFF)
    till.stream()
    assert recharges(till) == []
    till.set_rule(card)
    till.stream()
    assert recharges(till) == [("succeeded", "50.00")]


def test_a_confirmed_recharge_is_named_in_the_answer(till: Till) -> None:
    left_halfway(till)
    answer = till.world.operate("PUT", PATH, OFF)
    [item] = till.top_ups()
    assert answer.body["in_flight"] == {"amount": "50.00", "top_up_id": item["topup_id"]}


def test_switching_off_twice_keeps_the_first_record(till: Till) -> None:
    till.set_rule(till.card(VISA))
    till.world.operate("PUT", PATH, OFF)
    assert till.world.operate("PUT", PATH, OFF | {"reason": "again"}).status == 200
    assert till.state()["switched_off"]["reason"] == "the customer called"


def test_an_account_without_a_rule_stays_without_one(till: Till) -> None:
    assert till.world.operate("PUT", PATH, OFF).body["enabled"] is False
    assert till.world.of_kind("AUTO_RECHARGE") == []


def test_switching_off_asks_stripe_nothing(till: Till) -> None:
    till.set_rule(till.card(VISA))
    till.fault("dropped", ANYTHING, count=ALWAYS)
    assert till.world.operate("PUT", PATH, OFF).status == 200


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"enabled": True, "reason": "x"}, "invalid_field"),
        ({"enabled": "false", "reason": "x"}, "invalid_field"),
        ({"reason": "x"}, "missing_field"),
        ({"enabled": False}, "missing_field"),
    ],
)
def test_anything_but_off_with_a_reason_is_refused(till: Till, body: dict[str, object], code: str) -> None:
    till.set_rule(till.card(VISA))
    answer = till.world.operate("PUT", PATH, body)
    assert (answer.status, answer.body["code"]) == (422, code)
    assert shown(till)[0] == "active"


def test_an_unknown_account_is_404(till: Till) -> None:
    assert till.world.operate("PUT", "/accounts/acct_9/auto-recharge", OFF).status == 404


def test_a_switched_off_rule_ignores_calls(till: Till) -> None:
    leave(till, "12.00")
    till.set_rule(till.card(VISA))
    till.world.operate("PUT", PATH, OFF)
    talk(till, 2)
    till.stream()
    till.sweep(hours=7)
    till.stream()
    assert recharges(till) == []
