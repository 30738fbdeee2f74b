"""Versions of settings: nothing but a setting moves one, and the operator changes no line from an older one."""

from collections.abc import Callable
from typing import Any

import pytest

from local.stripe_stand_in.controls import Controls
from tests.functions.test_settings_versions import is_conflict
from tests.harness.cards import DECLINED
from tests.harness.http import Answer
from tests.harness.recharging import below, leave, minutes_pass, patch_rule, remove
from tests.harness.till import Till
from tests.harness.world import World

pytestmark = [pytest.mark.dynamodb, pytest.mark.usefixtures("law_six")]


def versions(till: Till) -> tuple[int, int, int]:
    """The versions of the rule, the limits, and the line."""
    [line] = till.world.get("/lines").body["items"]
    limits = till.world.ask("change_settings", "GET", "/limits").body
    return till.shown_rule()["version"], limits["version"], line["version"]


def paid(till: Till) -> str:
    """Let the rule make a payment; return its intent."""
    below(till)
    till.stream()
    [payment] = till.top_ups()
    return str(payment["intent_id"])


def refund(till: Till) -> None:
    intent = till.sdk.v1.payment_intents.retrieve(paid(till))
    till.sdk.v1.refunds.create({"payment_intent": intent.id})
    till.call_all_back()
    assert till.shown_rule()["reason"] == "payment_refunded"


def decline(till: Till) -> None:
    below(till, DECLINED)
    minutes_pass(till, 60 * 26, step=60)
    assert till.shown_rule()["status"] == "suspended"


def renew(till: Till) -> None:
    below(till)
    Controls(till.stand_in).renew_card(till.shown_rule()["payment_method_id"])
    till.call_all_back()


def copy(till: Till) -> None:
    below(till)
    till.card()
    assert till.world.ask("add_funds", "GET", "/payment-methods").status == 200


def remove_card(till: Till) -> None:
    below(till)
    remove(till, till.shown_rule()["payment_method_id"])
    assert till.shown_rule()["reason"] == "card_removed"


def operate(till: Till) -> None:
    below(till)
    for change in ({"limits": {"daily_spend": "20.00"}}, {"frozen": True}, {"frozen": False}):
        assert till.world.operate("PUT", "/accounts/acct_1", change).status == 200
    assert till.world.operate("PUT", "/accounts/acct_1/users/user_1", {"name": "Bo"}).status == 200


def change_the_charge(till: Till) -> None:
    leave(till, "5.00")
    till.set_rule(till.card(), accept_charge="1.00")
    till.stream()
    assert till.shown_rule()["reason"] == "charge_changed"


@pytest.mark.parametrize("happen", [refund, decline, renew, copy, remove_card, operate, change_the_charge])
def test_what_is_no_setting_moves_no_version(till: Till, happen: Callable[[Till], None]) -> None:
    before = versions(till)
    happen(till)
    assert versions(till) == (1, *before[1:])
    minutes_pass(till, 3)
    assert versions(till) == (1, *before[1:])


@pytest.mark.parametrize(
    "change",
    [{"threshold": "10.00"}, {"enabled": True, "hourly_count": 3}, {}, {"amount": None}, {"version": 1}],
    ids=str,
)
def test_a_change_to_the_same_settings_moves_no_version(till: Till, change: dict[str, Any]) -> None:
    leave(till, "20.00")
    till.set_rule(till.card())
    before = till.shown_rule()
    assert (patch_rule(till, **change).body, till.shown_rule()) == (before, before)


def test_the_operator_changes_no_line_from_an_older_version(world: World) -> None:
    def put(**body: Any) -> Answer:
        return world.operate("PUT", "/accounts/acct_1/lines/line_1", body)

    world.operate("PUT", "/accounts/acct_1/users/user_9", {"name": "Noor"})
    [shown] = world.get("/lines").body["items"]
    assert world.change("/lines/line_1", {"international_calling": False}).status == 200
    [current] = world.get("/lines").body["items"]
    before = world.stack.items()
    assert is_conflict(put(international_calling=True, version=shown["version"]), current)
    assert is_conflict(put(user_id="user_9", version=shown["version"]), current)
    assert put(user_id="user_9", version="1").code == "invalid_field"
    assert world.stack.items() == before
    assert put(international_calling=False, version=shown["version"]).body == current
    assert put(user_id="user_9", version=current["version"]).body["version"] == current["version"] + 1
    assert put(user_id="user_1").body["version"] == current["version"] + 2
