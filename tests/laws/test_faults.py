"""Law 10: killing any function at any request, losing any response, or refusing any write, followed by the retries of
queue and client, ends in the same ledger as a run without faults.

The crash points are generated: a scenario is recorded once without faults, then every request of it is crossed with
every fault (`tests.harness.faults`). Threads write at once; the wire creates DynamoDB's conflicts
between them.
"""

import json
import random
from collections import Counter
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from tests.harness.faults import ask_until_answered, deliver_until_settled, points
from tests.harness.http import http_event
from tests.harness.queue import failures
from tests.harness.table import Context, Stack, load_app
from tests.harness.threads import at_once
from tests.harness.wire import wired
from tests.harness.world import number_of
from tests.laws.ledger_bench import (
    MIXED,
    NEVER_TAKEN,
    NEW_IN_MIXED,
    REQUESTS,
    Ledger,
    LedgerBench,
    Storm,
    batch,
    call,
    kinds,
    report,
    some_calls,
)

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]


# ----------------------------------------------------------------------------------------------------------------------
# A batch with everything in it
# ----------------------------------------------------------------------------------------------------------------------


def test_law_10_a_batch_ends_in_the_same_ledger_after_any_failure(
    bench: LedgerBench, capsys: pytest.CaptureFixture[str]
) -> None:
    started_with = kinds(bench.ledger())
    back, _ = deliver_until_settled(bench.stack, bench.wire, MIXED["Records"])
    expected = bench.ledger()
    assert (back, kinds(expected) - started_with) == (NEVER_TAKEN, NEW_IN_MIXED)
    bench.put_back()
    failures(bench.stack.invoke("rate_calls", MIXED))
    scenario = list(bench.wire.sent)
    covered: Counter[str] = Counter()
    for point in points(scenario):
        bench.put_back()
        with bench.wire.interfering(point):
            back, _ = deliver_until_settled(bench.stack, bench.wire, MIXED["Records"], point.context)
        for passed in point.late:
            passed()
        assert point.hits, point.name
        assert back == NEVER_TAKEN, f"{point.name}: {back}"
        assert bench.ledger() == expected, point.name
        covered[point.fault.__name__.split("_at_")[0]] += 1
    report(capsys, f"rate_calls, {len(scenario)} requests", covered)


def crash_everywhere(
    bench: LedgerBench, calls: dict[str, Any], what: str, capsys: pytest.CaptureFixture[str]
) -> Ledger:
    """Deliver a batch with every fault at every request; return the ledger, which must always be the same."""
    bench.stack.forget()
    bench.keep()
    bench.wire.sent.clear()
    bench.stack.invoke("rate_calls", calls)
    scenario, expected = list(bench.wire.sent), bench.ledger()
    covered: Counter[str] = Counter()
    for point in points(scenario):
        bench.put_back()
        with bench.wire.interfering(point):
            deliver_until_settled(bench.stack, bench.wire, calls["Records"], point.context)
        for passed in point.late:
            passed()
        assert bench.ledger() == expected, point.name
        covered[point.fault.__name__.split("_at_")[0]] += 1
    report(capsys, f"rate_calls with {what}, {len(scenario)} requests", covered)
    return expected


def test_law_10_daily_sums_count_each_call_once_after_any_failure(
    bench: LedgerBench, capsys: pytest.CaptureFixture[str]
) -> None:
    for account in ("acct_1", "acct_2"):
        event = http_event("manage_accounts", "PUT", f"/accounts/{account}", body={"breakdown": True})
        assert bench.stack.invoke("manage_accounts", event)["statusCode"] == 200
    bench.now += timedelta(minutes=5)  # Daily sums begin two minutes after the switch.
    calls = batch([call("acct_1", 12), call("acct_1", 13), call("acct_2", 14)])
    assert kinds(crash_everywhere(bench, calls, "daily sums", capsys))["SPENT_DAY"] == 2


def test_law_10_a_call_of_another_lines_number_is_listed_after_any_failure(
    bench: LedgerBench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.now += timedelta(hours=3)  # The calls begin after the lines got their numbers.
    one, two = ({"from": number_of(account)} for account in ("acct_1", "acct_2"))
    calls = batch([call("acct_1", -1, **two), call("acct_2", -1, **two), call("acct_1", -2, **one)])
    assert kinds(crash_everywhere(bench, calls, "a mismatch", capsys))["LINE_MISMATCH"] == 1


# ----------------------------------------------------------------------------------------------------------------------
# Requests of operators and customers
# ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", REQUESTS)
def test_law_10_a_request_sent_until_it_is_answered_is_done_once(
    bench: LedgerBench, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    function, event = REQUESTS[name]
    answer = bench.stack.invoke(function, event)
    assert answer["statusCode"] in (200, 201), answer["body"]
    scenario, expected = list(bench.wire.sent), bench.ledger()
    covered: Counter[str] = Counter()
    for point in points(scenario):
        bench.put_back()
        with bench.wire.interfering(point):
            again = ask_until_answered(bench.stack, bench.wire, function, event)
        for passed in point.late:
            passed()
        assert point.hits, point.name
        assert again["statusCode"] in (200, 201), f"{point.name}: {again['body']}"
        assert json.loads(again["body"]) == json.loads(answer["body"]), point.name
        assert bench.ledger() == expected, point.name
        covered[point.fault.__name__.split("_at_")[0]] += 1
    report(capsys, f"{function} ({name}), {len(scenario)} requests", covered)


# ----------------------------------------------------------------------------------------------------------------------
# Many faults, many at once
# ----------------------------------------------------------------------------------------------------------------------


def test_law_10_a_storm_of_faults_ends_in_the_same_ledger(
    bench: LedgerBench, capsys: pytest.CaptureFixture[str]
) -> None:
    deliver_until_settled(bench.stack, bench.wire, MIXED["Records"])
    expected = bench.ledger()
    weathered = 0
    for seed in range(25):
        bench.put_back()
        storm = Storm(random.Random(seed))
        with bench.wire.interfering(storm):
            back = storm.weather(lambda: deliver_until_settled(bench.stack, bench.wire, MIXED["Records"]))
        assert (back, bench.ledger()) == (NEVER_TAKEN, expected), f"seed {seed}"
        weathered += storm.faults
    with capsys.disabled():
        print(f"\n  {weathered:>4} faults in 25 storms over rate_calls")
    assert weathered > 100


@pytest.mark.parametrize("overlap", ["the same batch", "half of it"])
def test_two_invocations_at_once_charge_each_call_once(bench: LedgerBench, overlap: str) -> None:
    """The two are separate processes in Lambda, so they are separate modules here."""
    twin = load_app("rate_calls")
    calls = some_calls(2, 30)
    first, second = (calls, calls) if overlap == "the same batch" else (calls[:40], calls[20:])
    assert failures(bench.stack.invoke("rate_calls", batch(calls))) == []
    expected = bench.ledger()
    with wired(Stack(bench.stack.dynamodb, {"rate_calls": twin})) as other:
        other.under_way, other.counting = bench.wire.under_way, bench.wire.counting
        for turn in range(40):
            if turn >= 4 and bench.wire.conflicts + other.conflicts:
                break
            bench.put_back()
            twin.facts._cache.clear()
            other.with_conflicts = bench.wire.with_conflicts = True
            answers = at_once(
                partial(bench.stack.invoke, "rate_calls", batch(first)),
                partial(twin.handler, batch(second), Context()),
            )
            bench.wire.with_conflicts = False
            assert [failures(answer) for answer in answers] == [[], []]
            assert bench.ledger() == expected
        assert bench.wire.conflicts + other.conflicts, "they never met"


def test_a_call_and_an_adjustment_at_once_both_stand(bench: LedgerBench) -> None:
    calls = some_calls(1, 40)
    function, event = REQUESTS["adjust"]
    assert failures(bench.stack.invoke("rate_calls", batch(calls))) == []
    assert bench.stack.invoke(function, event)["statusCode"] == 201
    expected = bench.ledger()
    for _ in range(4):
        bench.put_back()
        bench.wire.with_conflicts = True
        charged, adjusted = at_once(
            partial(bench.stack.invoke, "rate_calls", batch(calls)), partial(bench.stack.invoke, function, event)
        )
        bench.wire.with_conflicts = False
        assert (failures(charged), adjusted["statusCode"]) == ([], 201)
        assert bench.ledger() == expected
