"""Law 10 for payments: killing any function at any request to the table or to Stripe, losing any answer, refusing any
write, and trying again as client, stream, callbacks and sweeper do, ends with the same payment made and credited once.

The crash points are generated: a flow is recorded once without faults, then each of its requests is crossed with every
fault. Every crash is played; every other fault at each kind of request once in some flow, and a share of all of them
drawn by a seed; all of them with FAULTS_SHARE=1 (`make faults`).
"""

import os
import random
import re
from collections import Counter
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from local.stripe_stand_in.controls import Controls
from tests.harness.faults import CRASHES, Point
from tests.harness.till import CHALLENGED, DECLINED, VISA, Till
from tests.harness.wire import wired
from tests.laws.payment_bench import Both, Flow, PaymentBench, differences, event_points, points

pytestmark = pytest.mark.dynamodb

SEED = int(os.environ.get("FAULTS_SEED", "20261123"))
SHARE = float(os.environ.get("FAULTS_SHARE", "0.1"))
PAIRS = int(os.environ.get("FAULTS_PAIRS", "5"))
WANTS_CUSTOMER = "pm_card_authenticationRequired"


def save(bench: PaymentBench, kind: str) -> None:
    """A saved card."""
    bench.card = bench.till.card(kind)


def save_and_rule(bench: PaymentBench, kind: str) -> None:
    """A saved card, and a rule that it recharges the empty balance by."""
    save(bench, kind)
    bench.till.set_rule(bench.card)


def pay(bench: PaymentBench) -> None:
    """Somebody presses Pay until they are answered, and begins anew when they are told that it came to nothing."""
    body = {"amount": "25.00", "payment_method_id": bench.card}
    for key in ("the first key", "the second key"):
        answer = bench.ask("add_funds", "POST", "/top-ups", body, key=key)
        assert answer.status == 201
        if answer.body["status"] != "canceled":
            return


def challenge(bench: PaymentBench) -> None:
    """The customer confirms at their bank whatever waits for it."""
    for intent in list(bench.till.stand_in.account.objects["payment_intent"].values()):
        if intent["status"] == "requires_action":
            Controls(bench.till.stand_in).answer_challenge(intent["id"])


def pay_and_confirm(bench: PaymentBench) -> None:
    """Somebody pays with a card whose bank wants a confirmation."""
    pay(bench)
    bench.sweep()  # An answer that nobody heard is known by now, and with it the way to the bank.
    challenge(bench)


def wait_for_customer(bench: PaymentBench) -> None:
    """A recharge whose bank wants the customer, who is not there."""
    save_and_rule(bench, WANTS_CUSTOMER)
    bench.stream()
    bench.till.stand_in.take_events()
    [waiting] = bench.till.top_ups()
    bench.link = bench.till.top_up(str(waiting["topup_id"]))["next_action_url"].removeprefix("https://page.test")


def follow_link(bench: PaymentBench) -> None:
    """The customer follows the link that finishes the payment, and confirms at the bank."""
    for _ in range(12):
        answer = bench.ask("add_funds", "POST", bench.link, signed_in=False)
        if answer.status == 303:
            break
        bench.till.later(seconds=10)
    challenge(bench)


def another_waits(bench: PaymentBench) -> None:
    """A payment of 30.00 waits for its customer to confirm at their bank, and they have another card."""
    bench.till.paid("30.00", bench.till.card(CHALLENGED))
    bench.till.stand_in.take_events()
    save(bench, VISA)


def another_is_abandoned(bench: PaymentBench) -> None:
    """The same, and they have left; a rule recharges the empty balance."""
    another_waits(bench)
    bench.till.later(minutes=16)
    bench.till.set_rule(bench.card)


def save_and_pay(bench: PaymentBench) -> None:
    """A payment of 25.00 that is credited, and everything told of it."""
    save(bench, VISA)
    bench.till.paid("25.00", bench.card)
    bench.till.stand_in.take_events()


def at_stripe(bench: PaymentBench, path: str, **parameters: Any) -> None:
    """What an operator does in Stripe's dashboard."""
    headers = {"Authorization": f"Bearer {bench.till.stand_in.api_key}"}
    assert bench.till.stand_in.handle("POST", path, parameters, headers).status == 200


def refund(bench: PaymentBench) -> None:
    """Ten dollars go back in two parts."""
    [charge] = bench.till.objects("charge")
    for _ in range(2):
        at_stripe(bench, "/v1/refunds", charge=charge["id"], amount=500)


def dispute_and_win(bench: PaymentBench) -> None:
    """The cardholder's bank takes the money, and gives a part of it back."""
    [charge] = bench.till.objects("charge")
    controls = Controls(bench.till.stand_in)
    opened = controls.dispute(charge["id"], amount=2_500)
    bench.call_back()
    controls.win_dispute(opened["id"], 1_500)


FLOWS = (
    Flow("by hand", lambda b: save(b, VISA), pay, ["succeeded"], {"succeeded": 1}, 25_000_000),
    Flow("by hand, declined", lambda b: save(b, DECLINED), pay, ["failed"], {"canceled": 1}, 0),
    Flow(
        "by hand, confirmed at the bank",
        lambda b: save(b, CHALLENGED),
        pay_and_confirm,
        ["succeeded"],
        {"succeeded": 1},
        25_000_000,
    ),
    Flow("by hand, while another waits", another_waits, pay, ["succeeded"], {"succeeded": 1}, 25_000_000),
    Flow(
        "automatic, after an abandoned one",
        another_is_abandoned,
        PaymentBench.stream,
        ["succeeded"],
        {"succeeded": 1},
        50_000_000,
    ),
    Flow(
        "automatic", lambda b: save_and_rule(b, VISA), PaymentBench.stream, ["succeeded"], {"succeeded": 1}, 50_000_000
    ),
    Flow(
        "automatic, declined", lambda b: save_and_rule(b, DECLINED), PaymentBench.stream, ["failed"], {"canceled": 1}, 0
    ),
    Flow(
        "automatic, the bank wants the customer",
        lambda b: save_and_rule(b, WANTS_CUSTOMER),
        PaymentBench.stream,
        ["requires_action"],
        {"requires_payment_method": 1},
        0,
    ),
    Flow("recovered by its link", wait_for_customer, follow_link, ["succeeded"], {"succeeded": 1}, 50_000_000),
    Flow("refunded", save_and_pay, refund, ["succeeded"], {"succeeded": 1}, 15_000_000),
    Flow("disputed, won in part", save_and_pay, dispute_and_win, ["succeeded"], {"succeeded": 1}, 15_000_000),
)


@pytest.fixture
def bench(till: Till, monkeypatch: pytest.MonkeyPatch) -> Iterator[PaymentBench]:
    """A till on a wire; the SDK does not sleep between its retries."""
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))
    monkeypatch.setattr("time.sleep", lambda _: None)
    with wired(till.world.stack) as wire:
        made = PaymentBench(till.world.stack, wire, till=till)
        made.keep()
        yield made


def kind_of(point: Point) -> str:
    """What is asked and what goes wrong with it, wherever in a flow."""
    return re.sub(r" \d+:", ":", point.name)


@pytest.fixture(scope="module")
def played() -> set[str]:
    """What some flow has met: each kind of request with each fault that applies to it."""
    return set()


def sampled(generated: list[Point], played: set[str]) -> list[Point]:
    """Every crash; every fault at every kind of request that no flow has played yet; of the rest a share that the seed
    draws. What is sampled counts as played.
    """
    draw = random.Random(SEED)
    chosen = []
    for point in generated:
        if draw.random() < SHARE or point.fault in CRASHES or kind_of(point) not in played:
            chosen.append(point)
            played.add(kind_of(point))
    return chosen


def pairs(ones: list[Point], others: list[Point]) -> list[Both]:
    """Two faults at once, as the seed draws them."""
    draw = random.Random(SEED + 1)
    return [Both(draw.choice(ones), draw.choice(others)) for _ in range(PAIRS)]


def play(bench: PaymentBench, flow: Flow, point: Point | Both) -> list[str]:
    """The flow with one fault in it, or two; what stands otherwise than it must in the end."""
    bench.put_back()
    flow.prepare(bench)
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
    """The flow while every callback of one kind is lost, comes twice or comes late."""
    bench.put_back()
    flow.prepare(bench)
    bench.till.stand_in.faults.add(fault, kind, count=99)
    flow.begin(bench)
    bench.settle_down()
    return list(differences(bench, flow))


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_law_10_a_payment_ends_the_same_whatever_fails(
    bench: PaymentBench, capsys: pytest.CaptureFixture[str], flow: Flow, played: set[str]
) -> None:
    bench.put_back()
    flow.prepare(bench)
    with bench.wire.recording() as scenario:
        flow.begin(bench)
        bench.settle_down()
    assert list(differences(bench, flow)) == []
    covered: Counter[str] = Counter()
    broken: list[str] = []
    generated = list(points(scenario, bench))
    for point in sampled(generated, played):
        try:
            found = play(bench, flow, point)
        except AssertionError as error:
            found = [str(error)]
        broken += [f"{point.name}: {difference}" for difference in found]
        covered[point.fault.__name__.split("_at_")[0]] += 1
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
