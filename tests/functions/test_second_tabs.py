"""An older browser tab or a late answer never switches recharge on, restores a colleague's settings, or charges more
than its user saw.
"""

import pytest

from tests.harness.cards import MASTERCARD
from tests.harness.recharging import (
    below,
    leave,
    left_halfway,
    minutes_pass,
    patch_rule,
    put_rule,
    recharges,
)
from tests.harness.till import ALWAYS, CONFIRM, CREATE, Till

pytestmark = [pytest.mark.dynamodb, pytest.mark.usefixtures("law_six")]


# --- Older tabs -------------------------------------------------------------------------------------------------------


def test_an_older_tab_neither_switches_on_nor_restores_nor_charges(till: Till) -> None:
    leave(till, "5.00")
    visa, mastercard = till.card(), till.card(MASTERCARD)
    till.rule(enabled=True, threshold="0.00", amount="50.00", payment_method_id=visa)
    tab = till.shown_rule()
    colleague = {"enabled": False, "threshold": "10.00", "payment_method_id": mastercard, "daily_limit": "60.00"}
    assert put_rule(till, colleague | {"version": tab["version"]}).status == 200
    current = till.shown_rule()
    whole = {name: tab[name] for name in ("enabled", "threshold", "amount", "payment_method_id", "daily_limit")}
    for method in ("PUT", "PATCH"):
        body = whole | {"threshold": "20.00", "version": tab["version"]}
        answer = till.world.ask("change_settings", method, "/auto-recharge", body)
        assert (answer.status, answer.code, answer.body["current"]) == (409, "changed_meanwhile", current)
    minutes_pass(till, 3)
    assert till.shown_rule() == current
    assert till.charged() == []


def test_a_tab_that_sends_what_was_typed_keeps_the_rest(till: Till) -> None:
    leave(till, "5.00")
    till.set_rule(till.card(), threshold="1.00")
    patch_rule(till, enabled=False)
    answer = patch_rule(till, threshold="30.00", version=till.shown_rule()["version"])
    assert (answer.status, answer.body["enabled"]) == (200, False)
    assert till.stream() == 0


# --- Off --------------------------------------------------------------------------------------------------------------


def test_switching_off_names_the_payment_that_is_already_confirmed(till: Till) -> None:
    left_halfway(till)
    [payment] = till.top_ups()
    answer = patch_rule(till, enabled=False)
    assert answer.body["in_flight"] == {"amount": "50.00", "top_up_id": payment["topup_id"]}
    assert put_rule(till, {"enabled": False}).body["in_flight"] == answer.body["in_flight"]
    till.all_well()
    minutes_pass(till, 4)
    assert recharges(till) == [("succeeded", "50.00")]
    assert patch_rule(till, enabled=False).body["in_flight"] is None


@pytest.mark.parametrize("lost", [CREATE, CONFIRM])
def test_a_claimed_payment_is_named_and_not_charged_after_off(till: Till, lost: str) -> None:
    below(till)
    till.fault("dropped", lost, count=ALWAYS)
    till.stream()
    assert patch_rule(till, enabled=False).body["in_flight"]["amount"] == "50.00"
    till.all_well()
    minutes_pass(till, 5)
    assert recharges(till) == [("canceled", "50.00")]
    assert till.charged() == []
    assert patch_rule(till, enabled=False).body["in_flight"] is None


def test_nothing_is_charged_after_off_without_a_payment_in_flight(till: Till) -> None:
    below(till)
    answer = patch_rule(till, enabled=False)
    assert (answer.body["status"], answer.body["in_flight"]) == ("disabled", None)
    minutes_pass(till, 3)
    assert recharges(till) == []


def test_only_the_answer_of_an_inactive_rule_names_a_payment_in_flight(till: Till) -> None:
    left_halfway(till)
    assert "in_flight" not in patch_rule(till, threshold="9.00").body
    assert "in_flight" not in till.shown_rule()
    till.all_well()
    minutes_pass(till, 4)
