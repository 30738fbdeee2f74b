"""Which of the generated crash points of payments are played, drawn by a seed."""

import random
import re
from collections import Counter
from collections.abc import Callable

from tests.harness.faults import CRASHES, Point, answer_lost
from tests.harness.settings import number_setting, whole_setting
from tests.harness.stripe_faults import stripe_answer_lost
from tests.harness.wire import WRITES, Sent

SEED = whole_setting("FAULTS_SEED", 20261123)
SHARE = number_setting("FAULTS_SHARE", 0.1, 0, 1)


def kind_of(point: Point) -> str:
    """A kind of request and its fault, anywhere in a flow."""
    return re.sub(r" \d+:", ":", point.name)


def sampled(generated: list[Point], played: set[str]) -> list[Point]:
    """Every crash, every fault at a kind of request that no flow has played yet, and a seeded share of the rest. The
    sampled pairs count as played.
    """
    draw = random.Random(SEED)
    chosen = []
    for point in generated:
        if draw.random() < SHARE or point.fault in CRASHES or kind_of(point) not in played:
            chosen.append(point)
            played.add(kind_of(point))
    return chosen


def play_all(chosen: list[Point], play: Callable[[Point], list[str]]) -> tuple[list[str], Counter[str]]:
    """Play each point. Return what differed from the expected ends, and how often each kind of fault was played."""
    broken: list[str] = []
    covered: Counter[str] = Counter()
    for point in chosen:
        try:
            found = play(point)
        except AssertionError as error:
            found = [str(error)]
        broken += [f"{point.name}: {difference}" for difference in found]
        covered[point.fault.__name__.split("_at_")[0]] += 1
    return broken, covered


AT_WRITES = (*CRASHES, answer_lost, stripe_answer_lost)


def sampled_at_writes(generated: list[Point], scenario: list[Sent]) -> list[Point]:
    """Every crash and every lost answer at a write, and a small seeded share of the rest. A crash at a read leaves what
    the write before it left.
    """
    calls = list(dict.fromkeys(sent.call for sent in scenario))
    writes = {calls.index(sent.call) for sent in scenario if sent.operation in WRITES or is_post(sent)}
    draw = random.Random(SEED)
    share = SHARE if SHARE == 1 else SHARE / 5
    return [
        point
        for point in generated
        if draw.random() < share or (point.at in writes and not point.lasting and point.fault in AT_WRITES)
    ]


def is_post(sent: Sent) -> bool:
    """Whether a request changes something at Stripe."""
    return sent.service == "stripe" and not sent.operation.startswith("GET ")
