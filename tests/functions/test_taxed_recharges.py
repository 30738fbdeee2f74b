"""A rule buys multiples of its amount and stays within its limits with the tax; it stops while the tax is unknown."""

from typing import Any

import pytest

from calling_credit.money import format_money
from tests.functions.tax_bench import FIFTEEN, HEADER, TWENTY, amounts, enter, publish, turn_off, turn_on
from tests.harness.recharging import automatic, charges_now, leave, patch_rule, recharges, shown, threshold_watched
from tests.harness.till import CONFIRM, Till

pytestmark = pytest.mark.dynamodb
UNKNOWN = f"{HEADER}GB,*,20,2026-01-01\n"
HOUR = "2026-11-23T13:00:00.000Z"


@pytest.fixture(autouse=True)
def taxed(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stack that taxes payments, and an account in New York."""
    turn_on(monkeypatch, till)
    enter(till)


def totals(till: Till) -> list[str]:
    """What the card paid, or pays, in each payment of the rule."""
    return [format_money(item["amount_micros"] + item.get("tax_micros", 0)) for item in automatic(till)]


def simulated(till: Till, **rule: Any) -> dict[str, Any]:
    """The answer to the simulation of a rule."""
    answer = till.world.ask("change_settings", "POST", "/auto-recharge/simulate", rule)
    assert answer.status == 200, answer.text
    body: dict[str, Any] = answer.body
    return body


def test_a_recharge_buys_credit_up_to_the_threshold_and_pays_the_tax(till: Till) -> None:
    leave(till, "-120.00")
    till.set_rule(till.card(), daily_limit="500.00")
    till.stream()
    assert (recharges(till), totals(till)) == ([("succeeded", "150.00")], ["172.50"])
    assert (till.charged(), till.world.balance()) == ([17_250], 30_000_000)
    assert automatic(till)[0]["tax_percent"] == "15"
    till.check()


def test_limits_count_what_the_card_pays(till: Till) -> None:
    leave(till, "-120.00")
    till.set_rule(till.card(), daily_limit="172.49", monthly_limit="500.00")
    till.stream()
    assert (recharges(till), totals(till)) == ([("succeeded", "100.00")], ["115.00"])
    assert shown(till)[:2] == ("paused", "daily_limit")
    assert till.state()["recent"].startswith('[[1,"2026-11-23T12:00:00.000Z",115000000,')
    till.later(days=1)
    till.sweep()
    till.stream()
    assert totals(till) == ["115.00", "57.50"]
    till.check()


def test_an_amount_whose_tax_exceeds_a_limit_stops_with_that_limit(till: Till) -> None:
    leave(till, "5.00")
    till.set_rule(till.card(), daily_limit="57.50")
    publish(till, TWENTY)
    till.stream()
    assert (recharges(till), shown(till)[:2]) == ([], ("paused", "daily_limit"))


@pytest.mark.parametrize(("name", "limit"), [("daily_limit", "57.49"), ("monthly_limit", "57.49")])
def test_a_limit_must_allow_the_amount_with_its_tax(till: Till, name: str, limit: str) -> None:
    leave(till, "50.00")
    rule: dict[str, Any] = {"enabled": True, "threshold": "10.00", "amount": "50.00", "payment_method_id": till.card()}
    refused = till.rule(**rule, **{name: limit})
    assert (refused.status, refused.code) == (422, "limit_below_amount")
    assert "plus 15 % tax" in refused.body["detail"]
    assert till.rule(**rule, **{name: "57.50"}).status == 200
    publish(till, TWENTY)
    assert patch_rule(till, threshold="20.00").code == "limit_below_amount"
    assert patch_rule(till, enabled=False).status == 200, "a rule can always be switched off"


def test_the_shown_charge_is_the_accepted_one_with_tax(till: Till) -> None:
    leave(till, "-120.00")
    card = till.card()
    rule = {"threshold": "10.00", "amount": "50.00", "payment_method_id": card, "daily_limit": "500.00"}
    charge = charges_now(till, **rule)
    assert amounts(charge) == ("150.00", "22.50", "172.50")
    till.set_rule(card, accept_charge="172.49", daily_limit="500.00")
    till.stream()
    assert (recharges(till), shown(till)[:2]) == ([], ("suspended", "charge_changed"))
    till.set_rule(card, enabled=False)
    till.set_rule(card, accept_charge=charge["total"], daily_limit="500.00")
    till.stream()
    assert totals(till) == ["172.50"]


def test_a_charge_whose_tax_rose_after_the_acceptance_is_not_confirmed(till: Till) -> None:
    leave(till, "5.00")
    till.set_rule(till.card(), accept_charge="57.50")
    publish(till, TWENTY)
    till.stream()
    assert (till.charged(), shown(till)[:2]) == ([], ("suspended", "charge_changed"))


def test_a_simulation_shows_the_tax_of_its_charges(till: Till) -> None:
    leave(till, "5.00")
    run = simulated(till, threshold="10.00", amount="50.00")
    assert (run["charges"], run["charged"], run["tax"], run["total"]) == (1, "50.00", "7.50", "57.50")
    publish(till, UNKNOWN)
    run = simulated(till, threshold="10.00", amount="50.00", payment_method_id=till.card())
    assert (run["charges"], run["charges_now"]) == (0, None)
    assert run["stops"][0]["reason"] == "tax_unavailable"


@pytest.mark.parametrize("table", [UNKNOWN, None])
def test_a_rule_waits_while_its_tax_is_unknown(till: Till, table: str | None) -> None:
    leave(till, "5.00")
    card = till.card()
    till.set_rule(card)
    publish(till, table or "damaged")
    assert till.stream() == 1, "the record is not repeated"
    assert (recharges(till), till.charged()) == ([], [])
    assert shown(till) == ("paused", "tax_unavailable", HOUR)
    assert threshold_watched(till) is None
    publish(till, FIFTEEN)
    till.sweep(minutes=59)
    till.stream()
    assert recharges(till) == []
    till.sweep(minutes=2)
    till.stream()
    assert totals(till) == ["57.50"]
    till.check()


def test_new_details_end_the_wait_at_once(till: Till) -> None:
    leave(till, "5.00")
    till.set_rule(till.card())
    enter(till, country="FR", region=None)
    till.stream()
    assert shown(till) == ("paused", "tax_unavailable", HOUR)
    enter(till)
    assert shown(till) == ("active", None, None)
    till.stream()
    assert totals(till) == ["57.50"]
    enter(till, po_number="PO 9")
    assert till.stream() == 0, "nothing waits"


def test_a_lost_attempt_is_resumed_with_its_own_tax(till: Till) -> None:
    leave(till, "5.00")
    till.set_rule(till.card())
    till.fault("answer_lost", CONFIRM, count=2)
    till.stream()
    till.all_well()
    publish(till, TWENTY)
    enter(till, region="CA")
    till.sweep(minutes=3)
    till.stream()
    assert (totals(till), till.charged()) == (["57.50"], [5750])
    till.check()


# --- Turning tax on ---------------------------------------------------------------------------------------------------


@pytest.fixture
def armed(till: Till, monkeypatch: pytest.MonkeyPatch) -> str:
    """A rule that was armed before the stack taxed payments; its card."""
    turn_off(monkeypatch)
    leave(till, "50.00")
    card = till.card()
    till.set_rule(card, daily_limit="500.00")
    turn_on(monkeypatch, till)
    return card


def charge_once(till: Till) -> str:
    """Let the balance fall below the threshold; what the card paid for the recharge."""
    leave(till, "5.00")
    till.stream()
    return totals(till)[-1]


def test_an_armed_rule_is_taxed_fourteen_days_after_its_owner_was_told(till: Till, armed: str) -> None:
    assert armed
    assert charge_once(till) == "50.00", "the owner is not told yet"
    till.sweep(hours=8)
    state = till.state()
    assert (state["tax_percent"], state["tax_from"]) == ("15", "2026-12-07T20:00:00.000Z")
    assert charge_once(till) == "50.00"
    till.later(days=13, hours=23)
    till.sweep()
    assert till.state()["tax_from"] == "2026-12-07T20:00:00.000Z", "the notice is given once"
    assert charge_once(till) == "50.00"
    till.sweep(hours=1, minutes=1)
    assert charge_once(till) == "57.50"
    till.check()


def test_arming_begins_the_tax_at_once(till: Till, armed: str) -> None:
    till.sweep(hours=8)
    assert patch_rule(till, hourly_count=5).status == 200
    assert charge_once(till) == "50.00", "the rule was not armed"
    assert patch_rule(till, threshold="20.00").status == 200
    assert "tax_percent" not in till.state()
    assert charge_once(till) == "57.50"
    assert armed


def test_tax_that_begins_again_is_announced_again(till: Till, armed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert armed
    till.sweep(hours=8)
    turn_off(monkeypatch)
    till.sweep(hours=8)
    assert not {"tax_from", "tax_percent"} & set(till.state())
    turn_on(monkeypatch, till)
    till.sweep(hours=8)
    assert till.state()["tax_from"] == "2026-12-08T12:00:00.000Z"


def test_an_owner_without_details_is_told_that_the_tax_is_unknown(till: Till, armed: str) -> None:
    assert armed
    publish(till, UNKNOWN)
    till.sweep(hours=8)
    assert till.state()["tax_percent"] == ""
    assert charge_once(till) == "50.00"
    till.sweep(days=15)
    leave(till, "5.00")
    till.stream()
    assert shown(till)[:2] == ("paused", "tax_unavailable")
