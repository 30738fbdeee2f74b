"""The row of a publication: the first authorization that a new deck of 200,000 rows prices, over the steady one.

A warm function gets a request every four seconds, of simulated time, while a deck is published and comes into force.
"""

import random
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.benchmarks import mix
from tests.benchmarks.admission import ask, open_account
from tests.benchmarks.decks import deck_bytes
from tests.benchmarks.laboratory import Laboratory, capture_output
from tests.benchmarks.rows import Row

ROWS = 200_000
UNUSED_PREFIX = 9_990_000_000
BUDGET = 2.0
PUBLICATIONS = 5
STEP = timedelta(seconds=4)
LEAD = timedelta(seconds=60)
LOADING_SECONDS = 30


def publication_rows(lab: Laboratory) -> list[Row]:
    """Return the row."""
    priced = mix.DECK_FILE.read_bytes().split(b"\n", 1)[1]
    data = deck_bytes(random.Random(mix.SEED), ROWS - priced.count(b"\n"), UNUSED_PREFIX) + b"\n" + priced
    lab.reset()
    now = datetime.now(UTC)
    ratios: list[float] = []
    with pytest.MonkeyPatch.context() as patch, capture_output():
        for number in range(PUBLICATIONS):
            now += timedelta(minutes=10)
            patch.setattr("calling_credit.clock.now", lambda now=now: now)
            lab.reset()
            open_account(lab)
            now, ratio = publish_and_ask(lab, patch, data, f"deck-{number}", now)
            ratios.append(ratio)
    lab.publish()
    what = f"first authorization after publishing {ROWS:,} rows, over the steady one (median of {PUBLICATIONS})"
    return [Row(what, "ratio", BUDGET, statistics.median(ratios), floor="1")]


def publish_and_ask(
    lab: Laboratory, patch: pytest.MonkeyPatch, data: bytes, version: str, now: datetime
) -> tuple[datetime, float]:
    """Authorize calls while a deck is published; return the time, and the ratio of the first call of the new deck."""
    begin, steady, count = now + LEAD, [], 0

    def one_call(at: datetime) -> float:
        nonlocal count
        count += 1
        patch.setattr("calling_credit.clock.now", lambda: at)
        before = time.perf_counter()
        ask(lab, f"{version}-{count}", 1)
        return time.perf_counter() - before

    one_call(now)
    lab.publish_later(data, version, begin)
    decks = lab.authorizer.decks
    while now + STEP < begin:
        now += STEP
        steady.append(one_call(now))
        if now > begin - LEAD / 2:  # The check every 20 seconds has found the deck by now.
            wait(lambda: version in decks._decks)
    first = one_call(begin)
    if decks.in_force(begin).version != version:
        raise RuntimeError("the new deck is not in force, so the time is invalid")
    return begin, first / statistics.median(steady)


def wait(is_done: Callable[[], bool]) -> None:
    """Wait for the background, which simulated time does not pass for."""
    until = time.monotonic() + LOADING_SECONDS
    while not is_done():
        if time.monotonic() > until:
            raise RuntimeError("the next deck was not loaded before it was in force")
        time.sleep(0.01)
