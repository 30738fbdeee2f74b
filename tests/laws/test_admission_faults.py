"""Laws 10 and 7 of admission: after any failure of authorizing, extending, posting, or expiring a call, and under
concurrency, held is the sum of live holds, and no credit is promised twice.
"""

import random
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.harness.faults import ask_until_answered, deliver_until_settled, points
from tests.harness.http import http_event
from tests.harness.queue import failures
from tests.harness.table import Context, Stack, load_app
from tests.harness.threads import at_once
from tests.harness.wire import Killed, wired
from tests.harness.world import JAPAN, UNITED_KINGDOM
from tests.laws.ledger_bench import START, LedgerBench, Storm, batch, call, report, request

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]

TIMES = {"authorized_at", "asked_at", "ended_at", "expires_at", "sweep_sk", "announced", "denied_at"}
CREDIT = {"amount": "20.00", "reason": "Credit"}


def asking(call_id: str, seconds: int = 600, to: str = UNITED_KINGDOM) -> dict[str, Any]:
    """The request of the switch."""
    body = {"call_id": call_id, "account_id": "acct_1", "line_id": "line_1", "to": to, "requested_seconds": seconds}
    return http_event("authorize_call", "POST", "/calls/authorize", body=body)


@pytest.fixture
def held(bench: LedgerBench, monkeypatch: pytest.MonkeyPatch) -> LedgerBench:
    """Acct_1 with credit and two running calls; the clock stands still, so that a retry is as long as the first try."""
    monkeypatch.setattr("calling_credit.clock.now", lambda: bench.now)
    monkeypatch.setattr("calling_credit.dynamodb.retries.jittered_wait", lambda _: 0.0)
    bench.now = START
    function, event = request("manage_accounts", "POST", "/accounts/acct_1/adjustments", CREDIT)
    assert bench.stack.invoke(function, event)["statusCode"] == 201
    for call_id in ("running_1", "running_2"):
        assert bench.stack.invoke("authorize_call", asking(call_id))["statusCode"] == 200
    bench.keep()
    bench.wire.sent.clear()
    bench.stack.forget()
    return bench


def what_stands(bench: LedgerBench) -> Any:
    """The ledger without times of writing, after a check of law 7."""
    return {
        key: {name: value for name, value in image.items() if name not in TIMES}
        for key, image in bench.ledger().items()
    }


# ----------------------------------------------------------------------------------------------------------------------
# Every fault at every request
# ----------------------------------------------------------------------------------------------------------------------

FREEZE = request("manage_accounts", "PUT", "/accounts/acct_1", {"frozen": True})
REQUESTS = {
    "authorize": ("authorize_call", asking("new")),
    "extend": ("authorize_call", asking("running_1", 1200)),
    "the same again": ("authorize_call", asking("running_1")),
    "refuse, and tell others": ("authorize_call", asking("new", to="+19005550123")),
    "freeze": FREEZE,
    "let it go on": request("manage_accounts", "PUT", "/accounts/acct_1", {"frozen": False}),
    "tighten the limits": request(
        "change_settings", "PUT", "/limits", {"daily_spend": "20.00"}, **{"custom:account_id": "acct_1"}
    ),
}
BEFORE = {"let it go on": FREEZE}
"""The steps that must precede."""


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_sent_until_it_is_answered_holds_once(
    held: LedgerBench, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    if name in BEFORE:
        before, said = BEFORE[name]
        assert held.stack.invoke(before, said)["statusCode"] == 200
        held.keep()
        held.wire.sent.clear()
    function, event = REQUESTS[name]
    answer = held.stack.invoke(function, event)
    assert answer["statusCode"] == 200, answer["body"]
    scenario, expected = list(held.wire.sent), what_stands(held)
    covered: Counter[str] = Counter()
    for point in points(scenario):
        held.put_back()
        with held.wire.interfering(point):
            again = ask_until_answered(held.stack, held.wire, function, event)
        for passed in point.late:
            passed()
        assert point.hits, point.name
        if name == "refuse, and tell others" and what_stands(held) != expected:
            assert again["body"] == answer["body"], "what could not be told does not change the answer"
            what_stands(held)
            continue
        assert again["body"] == answer["body"], point.name
        assert what_stands(held) == expected, point.name
        covered[point.fault.__name__.split("_at_")[0]] += 1
    assert covered
    report(capsys, f"{function} ({name}), {len(scenario)} requests", covered)


def finished(*calls: dict[str, Any]) -> list[dict[str, Any]]:
    """The records of a delivery."""
    records: list[dict[str, Any]] = batch(calls)["Records"]
    return records


FINISHED = finished(
    call("acct_1", 1, call_id="running_1"),
    call("acct_1", 0, call_id="running_2", disposition="busy", duration_seconds=0, rings=50),
    call("acct_1", 3, JAPAN),
    call("acct_2", 4),
)


def test_a_batch_of_held_calls_ends_the_same_after_any_failure(
    held: LedgerBench, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deliver_until_settled(held.stack, held.wire, FINISHED)[0] == set()
    expected = what_stands(held)
    statuses = {key[1]: image["status"] for key, image in expected.items() if key[1].startswith("HOLD#")}
    assert statuses == {"HOLD#running_1": "released", "HOLD#running_2": "released"}
    held.put_back()
    failures(held.stack.invoke("rate_calls", {"Records": FINISHED}))
    scenario = list(held.wire.sent)
    covered: Counter[str] = Counter()
    for point in points(scenario):
        held.put_back()
        with held.wire.interfering(point):
            back, _ = deliver_until_settled(held.stack, held.wire, FINISHED, point.context)
        for passed in point.late:
            passed()
        assert point.hits, point.name
        assert back == set(), point.name
        assert what_stands(held) == expected, point.name
        covered[point.fault.__name__.split("_at_")[0]] += 1
    report(capsys, f"rate_calls with holds, {len(scenario)} requests", covered)


def expire_until_done(stack: Stack, bench: LedgerBench) -> None:
    """Run the sweep as the schedule does, round by round."""
    for _ in range(6):
        bench.wire.dead = False
        stack.let_leases_expire()
        try:
            done = stack.invoke("expire_holds", {})
        except (Killed, Exception):  # noqa: BLE001 - a failed round of any cause
            continue
        if done.get("failed") == 0:
            return
    raise AssertionError("never done")


def test_a_round_of_expiries_ends_the_same_after_any_failure(
    held: LedgerBench, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    late = START.replace(hour=20)
    monkeypatch.setattr("calling_credit.clock.now", lambda: late)
    assert held.stack.invoke("expire_holds", {})["holds_expired"] == 2
    scenario, expected = list(held.wire.sent), what_stands(held)
    covered: Counter[str] = Counter()
    for point in points(scenario):
        held.put_back()
        with held.wire.interfering(point):
            expire_until_done(held.stack, held)
        for passed in point.late:
            passed()
        held.stack.let_leases_expire()  # A late request may have taken one.
        assert point.hits, point.name
        assert what_stands(held) == expected, point.name
        covered[point.fault.__name__.split("_at_")[0]] += 1
    report(capsys, f"expire_holds, {len(scenario)} requests", covered)


# ----------------------------------------------------------------------------------------------------------------------
# Together
# ----------------------------------------------------------------------------------------------------------------------


def test_law_7_holds_under_concurrency(held: LedgerBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Authorize, extend, post, and expire the same two calls at once, in separate processes."""
    late = [START]
    monkeypatch.setattr("calling_credit.clock.now", lambda: late[0])
    twin = load_app("authorize_call")
    seen: Counter[str] = Counter()
    with wired(Stack(held.stack.dynamodb, {"authorize_call": twin})) as other:
        other.under_way, other.counting = held.wire.under_way, held.wire.counting
        for turn in range(12):
            held.put_back()
            late[0] = START.replace(minute=27) if turn % 3 else START
            other.with_conflicts = held.wire.with_conflicts = True
            tasks: list[Callable[[], Any]] = [
                partial(held.stack.invoke, "rate_calls", {"Records": FINISHED}),
                partial(held.stack.invoke, "authorize_call", asking("running_1", 3600)),
                partial(twin.handler, asking("running_2", 1800 + turn), Context()),
                partial(held.stack.invoke, "authorize_call", asking(f"new_{turn}")),
                partial(held.stack.invoke, "expire_holds", {}),
            ]
            random.Random(turn).shuffle(tasks)
            at_once(*tasks)
            other.with_conflicts = held.wire.with_conflicts = False
            ledger = what_stands(held)
            seen.update(image["status"] for (_, sk), image in ledger.items() if sk.startswith("HOLD#"))
            charged = [sk for pk, sk in ledger if pk == "ACCOUNT#acct_1" and sk.startswith("ENTRY#2026-11-23T")]
            assert len([sk for sk in charged if "running_1" in sk]) == 1
    assert held.wire.conflicts + other.conflicts, "they never met"
    assert seen["released"]
    assert seen["live"]


def test_law_7_holds_through_storms_over_the_life_of_a_call(held: LedgerBench) -> None:
    weathered = 0
    for seed in range(20):
        held.put_back()
        storm = Storm(random.Random(seed), most=8)
        with held.wire.interfering(storm):
            for event in (asking("new"), asking("new", 1200), asking("running_1", 1200)):
                storm_answer(held, event)
            records = [*FINISHED, *finished(call("acct_1", 5, call_id="new"))]
            names = {f"m_{number}": record | {"messageId": f"m_{number}"} for number, record in enumerate(records)}
            storm.weather(partial(deliver_until_settled, held.stack, held.wire, list(names.values())))
        ledger = what_stands(held)
        assert {image["status"] for (_, sk), image in ledger.items() if sk.startswith("HOLD#")} == {"released"}, seed
        weathered += storm.faults
    assert weathered > 60


def storm_answer(bench: LedgerBench, event: dict[str, Any]) -> None:
    """Retry until a response without error; some requests give up."""
    for _ in range(12):
        bench.wire.dead = False
        try:
            if bench.stack.invoke("authorize_call", event)["statusCode"] == 200:
                return
        except Killed:
            continue
