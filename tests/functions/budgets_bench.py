"""Budgets of acct_1, as the tests set and read them."""

from datetime import datetime, timedelta
from typing import Any

from calling_credit.accounts.budget_settings import line_budget_actions, user_budget_actions
from calling_credit.budgets.budget import BudgetAt, budget_from_item, change_budget
from calling_credit.dynamodb.transactions import transact
from tests.functions.minutes_bench import record
from tests.harness.spending import check_spending
from tests.harness.world import World

LINE, USER = "SPENT#2026-11#LINE#line_1", "SPENT#2026-11#USER#user_1"
COUNTED = timedelta(minutes=5)
"""How long after a budget begins its month is counted for sure."""


def set_budget(world: World, monthly: int | None, *, at: str = "refuse", of: str = "LINE#line_1") -> None:
    """Give a line or user a budget in micro-dollars; None ends it."""
    [account] = world.of_kind("ACCOUNT")
    kind = of.split("#", maxsplit=1)[0]
    [item] = [one for one in world.of_kind(kind) if one["SK"] == of]
    now, zone = world.clock.now, account["time_zone"]
    after = change_budget(budget_from_item(item), monthly, BudgetAt(at), now, zone)
    assert after is not None
    table = (world.stack.dynamodb, world.stack.table_name)
    if kind == "LINE":
        actions = line_budget_actions(*table, item, after, zone, now)
    else:
        actions = user_budget_actions(*table, account, item, after, now)
    assert not transact(world.stack.dynamodb, actions)


def begin_budget(world: World, monthly: int, *, at: str = "refuse", of: str = "LINE#line_1") -> None:
    """Give a line or user a budget, and let the month be counted."""
    set_budget(world, monthly, at=at, of=of)
    world.clock.now += COUNTED
    assert world.stack.invoke("expire_holds", {})["failed"] == 0


def spending(world: World) -> dict[str, tuple[int | None, int, int, int]]:
    """Limit, spent, held, and left of each counter, after a check of the account's sums and of law 17."""
    world.balance()
    return check_spending(world.stack.items("acct_1"))


def spend(world: World, call_id: str, seconds: int, **changes: Any) -> None:
    """Deliver a finished call of user_1, as soon as it has ended."""
    world.clock.now = max(world.clock.now, datetime.fromisoformat(record(seconds)["ended_at"]))
    assert world.deliver(record(seconds, call_id=call_id, user_id="user_1", **changes)) == []
