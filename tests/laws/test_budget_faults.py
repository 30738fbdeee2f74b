"""Laws 10 and 17 of budgets: after any failure of holding, extending, posting, expiring, counting, or correcting, and
with two at once, left = limit - spent - held, and spent is what the month's entries cost.
"""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from calling_credit.accounts.budget_requests import BudgetOf
from calling_credit.accounts.budget_store import BudgetStore
from calling_credit.budgets.budget import BudgetAt
from calling_credit.changes.actor import Actor, ActorKind
from tests.harness.faults import ask_until_answered, deliver_until_settled
from tests.harness.queue import failures
from tests.harness.table import Context, Stack, load_app
from tests.harness.threads import at_once
from tests.harness.wire import wired
from tests.laws.ledger_bench import START, LedgerBench, after_each, batch, call, report, request
from tests.laws.spending import law_17_spending_is_that_of_entries_and_holds
from tests.laws.test_admission_faults import CREDIT, asking, expire_until_done, what_stands
from tests.laws.test_minutes_faults import FINISHED, some_points

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]

COUNTERS = [("ACCOUNT#acct_1", f"SPENT#2026-11#{owner}") for owner in ("LINE#line_1", "USER#user_1")]
POSTED = call("acct_1", 2, call_id="posted", duration_seconds=90)
CORRECTION = {"started_at": POSTED["started_at"], "reason": "Test"}
CORRECT = partial(request, "manage_accounts", "POST", "/accounts/acct_1/calls/posted/corrections")
REQUESTS = {
    "hold": ("authorize_call", asking("new")),
    "extend": ("authorize_call", asking("running_1", 1200)),
    "shorten": CORRECT(CORRECTION | {"duration_seconds": 30}),
    "lengthen": CORRECT(CORRECTION | {"duration_seconds": 3600}),
    "waive": CORRECT(CORRECTION | {"waive": True}),
}


def set_budget(bench: LedgerBench, monthly: int, *, of_user: bool = False) -> None:
    """Give line_1 or user_1 of acct_1 a budget."""
    store = BudgetStore(bench.stack.dynamodb, bench.stack.table_name, "acct_1", Actor(ActorKind.USER, "ada"), None)
    of, owner = (BudgetOf.USER, "user_1") if of_user else (BudgetOf.LINE, "line_1")
    assert store.store(of, owner, monthly, BudgetAt.REFUSE, bench.now)


@pytest.fixture
def begun(bench: LedgerBench, monkeypatch: pytest.MonkeyPatch) -> LedgerBench:
    """Acct_1 with credit, a posted call, and budgets of its line and user that begin. The clock stands still."""
    monkeypatch.setattr("calling_credit.clock.now", lambda: bench.now)
    monkeypatch.setattr("calling_credit.dynamodb.retries.jittered_wait", lambda _: 0.0)
    bench.now = START
    adjust = request("manage_accounts", "POST", "/accounts/acct_1/adjustments", CREDIT)
    assert bench.stack.invoke(*adjust)["statusCode"] == 201
    assert failures(bench.stack.invoke("rate_calls", batch([POSTED]))) == []
    set_budget(bench, 9_000_000)
    set_budget(bench, 8_000_000, of_user=True)
    keep(bench)
    return bench


@pytest.fixture
def counted(begun: LedgerBench) -> LedgerBench:
    """The same once the month is counted, with two calls that are running."""
    begun.now += timedelta(minutes=5)
    assert begun.stack.invoke("expire_holds", {})["budgets_counted"] == 2
    for event in (asking("running_1"), asking("running_2")):
        assert begun.stack.invoke("authorize_call", event)["statusCode"] == 200
    keep(begun)
    return begun


def keep(bench: LedgerBench) -> None:
    """Keep the state, which each fault meets."""
    bench.keep()
    bench.wire.sent.clear()
    bench.stack.forget()


def sums(bench: LedgerBench) -> list[tuple[int | None, int, int, int]]:
    """Limit, spent, held, and left of both counters, after a check of the law."""
    found = law_17_spending_is_that_of_entries_and_holds(what_stands(bench).values())
    return [found[name] for name in COUNTERS]


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_moves_spending_once_after_any_failure(
    counted: LedgerBench, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    function, event = REQUESTS[name]
    before = sums(counted)
    answer = counted.stack.invoke(function, event)
    assert answer["statusCode"] in (200, 201), answer["body"]
    scenario, expected = list(counted.wire.sent), what_stands(counted)
    assert sums(counted) != before
    hit: Counter[str] = Counter()

    def ask(_: object) -> dict[str, Any]:
        return ask_until_answered(counted.stack, counted.wire, function, event)

    for point, again in after_each(counted, some_points(scenario), ask):
        assert (point.hits, again["statusCode"]) == (point.hits or 1, answer["statusCode"]), point.name
        assert what_stands(counted) == expected, point.name
        hit[point.fault.__name__.split("_at_")[0]] += 1
    report(capsys, f"{function} ({name}) with budgets, {len(scenario)} requests", hit)


def test_a_batch_is_counted_once_after_any_failure(counted: LedgerBench, capsys: pytest.CaptureFixture[str]) -> None:
    assert deliver_until_settled(counted.stack, counted.wire, FINISHED)[0] == set()
    scenario, expected = list(counted.wire.sent), sums(counted)
    hit: Counter[str] = Counter()

    def deliver(point: Any) -> set[str]:
        return deliver_until_settled(counted.stack, counted.wire, FINISHED, point.context)[0]

    for point, back in after_each(counted, some_points(scenario), deliver):
        assert (back, sums(counted)) == (set(), expected), point.name
        hit[point.fault.__name__.split("_at_")[0]] += 1
    report(capsys, f"rate_calls with budgets, {len(scenario)} requests", hit)


def test_an_expiry_returns_spending_once_after_any_failure(counted: LedgerBench) -> None:
    counted.now += timedelta(hours=2)
    counted.stack.invoke("expire_holds", {})
    scenario, expected = list(counted.wire.sent), sums(counted)
    assert {held for _, _, held, _ in expected} == {0}
    for point, _ in after_each(counted, some_points(scenario), lambda _: expire_until_done(counted.stack, counted)):
        counted.stack.let_leases_expire()
        assert sums(counted) == expected, point.name


def test_the_counting_adds_each_entry_once_after_any_failure(
    begun: LedgerBench, capsys: pytest.CaptureFixture[str]
) -> None:
    begun.now += timedelta(minutes=5)
    begun.stack.invoke("expire_holds", {})
    scenario, expected = list(begun.wire.sent), sums(begun)
    assert {spent for _, spent, _, _ in expected} != {0}
    hit: Counter[str] = Counter()
    for point, _ in after_each(begun, some_points(scenario), lambda _: expire_until_done(begun.stack, begun)):
        begun.stack.let_leases_expire()
        expire_until_done(begun.stack, begun)
        assert sums(begun) == expected, point.name
        hit[point.fault.__name__.split("_at_")[0]] += 1
    report(capsys, f"expire_holds with budgets, {len(scenario)} requests", hit)


@pytest.mark.parametrize("meets", ["a hold", "the end of a call", "a correction"])
def test_two_at_once_never_spend_the_same_budget(counted: LedgerBench, meets: str) -> None:
    """The two are separate processes in Lambda, so they are separate modules here."""
    twin = load_app("authorize_call")
    others: dict[str, Callable[[], dict[str, Any]]] = {
        "a hold": partial(counted.stack.invoke, "authorize_call", asking("other")),
        "the end of a call": partial(counted.stack.invoke, "rate_calls", {"Records": FINISHED[:1]}),
        "a correction": partial(counted.stack.invoke, *REQUESTS["shorten"]),
    }
    with wired(Stack(counted.stack.dynamodb, {"authorize_call": twin})) as other:
        other.under_way, other.counting = counted.wire.under_way, counted.wire.counting
        for _ in range(6):
            counted.put_back()
            other.with_conflicts = counted.wire.with_conflicts = True
            answers = at_once(others[meets], partial(twin.handler, asking("new"), Context()))
            counted.wire.with_conflicts = False
            assert all(answer.get("statusCode", 200) in (200, 201) for answer in answers)
            assert all(left >= 0 for _, _, _, left in sums(counted))
