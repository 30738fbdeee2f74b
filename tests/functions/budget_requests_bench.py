"""Budgets of acct_1, as the tests set, spend, and read them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from calling_credit.accounts.budgets_of_line import read_budgets_of_line
from calling_credit.links.link import raise_link
from calling_credit.links.store import LinkStore
from calling_credit.links.tokens import issue_link
from tests.functions.freeze_bench import SECRET
from tests.functions.notifications_bench import press
from tests.harness.faults import answer_lost
from tests.harness.http import MEMBER, Answer
from tests.harness.till import Till
from tests.harness.wire import Pass, Sent, wired
from tests.harness.world import World

LINE_BUDGET, USER_BUDGET = "/lines/line_1/budget", "/users/user_1/budget"
COUNTER, USER_COUNTER = "SPENT#2026-11#LINE#line_1", "SPENT#2026-11#USER#user_1"
ASKER: dict[str, Any] = {**MEMBER, "sub": "user-bo", "email": "bo@halcyon.example"}
"""A user who is no billing admin."""


def give(world: World, monthly: str | None = "2.00", path: str = LINE_BUDGET, **more: Any) -> Any:
    """Set a budget, let it count, and return its view."""
    answer = world.change(path, {"monthly": monthly, **more})
    assert answer.status == 200, answer.text
    world.clock.now += timedelta(minutes=10)
    return answer.body


def spend(world: World, amount: str) -> None:
    """Deliver a call of line_1 that costs `amount`, a multiple of 0.10."""
    seconds = round(float(amount) * 600)
    ended = world.clock.now
    begun = ended - timedelta(seconds=seconds)
    number = len(world.entries())
    times = {"started_at": begun, "answered_at": begun, "ended_at": ended}
    fields = {name: at.isoformat().replace("+00:00", "Z") for name, at in times.items()}
    call = {"call_id": f"spent_{number}", "duration_seconds": seconds, **fields}
    assert world.deliver(call) == []
    world.clock.now += timedelta(minutes=10)


def counter(world: World, name: str = COUNTER) -> dict[str, Any]:
    """A counter, after a check of its law: left = limit - spent - held."""
    [item] = [item for item in world.of_kind("SPENT") if item["SK"] == name]
    spent, held = item.get("spent_micros", 0), item.get("held_micros", 0)
    assert item["left_micros"] == item["limit_micros"] - spent - held
    return item


def limit(world: World, name: str = COUNTER) -> int:
    """The limit of a counter in whole cents."""
    return int(counter(world, name)["limit_micros"]) // 10_000


def ask(world: World, body: Any = None, line: str = "line_1", **claims: Any) -> Answer:
    """The answer to a user who asks for more, by default without the rights of a billing admin."""
    path = f"/lines/{line}/budget/requests"
    return world.ask("change_settings", "POST", path, body or {}, **{**ASKER, **claims})


def raise_it(world: World, line: str = "line_1", **claims: Any) -> Answer:
    """The answer to a billing admin who grants the open request."""
    return world.ask("change_settings", "POST", f"/lines/{line}/budget/requests", {"raise": True}, **claims)


def shown(world: World, line: str = "line_1") -> dict[str, Any]:
    """A line as a member sees it."""
    [found] = [item for item in world.get("/lines").body["items"] if item["line_id"] == line]
    return dict(found)


@contextmanager
def lost_answer(world: World) -> Iterator[None]:
    """Lose the answer of the first transaction in this context; the transaction is written."""
    lost: list[str] = []

    def lose(sent: Sent, passed: Pass) -> Any:
        if sent.operation == "TransactWriteItems" and not lost:
            lost.append(sent.call)
            return answer_lost(None, sent, passed)  # type: ignore[arg-type]
        return passed()

    with wired(world.stack) as wire, wire.interfering(lose):
        yield
    assert lost


def use_budgets(till: Till) -> None:
    """A user asks for more of a small budget, and a link raises it; then a billing admin does the same."""
    world = till.world
    for path in (LINE_BUDGET, USER_BUDGET):
        give(world, "0.10", path)
    assert world.stack.invoke("expire_holds", {})["budgets_counted"]
    spend(world, "0.10")
    assert world.authorize("c_over", seconds=60).body["reason"] == "line_budget"
    assert ask(world).status == 201
    press_raise_link(till)
    world.clock.now += timedelta(days=1)
    spend(world, "0.10")
    assert ask(world).status == 201
    assert raise_it(world).status == 200
    for path in (LINE_BUDGET, USER_BUDGET):
        give(world, None, path)


def press_raise_link(till: Till) -> None:
    """Press the link of the open request for line_1."""
    world = till.world
    table = (world.stack.dynamodb, world.stack.table_name)
    request = read_budgets_of_line(*table, "acct_1", "line_1", world.clock.now).request
    assert request is not None
    link = raise_link("acct_1", request)
    address = issue_link(LinkStore(*table), SECRET, "https://page.test/", link, world.clock.now)
    assert press(till, address.rpartition("/")[2])[0] == 200
