"""Law 10 of the caps: after any failure of holding, extending, posting, expiring, or correcting, and with two at once,
the counters of a day are what entries and live holds make them: left = limit - spent - held, and no hold exceeds a cap.
"""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from calling_credit.accounts.country_store import CountryStore
from calling_credit.dynamodb.attributes import to_attributes
from tests.harness.capped import check_caps
from tests.harness.faults import Point, ask_until_answered, deliver_until_settled
from tests.harness.queue import failures
from tests.harness.table import Context, Stack, load_app
from tests.harness.threads import at_once
from tests.harness.wire import wired
from tests.harness.world import JAPAN, PREMIUM
from tests.laws.ledger_bench import START, LedgerBench, after_each, batch, call, report, request
from tests.laws.test_admission_faults import asking, expire_until_done, finished, what_stands
from tests.laws.test_minutes_faults import some_points

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]

ACCOUNT = "ACCOUNT#acct_1"
COUNTRY, YOUNG = "SPENT#2026-11-23#COUNTRY#JP", "SPENT#2026-11-23#YOUNG"
CREDIT = {"amount": "60.00", "reason": "Credit"}
LIMITS = {"first_country_cap": "0.50", "young_money_cap": "20.00", "high_cost_allowed": ["+1900"]}
CARD_MONEY: dict[str, str | int] = {
    "PK": ACCOUNT,
    "SK": "CARD_MONEY",
    "card#first": "2026-11-22T12:00:00.000Z",
    "card#micros": 50_000_000,
}
"""Of 60.00, a card bought 50.00 a day ago."""
POSTED = {
    "japan": call("acct_1", 2, JAPAN, call_id="japan", duration_seconds=600),
    "premium": call("acct_1", 2, PREMIUM, call_id="premium", duration_seconds=360),
}


def correction(name: str, **stated: Any) -> tuple[str, dict[str, Any]]:
    """The request that corrects a posted call."""
    body = {"started_at": POSTED[name]["started_at"], "reason": "Test", **stated}
    return request("manage_accounts", "POST", f"/accounts/acct_1/calls/{name}/corrections", body)


REQUESTS = {
    "hold for a country": ("authorize_call", asking("new", 600, JAPAN)),
    "hold young money": ("authorize_call", asking("new", 120, PREMIUM)),
    "extend for a country": ("authorize_call", asking("running_1", 1200, JAPAN)),
    "extend with young money": ("authorize_call", asking("running_2", 180, PREMIUM)),
    "shorten a first call": correction("japan", duration_seconds=60),
    "shorten a call of young money": correction("premium", duration_seconds=240),
    "waive a call of young money": correction("premium", waive=True),
}
FINISHED = finished(
    call("acct_1", 0, JAPAN, call_id="running_1", duration_seconds=60),
    call("acct_1", 0, PREMIUM, call_id="running_2", duration_seconds=100),
    call("acct_1", 1, JAPAN, call_id="unheld_1", duration_seconds=120),
    call("acct_1", 1, PREMIUM, call_id="unheld_2", duration_seconds=60),
)


@pytest.fixture
def capped(bench: LedgerBench, monkeypatch: pytest.MonkeyPatch) -> LedgerBench:
    """Acct_1 with both caps, a posted call of each, and two calls that are running. The clock stands still."""
    monkeypatch.setattr("calling_credit.clock.now", lambda: bench.now)
    monkeypatch.setattr("calling_credit.dynamodb.retries.jittered_wait", lambda _: 0.0)
    bench.now, stack = START, bench.stack
    stack.dynamodb.put_item(TableName=stack.table_name, Item=to_attributes(CARD_MONEY))
    CountryStore(stack.dynamodb, stack.table_name).index_account("acct_1", bench.now)
    for change in (
        request("manage_accounts", "POST", "/accounts/acct_1/adjustments", CREDIT),
        request("manage_accounts", "PUT", "/accounts/acct_1", {"limits": LIMITS}),
    ):
        assert stack.invoke(*change)["statusCode"] in (200, 201)
    stack.forget()
    assert failures(stack.invoke("rate_calls", batch(list(POSTED.values())))) == []
    for event in (asking("running_1", 600, JAPAN), asking("running_2", 120, PREMIUM)):
        assert stack.invoke("authorize_call", event)["statusCode"] == 200
    assert {name: found[1:3] for name, found in sums(bench).items()} == {
        COUNTRY: (123_000, 123_000),
        YOUNG: (2_823_000, 4_500_000),
    }
    keep(bench)
    return bench


def keep(bench: LedgerBench) -> None:
    """Keep the state, which each fault meets."""
    bench.keep()
    bench.wire.sent.clear()
    bench.stack.forget()


def sums(bench: LedgerBench) -> dict[str, tuple[int, int, int, int]]:
    """Limit, spent, held, and left of both counters, after a check of all laws."""
    bench.ledger()
    return check_caps(bench.stack.items("acct_1"))


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_moves_a_cap_once_after_any_failure(
    capped: LedgerBench, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    function, event = REQUESTS[name]
    before = sums(capped)
    answer = capped.stack.invoke(function, event)
    assert answer["statusCode"] in (200, 201), answer["body"]
    scenario, expected, moved = list(capped.wire.sent), what_stands(capped), sums(capped)
    assert moved != before
    hit: Counter[str] = Counter()

    def ask(_: Point) -> dict[str, Any]:
        return ask_until_answered(capped.stack, capped.wire, function, event)

    for point, again in after_each(capped, some_points(scenario), ask):
        assert (point.hits, again["statusCode"]) == (point.hits or 1, answer["statusCode"]), point.name
        assert (sums(capped), what_stands(capped)) == (moved, expected), point.name
        hit[point.fault.__name__.split("_at_")[0]] += 1
    report(capsys, f"{function} ({name}) with caps, {len(scenario)} requests", hit)


def test_a_batch_counts_in_caps_once_after_any_failure(capped: LedgerBench, capsys: pytest.CaptureFixture[str]) -> None:
    assert deliver_until_settled(capped.stack, capped.wire, FINISHED)[0] == set()
    scenario, expected = list(capped.wire.sent), sums(capped)
    assert {name: found[1:3] for name, found in expected.items()} == {
        COUNTRY: (123_000 + 12_300 + 24_600, 0),
        YOUNG: (2_823_000 + 4_500_000 + 2_500_000, 0),
    }
    hit: Counter[str] = Counter()

    def deliver(point: Any) -> set[str]:
        return deliver_until_settled(capped.stack, capped.wire, FINISHED, point.context)[0]

    for point, back in after_each(capped, some_points(scenario), deliver):
        assert (back, sums(capped)) == (set(), expected), point.name
        hit[point.fault.__name__.split("_at_")[0]] += 1
    report(capsys, f"rate_calls with caps, {len(scenario)} requests", hit)


def test_an_expiry_returns_caps_once_after_any_failure(capped: LedgerBench) -> None:
    capped.now += timedelta(hours=2)
    capped.stack.invoke("expire_holds", {})
    scenario, expected = list(capped.wire.sent), sums(capped)
    assert {held for _, _, held, _ in expected.values()} == {0}
    for point, _ in after_each(capped, some_points(scenario), lambda _: expire_until_done(capped.stack, capped)):
        capped.stack.let_leases_expire()
        assert sums(capped) == expected, point.name


@pytest.mark.parametrize("number", [JAPAN, PREMIUM])
@pytest.mark.parametrize("meets", ["a hold", "the end of a call", "a correction"])
def test_two_at_once_never_exceed_a_cap(capped: LedgerBench, meets: str, number: str) -> None:
    """The two are separate processes in Lambda, so they are separate modules here."""
    twin, seconds = load_app("authorize_call"), 1200 if number == JAPAN else 400
    ended = FINISHED[:1] if number == JAPAN else FINISHED[1:2]
    others: dict[str, Callable[[], dict[str, Any]]] = {
        "a hold": partial(capped.stack.invoke, "authorize_call", asking("other", seconds, number)),
        "the end of a call": partial(capped.stack.invoke, "rate_calls", {"Records": ended}),
        "a correction": partial(capped.stack.invoke, *correction("japan", duration_seconds=60)),
    }
    with wired(Stack(capped.stack.dynamodb, {"authorize_call": twin})) as other:
        other.under_way, other.counting = capped.wire.under_way, capped.wire.counting
        for _ in range(4):
            capped.put_back()
            other.with_conflicts = capped.wire.with_conflicts = True
            answers = at_once(others[meets], partial(twin.handler, asking("new", seconds, number), Context()))
            capped.wire.with_conflicts = False
            assert all(answer.get("statusCode", 200) in (200, 201) for answer in answers)
            assert all(left >= 0 for *_, left in sums(capped).values())
