"""A promotion code that is withdrawn gives nothing more, and takes nothing back."""

from datetime import timedelta
from typing import Any

import pytest

from tests.functions.accounts_bench import at_once
from tests.functions.lots_bench import expiring, lots, spend
from tests.functions.moves_bench import CLIENT, at_desk, left_of
from tests.functions.test_promotions import create, promotion, redeem
from tests.harness.http import Answer
from tests.harness.world import World

pytestmark = pytest.mark.dynamodb


def withdraw(world: World, code: str = "WELCOME-10", *, claims: dict[str, Any] | None = None, **changes: Any) -> Answer:
    """Ask that a code gives no more."""
    body = {"code": code, "withdrawn": True, "reason": "Posted in a forum"} | changes
    return at_desk(world, "POST", "/promotions", body, key=None, **(claims or {}))


def recorded(world: World, code: str = "WELCOME-10") -> list[tuple[str, str]]:
    """The recorded changes of a code: action and actor."""
    items = [item for item in world.stack.items() if item["PK"] == f"PROMOTION#{code}" and "action" in item]
    return [(item["action"], item["by"]) for item in items]


def test_a_withdrawn_code_gives_nothing_more(world: World) -> None:
    world.create_account("acct_2")
    create(world)
    assert redeem(world, key="k_1").status == 201
    answer = withdraw(world, "welcome-10")
    assert (answer.status, answer.body["redeemed"], answer.body["left"]) == (200, 1, "90.00")
    refused = redeem(world, account="acct_2")
    assert (refused.status, refused.code) == (409, "promotion_withdrawn")
    assert (world.balance(), world.balance("acct_2")) == (10_000_000, 0)
    assert recorded(world) == [("promotion_created", "staff:staff-1"), ("promotion_withdrawn", "staff:staff-1")]


def test_what_was_redeemed_stays_and_is_told_again(world: World) -> None:
    create(world)
    first = redeem(world, key="k_1")
    withdraw(world)
    assert (redeem(world, key="k_1").status, redeem(world, key="k_1").body) == (201, first.body)
    assert redeem(world, key="k_2").code == "promotion_used"
    spend(world, 4)
    assert expiring(world) == ["6.00"]


def test_a_repeated_withdrawal_keeps_the_first_time(world: World) -> None:
    create(world)
    first = withdraw(world)
    after = world.stack.items()
    world.clock.now += timedelta(hours=1)
    again = withdraw(world, reason="Another reason")
    assert (again.status, again.body, world.stack.items()) == (200, first.body, after)


def test_a_withdrawn_code_is_not_created_again(world: World) -> None:
    create(world)
    withdraw(world)
    again = create(world)
    assert (again.status, again.body["withdrawn_at"]) == (201, "2026-11-23T12:00:00.000Z")
    assert create(world, amount="11.00").code == "promotion_exists"
    assert redeem(world).code == "promotion_withdrawn"
    assert promotion(world)["left_micros"] == 100_000_000
    assert left_of(world) == [0], "the total stays in the day of its creator"


def test_a_code_is_withdrawn_beside_those_who_redeem_it(world: World) -> None:
    accounts = ["acct_1", "acct_2", "acct_3"]
    for account in accounts[1:]:
        world.create_account(account)
    create(world)
    *answers, last = at_once(
        *(lambda account=account: redeem(world, account=account) for account in accounts), lambda: withdraw(world)
    )
    assert last.status == 200
    given = [answer for answer in answers if answer.status == 201]
    assert {answer.code for answer in answers if answer.status != 201} <= {"promotion_withdrawn"}
    assert promotion(world)["left_micros"] == 100_000_000 - 10_000_000 * len(given)
    assert sum(len(lots(world, account)) for account in accounts) == promotion(world)["redeemed"] == len(given)


def test_only_finance_and_clients_with_the_scope_withdraw(world: World) -> None:
    create(world)
    support = {"cognito:groups": ["support"]}
    assert withdraw(world, claims=support).code == "finance_required"
    assert withdraw(world, claims=CLIENT | {"scope": "accounts/read"}).code == "scope_required"
    assert redeem(world).status == 201
    assert withdraw(world, claims=CLIENT).status == 200


def test_a_code_that_waits_or_does_not_exist_is_unknown(world: World) -> None:
    create(world, total="100.01")
    refused = withdraw(world)
    assert (refused.status, refused.code) == (404, "unknown_promotion")
    assert recorded(world) == [("approval_requested", "staff:staff-1")]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"withdrawn": False}, "invalid_field"),
        ({"withdrawn": "yes"}, "invalid_field"),
        ({"withdrawn": None}, "invalid_field"),
        ({"amount": "10.00"}, "invalid_field"),
        ({"reason": None}, "missing_field"),
        ({"reason": " "}, "invalid_field"),
        ({"code": "x"}, "invalid_field"),
        ({"code": None}, "invalid_field"),
    ],
)
def test_a_wrong_withdrawal_is_422_and_writes_nothing(world: World, changes: dict[str, Any], code: str) -> None:
    create(world)
    before = world.stack.items()
    answer = withdraw(world, **changes)
    assert (answer.status, answer.code) == (422, code)
    assert world.stack.items() == before
