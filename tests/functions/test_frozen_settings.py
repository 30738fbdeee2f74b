"""A frozen account refuses looser lines, limits, and rules, and accepts tighter ones."""

from typing import Any

import pytest

from tests.functions.freeze_bench import freeze, refuses
from tests.harness.cards import DECLINED
from tests.harness.recharging import leave, patch_rule
from tests.harness.till import Till
from tests.harness.wire import Pass, Sent, Wire

pytestmark = pytest.mark.dynamodb

OTHER = "pm_card_mastercard"


# --- Lines and limits -------------------------------------------------------------------------------------------------


def test_a_line_of_a_frozen_account_turns_off_and_not_on(till: Till) -> None:
    world = till.world
    freeze(till)
    assert world.change("/lines/line_1", {"international_calling": True}).status == 200, "unchanged"
    assert world.change("/lines/line_1", {"international_calling": False}).status == 200
    before = world.stack.items()
    refuses(world.change("/lines/line_1", {"international_calling": True}))
    assert world.stack.items() == before
    freeze(till, is_frozen=False)
    assert world.change("/lines/line_1", {"international_calling": True}).status == 200


TIGHTER = {"daily_spend": "5.00", "simultaneous_calls": 2, "blocked": ["CU", "+447"], "high_cost_allowed": ["+1900"]}


@pytest.mark.parametrize(
    "looser",
    [
        {"daily_spend": "5.01"},
        {"daily_spend": None},
        {"simultaneous_calls": 3},
        {"blocked": ["CU"]},
        {"blocked": None},
        {"high_cost_allowed": ["+1900", "+1876"]},
        {"daily_spend": "1.00", "blocked": []},
    ],
)
def test_a_frozen_account_refuses_looser_limits(till: Till, looser: dict[str, Any]) -> None:
    assert till.world.change("/limits", TIGHTER).status == 200
    freeze(till)
    before = till.world.stack.items()
    refuses(till.world.change("/limits", looser))
    assert till.world.stack.items() == before
    freeze(till, is_frozen=False)
    assert till.world.change("/limits", looser).status == 200


@pytest.mark.parametrize(
    "tighter",
    [
        {},
        TIGHTER,
        {"daily_spend": "4.00", "call_price": "1.00", "high_cost": "0.10"},
        {"blocked": ["CU", "+44", "FR"]},
        {"high_cost_allowed": []},
        {"high_cost_allowed": None},
    ],
)
def test_a_frozen_account_accepts_tighter_limits(till: Till, tighter: dict[str, Any]) -> None:
    assert till.world.change("/limits", TIGHTER).status == 200
    freeze(till)
    answer = till.world.change("/limits", tighter)
    assert (answer.status, answer.body["frozen"]) == (200, True)


# --- The rule ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "looser",
    [
        {"threshold": "10.01"},
        {"amount": "51.00"},
        {"hourly_count": 4},
        {"daily_limit": "200.01"},
        {"monthly_limit": "1000.01"},
        {"payment_method_id": "the other card"},
        {"enabled": False, "monthly_limit": "2000.00"},
    ],
    ids=str,
)
def test_a_frozen_account_refuses_a_looser_rule(till: Till, looser: dict[str, Any]) -> None:
    till.world.adjust("45.00", "credit")
    card, other = till.card(), till.card(OTHER)
    till.set_rule(card)
    freeze(till)
    before = till.shown_rule()
    change = {name: other if value == "the other card" else value for name, value in looser.items()}
    refuses(till.rule(**change))
    assert till.shown_rule() == before


@pytest.mark.parametrize(
    "tighter",
    [
        {"enabled": False},
        {"enabled": True, "threshold": "10.00", "amount": "50.00"},
        {"threshold": "5.00", "amount": "20.00"},
        {"hourly_count": 1, "daily_limit": "50.00", "monthly_limit": "50.00"},
    ],
    ids=str,
)
def test_a_frozen_account_accepts_a_tighter_rule(till: Till, tighter: dict[str, Any]) -> None:
    till.set_rule(till.card())
    freeze(till)
    answer = till.rule(**tighter)
    assert (answer.status, answer.body["enabled"]) == (200, tighter.get("enabled", True))
    till.stream()
    assert till.charged() == []


def test_a_frozen_account_neither_makes_nor_switches_on_a_rule(till: Till) -> None:
    card = till.card()
    freeze(till)
    settings = {"threshold": "10.00", "amount": "50.00", "payment_method_id": card}
    refuses(till.rule(enabled=True, **settings))
    assert till.world.of_kind("AUTO_RECHARGE") == []
    freeze(till, is_frozen=False)
    assert till.rule(enabled=False, **settings).status == 200
    freeze(till)
    refuses(till.rule(enabled=True))


@pytest.mark.parametrize("change", ["line", "limits", "first rule", "rule"])
def test_a_freeze_between_read_and_write_refuses_a_looser_change(till: Till, wire: Wire, change: str) -> None:
    world, card = till.world, till.card()
    world.change("/lines/line_1", {"international_calling": False})
    world.change("/limits", TIGHTER)
    rule = {"threshold": "10.00", "amount": "50.00", "payment_method_id": card}
    if change == "rule":
        till.rule(enabled=False, **rule)
    frozen: list[Sent] = []

    def freeze_first(sent: Sent, passed: Pass) -> Any:
        if sent.operation == "TransactWriteItems" and not frozen:
            frozen.append(sent)
            freeze(till)
        return passed()

    requests = {
        "line": lambda: world.change("/lines/line_1", {"international_calling": True}),
        "limits": lambda: world.change("/limits", {"blocked": []}),
        "first rule": lambda: till.rule(enabled=True, **rule),
        "rule": lambda: till.rule(enabled=True),
    }
    with wire.interfering(freeze_first):
        answer = requests[change]()
    assert frozen
    refuses(answer)


def test_a_frozen_account_accepts_a_lower_first_charge_and_no_higher_one(till: Till) -> None:
    till.world.adjust("45.00", "credit")
    till.set_rule(till.card())
    freeze(till)
    for amount in ("10.00", "10.00", "5.00"):
        assert patch_rule(till, accept_charge=amount).status == 200, "no charge was limited before"
    before = till.state()
    refuses(patch_rule(till, accept_charge="5.01"))
    refuses(patch_rule(till, accept_charge="60.00", enabled=False))
    assert till.state() == before


def test_a_rule_that_backs_off_can_be_tightened_while_frozen(till: Till) -> None:
    leave(till, "5.00")
    till.set_rule(till.card(DECLINED))
    till.stream()
    freeze(till)
    for hours, change in ((0, {"amount": "20.00"}), (2, {"amount": "10.00"}), (0, {"enabled": False})):
        till.later(hours=hours)
        assert patch_rule(till, **change).status == 200
    refuses(patch_rule(till, enabled=True, amount="10.00"))


# --- What others see and do -------------------------------------------------------------------------------------------


def test_the_balance_shows_whether_the_account_is_open_and_frozen(till: Till) -> None:
    def shown() -> tuple[str, bool]:
        body = till.world.get("/balance").body
        return body["status"], body["frozen"]

    assert shown() == ("open", False)
    freeze(till)
    assert shown() == ("open", True)
    till.world.operate("PUT", "/accounts/acct_1", {"status": "closed"})
    assert shown() == ("closed", True)
    freeze(till, is_frozen=False)
    assert shown() == ("closed", False)


def test_the_operator_works_on_a_frozen_account_as_before(till: Till) -> None:
    world = till.world
    till.rule(enabled=False, threshold="10.00", amount="50.00", payment_method_id=till.card())
    freeze(till)
    world.adjust("5.00", "goodwill")
    assert world.balance() == 5_000_000
    limits = {"limits": {"daily_spend": "500.00", "high_cost_allowed": ["+1900"]}, "low_balance": "10.00"}
    assert world.operate("PUT", "/accounts/acct_1", limits).body["frozen"] is True
    assert world.operate("PUT", "/accounts/acct_1", {"frozen": None}).status == 422
    off = {"enabled": False, "reason": "fraud"}
    assert world.operate("PUT", "/accounts/acct_1/auto-recharge", off).status == 200
    line = {"number": "+14155550101", "user_id": "user_1", "international_calling": True}
    assert world.operate("PUT", "/accounts/acct_1/lines/line_2", line).status == 201
    assert world.authorize().body["reason"] == "account_frozen"
    freeze(till, is_frozen=False)
    assert world.authorize("c_2").body["decision"] == "allow"
