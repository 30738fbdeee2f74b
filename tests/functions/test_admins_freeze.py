"""A billing admin freezes the own account. Only the operator unfreezes it."""

from typing import Any

import pytest

from calling_credit.notifications.from_stream import derive_events
from tests.functions.freeze_bench import account, freeze, is_frozen
from tests.functions.links_bench import waiting
from tests.harness.http import MEMBER, NOT_ADMIN, Answer
from tests.harness.till import Till
from tests.harness.world import World

pytestmark = pytest.mark.dynamodb
SUBJECT = "b4d8e428-4071-70d2-9c5e-3f1f6a3b2c10"
"""The billing admin of the sample events."""


def press(world: World, **claims: Any) -> Answer:
    """The answer to POST /freeze."""
    return world.ask("change_settings", "POST", "/freeze", {}, **claims)


def test_an_admin_freezes_the_account_once(till: Till) -> None:
    for _ in range(2):
        answer = press(till.world)
        assert (answer.status, answer.body) == (200, {"frozen": True})
        till.later(minutes=1)
    assert is_frozen(till)
    shown = account(till.world)
    assert shown["frozen_at"] == "2026-11-23T12:00:00.000Z"
    [change] = till.world.changes("account_frozen")
    assert (change["by"], change["old"], change["new"]) == (f"user:{SUBJECT}", {"frozen": False}, {"frozen": True})
    [event] = derive_events({}, shown, "2026-11-23T12:00:00.000Z")
    assert (event.name, event.model_dump()["data"]) == ("AccountFrozen", {"by": f"user:{SUBJECT}"})


@pytest.mark.parametrize("groups", [MEMBER["cognito:groups"], *NOT_ADMIN], ids=str)
def test_a_member_freezes_nothing(world: World, groups: object) -> None:
    before = world.stack.items()
    assert press(world, **{"cognito:groups": groups}).code == "billing_admin_required"
    assert world.stack.items() == before


def test_only_the_operator_unfreezes(till: Till) -> None:
    assert press(till.world).status == 200
    assert till.world.authorize().body["reason"] == "account_frozen"
    freeze(till, is_frozen=False)
    assert not is_frozen(till)
    assert press(till.world).status == 200
    assert is_frozen(till)


def test_a_freeze_cancels_what_waits_for_the_customer(till: Till) -> None:
    waiting(till)
    assert press(till.world).status == 200
    till.sweep()
    assert [item["status"] for item in till.top_ups()] == ["canceled"]


def test_a_closed_account_freezes_but_an_unknown_account_is_refused(world: World) -> None:
    world.operate("PUT", "/accounts/acct_1", {"status": "closed"})
    assert press(world).status == 200
    assert press(world, **{"custom:account_id": "acct_none"}).code == "unknown_account"
