"""Laws 10 and 7 of included minutes: after any failure of holding, extending, posting, expiring, changing, or
correcting, and with two at once, left = minutes - used - held for every counter, and what entries cover is used.
"""

import json
from collections import Counter
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from tests.harness.faults import Point, ask_until_answered, deliver_until_settled, points
from tests.harness.queue import failures
from tests.harness.table import Context, Stack, load_app
from tests.harness.threads import at_once
from tests.harness.wire import Pass, Sent, wired
from tests.harness.world import UNITED_KINGDOM
from tests.laws.ledger_bench import START, LedgerBench, after_each, batch, call, report, request
from tests.laws.minutes import law_of_minutes
from tests.laws.test_admission_faults import CREDIT, asking, expire_until_done, what_stands

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]

BUNDLE = {"name": "the UK", "countries": ["GB"], "minutes": 25}
COUNTER = ("ACCOUNT#acct_1", "2026-11#ACCOUNT#the UK")
POSTED = call("acct_1", 2, call_id="posted", duration_seconds=90)
CORRECTION = {"started_at": POSTED["started_at"], "reason": "Test"}
CORRECT = partial(request, "manage_accounts", "POST", "/accounts/acct_1/calls/posted/corrections")
PUT = partial(request, "manage_accounts", "PUT", "/accounts/acct_1")
OF_LINE = {"bundles": [BUNDLE | {"name": "own", "minutes": 1}]}
REQUESTS = {
    "hold": ("authorize_call", asking("new")),
    "extend": ("authorize_call", asking("running_1", 1200)),
    "give more": PUT({"bundles": [BUNDLE | {"minutes": 50}]}),
    "rename, with less": PUT({"bundles": [BUNDLE | {"minutes": 1}, BUNDLE | {"name": "Britain"}]}),
    "give to a line": request("manage_accounts", "PUT", "/accounts/acct_1/lines/line_1", OF_LINE),
    "shorten": CORRECT(CORRECTION | {"duration_seconds": 30}),
    "lengthen": CORRECT(CORRECTION | {"duration_seconds": 3600}),
    "waive": CORRECT(CORRECTION | {"waive": True}),
}


@pytest.fixture
def covered(bench: LedgerBench, monkeypatch: pytest.MonkeyPatch) -> LedgerBench:
    """Acct_1 with minutes, credit, a covered call that is posted, and two that are running. The clock stands still."""
    monkeypatch.setattr("calling_credit.clock.now", lambda: bench.now)
    monkeypatch.setattr("calling_credit.dynamodb.retries.jittered_wait", lambda _: 0.0)
    bench.now = START
    for function, event in (
        request("manage_accounts", "POST", "/accounts/acct_1/adjustments", CREDIT),
        PUT({"bundles": [BUNDLE]}),
        ("authorize_call", asking("running_1")),
        ("authorize_call", asking("running_2")),
    ):
        assert bench.stack.invoke(function, event)["statusCode"] in (200, 201)
    assert failures(bench.stack.invoke("rate_calls", batch([POSTED]))) == []
    bench.keep()
    bench.wire.sent.clear()
    bench.stack.forget()
    return bench


def some_points(scenario: list[Sent]) -> list[Point]:
    """A few kinds of fault at every request: the other crash points of these functions cover all kinds."""
    return list(points(scenario))[::5]


def left(bench: LedgerBench) -> int:
    """What the counter has left, after a check of the law."""
    return law_of_minutes(what_stands(bench).values())[COUNTER]


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_moves_minutes_once_after_any_failure(
    covered: LedgerBench, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    function, event = REQUESTS[name]
    answer = covered.stack.invoke(function, event)
    assert answer["statusCode"] in (200, 201), answer["body"]
    scenario, expected = list(covered.wire.sent), what_stands(covered)
    hit: Counter[str] = Counter()

    def ask(_: Point) -> dict[str, Any]:
        return ask_until_answered(covered.stack, covered.wire, function, event)

    for point, again in after_each(covered, some_points(scenario), ask):
        assert (point.hits, again["statusCode"]) == (point.hits or 1, answer["statusCode"]), point.name
        assert what_stands(covered) == expected, point.name
        hit[point.fault.__name__.split("_at_")[0]] += 1
    report(capsys, f"{function} ({name}), {len(scenario)} requests", hit)


FINISHED: list[dict[str, Any]] = batch(
    [
        call("acct_1", 1, call_id="running_1"),
        call("acct_1", 0, call_id="running_2", disposition="busy", duration_seconds=0, rings=50),
        call("acct_1", 3, call_id="unheld_1"),
        call("acct_1", 4, call_id="unheld_2", duration_seconds=900),
    ]
)["Records"]


def test_a_batch_uses_minutes_once_after_any_failure(covered: LedgerBench, capsys: pytest.CaptureFixture[str]) -> None:
    """The minutes are enough for all calls, so the order of posting covers none less."""
    function, event = REQUESTS["give more"]
    assert covered.stack.invoke(function, event)["statusCode"] == 200
    covered.keep()
    covered.wire.sent.clear()
    assert deliver_until_settled(covered.stack, covered.wire, FINISHED)[0] == set()
    scenario, expected = list(covered.wire.sent), left(covered)
    hit: Counter[str] = Counter()

    def deliver(point: Point) -> set[str]:
        return deliver_until_settled(covered.stack, covered.wire, FINISHED, point.context)[0]

    for point, back in after_each(covered, some_points(scenario), deliver):
        assert (back, left(covered)) == (set(), expected), point.name
        hit[point.fault.__name__.split("_at_")[0]] += 1
    report(capsys, f"rate_calls with minutes, {len(scenario)} requests", hit)


def test_an_expiry_returns_minutes_once_after_any_failure(covered: LedgerBench) -> None:
    covered.now += timedelta(hours=2)
    covered.stack.invoke("expire_holds", {})
    scenario, expected = list(covered.wire.sent), left(covered)
    assert expected == 60 * 25 - 90
    for point, _ in after_each(covered, some_points(scenario), lambda _: expire_until_done(covered.stack, covered)):
        covered.stack.let_leases_expire()
        assert left(covered) == expected, point.name


@pytest.mark.parametrize("meets", ["a hold", "more minutes", "the end of a call"])
def test_two_at_once_never_take_the_same_minutes(covered: LedgerBench, meets: str) -> None:
    """The two are separate processes in Lambda, so they are separate modules here."""
    twin = load_app("authorize_call")
    others = {
        "a hold": partial(covered.stack.invoke, "authorize_call", asking("other", to=UNITED_KINGDOM)),
        "more minutes": partial(covered.stack.invoke, *REQUESTS["give more"]),
        "the end of a call": partial(covered.stack.invoke, "rate_calls", {"Records": FINISHED[:1]}),
    }
    with wired(Stack(covered.stack.dynamodb, {"authorize_call": twin})) as other:
        other.under_way, other.counting = covered.wire.under_way, covered.wire.counting
        for _ in range(6):
            covered.put_back()
            other.with_conflicts = covered.wire.with_conflicts = True
            answers = at_once(others[meets], partial(twin.handler, asking("new"), Context()))
            covered.wire.with_conflicts = False
            assert all(answer.get("statusCode", 200) == 200 for answer in answers)
            assert left(covered) >= 0


@pytest.mark.parametrize("name", ["hold", "extend"])
def test_minutes_taken_between_read_and_write_are_not_promised(covered: LedgerBench, name: str) -> None:
    others: list[Any] = []

    def between(sent: Sent, passed: Pass) -> Any:
        if sent.operation == "TransactWriteItems" and not others:
            covered.wire.interfere = None
            others.append(covered.stack.invoke("authorize_call", asking("other")))
        return passed()

    before = left(covered)
    covered.wire.sent.clear()
    with covered.wire.interfering(between):
        answer = covered.stack.invoke(*REQUESTS[name])
    found = [json.loads(one["body"])["covered_seconds"] for one in (answer, *others)]
    own = 600 if name == "extend" else 0
    assert (found, left(covered)) == ([own, before], 0)
