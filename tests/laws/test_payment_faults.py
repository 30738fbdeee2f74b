"""Law 10 for payments: killing any function at any request to the table or to Stripe, losing any response, or refusing
any write, followed by the retries of client, stream, callbacks, and sweeper, ends with one payment credited once.

The crash points are generated: a flow is recorded once without faults, then each of its requests is crossed with every
fault. Every crash is played; every other fault at each kind of request once in some flow, and a share of all of them
drawn by a seed; all of them with FAULTS_SHARE=1 (`make faults`).
"""

import random
from functools import partial

import pytest

from tests.harness.faults import Point
from tests.harness.settings import whole_setting
from tests.laws.payment_bench import Both, Flow, PaymentBench, event_points, points
from tests.laws.payment_ends import differences
from tests.laws.payment_flows import FLOWS
from tests.laws.payment_flows_back import FLOWS_BACK
from tests.laws.payment_flows_checkout import FLOWS_CHECKOUT
from tests.laws.payment_flows_of_banks import FLOWS_OF_BANKS
from tests.laws.payment_refunds import APPROVED_REFUND, DESK_REFUND
from tests.laws.payment_sampling import SEED, SHARE, play_all, sampled

pytestmark = pytest.mark.dynamodb

ALL = [*FLOWS, *FLOWS_BACK, *FLOWS_CHECKOUT, *FLOWS_OF_BANKS, DESK_REFUND, APPROVED_REFUND]
PAIRS = whole_setting("FAULTS_PAIRS", 5)


@pytest.fixture(scope="module")
def played() -> set[str]:
    """The played pairs of request kind and fault."""
    return set()


def pairs(ones: list[Point], others: list[Point]) -> list[Both]:
    """Two faults at once, drawn by the seed."""
    draw = random.Random(SEED + 1)
    return [Both(draw.choice(ones), draw.choice(others)) for _ in range(PAIRS)]


def play(bench: PaymentBench, flow: Flow, point: Point | Both) -> list[str]:
    """Play the flow with one or two faults; the differences from its expected end."""
    bench.prepare(flow)
    bench.context = point.context if isinstance(point, Point) else point.one.context
    with bench.wire.interfering(point):
        flow.begin(bench)
        bench.settle_down()
    if point.late:
        for passed in point.late:
            passed()
        bench.settle_down()
    missed = isinstance(point, Point) and not point.hits
    return [*differences(bench, flow), *(["the fault met nothing"] if missed else [])]


def play_with_callbacks_amiss(bench: PaymentBench, flow: Flow, fault: str, kind: str) -> list[str]:
    """Play the flow while every callback of one kind is lost, repeated, or late."""
    bench.prepare(flow)
    bench.till.stand_in.faults.add(fault, kind, count=99)
    flow.begin(bench)
    bench.settle_down()
    return list(differences(bench, flow))


@pytest.mark.parametrize("flow", ALL, ids=lambda flow: flow.name)
def test_law_10_a_payment_ends_the_same_after_any_failure(
    payment_bench: PaymentBench, capsys: pytest.CaptureFixture[str], flow: Flow, played: set[str]
) -> None:
    bench = payment_bench
    bench.prepare(flow)
    with bench.wire.recording() as scenario:
        flow.begin(bench)
        bench.settle_down()
    assert list(differences(bench, flow)) == []
    generated = list(points(scenario, bench))
    broken, covered = play_all(sampled(generated, played), partial(play, bench, flow))
    amiss = event_points(bench)
    for fault, kind in amiss:
        broken += [f"{kind} {fault}: {found}" for found in play_with_callbacks_amiss(bench, flow, fault, kind)]
    for pair in pairs(list(points(scenario, bench)), list(points(scenario, bench))):
        names = f"{pair.one.name} and {pair.other.name}"
        try:
            broken += [f"{names}: {found}" for found in play(bench, flow, pair)]
        except AssertionError as error:
            broken.append(f"{names}: {error}")
    with capsys.disabled():
        drawn = f"{covered.total():>4} of {len(generated)} crash points (FAULTS_SEED={SEED}, FAULTS_SHARE={SHARE:g})"
        more = f"{len(amiss)} ways of callbacks, {PAIRS} pairs"
        kinds = f"{len(covered)} kinds of fault; {len(played)} of request and fault so far"
        print(f"\n  {drawn}, {more}: {flow.name}, {len(scenario)} requests, {kinds}")
    assert broken == []
