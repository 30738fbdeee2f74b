"""The decks of warm functions: each reads the timeline on its own, and all price a call by the same deck or wait."""

import threading
import time
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calling_credit.errors import CallingCreditError, Unavailable
from calling_credit.instants import format_instant
from calling_credit.rates.active_decks import ActiveDecks
from calling_credit.rates.deck_store import ACTIVE_KEY, compiled_key
from calling_credit.rates.pricing import find_row
from tests.domain.examples import NOW
from tests.harness.deck_bucket import ASSISTANCE, CHEAP, DEAR, FRANCE, UK, Bucket, decks_of, one_deck, seconds


@pytest.fixture
def bucket() -> Bucket:
    """A bucket with one deck, in force from the start of time."""
    return one_deck()


def eventually(decks: ActiveDecks, version: str, now: datetime) -> None:
    """Wait until the deck is in use."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            assert decks.in_force(now).version == version
            return
        except CallingCreditError:
            time.sleep(0.01)
    raise AssertionError(f"{version} was never loaded")


# --- Short codes ------------------------------------------------------------------------------------------------------


def test_two_functions_price_a_short_code_by_the_same_list(bucket: Bucket) -> None:
    early, late = decks_of(bucket), decks_of(bucket)
    early.in_force(seconds(0))
    bucket.publish_short_codes(ASSISTANCE, seconds(1))
    late.in_force(seconds(21))
    for begun, fee in ((0, None), (40, None), (60.999, None), (61, 1_500_000), (90, 1_500_000)):
        at = format_instant(seconds(begun))
        for worker in (early, late):
            for now in (seconds(begun), seconds(100)):
                row = find_row(worker.deck_for("", "US", max(at, format_instant(now)), now), "411", "US", at)
                assert (row.connection_fee_micros if row else None) == fee


def test_a_function_without_s3_prices_no_short_code_of_an_unknown_time(bucket: Bucket) -> None:
    decks = decks_of(bucket)
    decks.in_force(seconds(0))
    bucket.publish_short_codes(ASSISTANCE, seconds(1))
    bucket.is_down = True
    assert find_row(decks.in_force(seconds(40)), "411", "US", format_instant(seconds(40))) is None
    with pytest.raises(Unavailable, match="unavailable"):
        decks.in_force(seconds(61))
    bucket.is_down = False
    assert find_row(decks.in_force(seconds(62)), "411", "US", format_instant(seconds(62))) is not None


def test_a_damaged_list_stops_only_the_short_codes_of_its_time(bucket: Bucket) -> None:
    damaged = bucket.publish_short_codes(ASSISTANCE, seconds(-7200))
    bucket.publish_short_codes(ASSISTANCE + b"\n", seconds(-3600))
    data = bucket.objects.pop(damaged.key)
    deck = decks_of(bucket).in_force(seconds(0))
    assert find_row(deck, f"+{UK}", "US", format_instant(seconds(-7000))) is not None
    assert find_row(deck, "411", "US", format_instant(seconds(0))) is not None
    assert find_row(deck, "411", "US", format_instant(seconds(-7200))) is None
    with pytest.raises(Unavailable, match="unusable_deck"):
        find_row(deck, "411", "US", format_instant(seconds(-7000)))
    bucket.objects[damaged.key] = data
    restored = decks_of(bucket).in_force(seconds(0))
    assert find_row(restored, "411", "US", format_instant(seconds(-7000))) is not None


# --- The deck in force ------------------------------------------------------------------------------------------------


def test_every_function_switches_at_the_same_instant(bucket: Bucket) -> None:
    workers = [decks_of(bucket) for _ in range(3)]
    for number, worker in enumerate(workers):
        assert worker.in_force(seconds(-number * 7)).version == "cheap"
    bucket.publish(DEAR, "dear", seconds(0))
    for at in (1, 13, 25, 40, 59.999):
        assert {worker.in_force(seconds(at)).version for worker in workers} == {"cheap"}
    assert {worker.in_force(seconds(60)).version for worker in workers} == {"dear"}
    assert {worker.deck_for(UK, "US", format_instant(seconds(59.999)), seconds(61)).version for worker in workers} == {
        "cheap"
    }


def test_the_next_deck_is_loaded_before_it_is_in_force(bucket: Bucket) -> None:
    decks = decks_of(bucket)
    decks.in_force(seconds(0))
    bucket.publish(DEAR, "dear", seconds(5))
    assert decks.in_force(seconds(21)).version == "cheap"
    until = time.monotonic() + 10
    while "dear" not in decks._decks and time.monotonic() < until:
        time.sleep(0.01)
    bucket.reads.clear()
    assert decks.in_force(seconds(65)).version == "dear"
    assert bucket.reads == [ACTIVE_KEY]


def test_a_deck_not_loaded_in_time_is_try_again_and_loading_continues(bucket: Bucket) -> None:
    decks = decks_of(bucket)
    with bucket.holding("compiled/"):
        before = time.monotonic()
        with pytest.raises(Unavailable, match="try_again") as caught:
            decks.in_force(seconds(0), 0.05)
        assert time.monotonic() - before < 1.5
        assert caught.value.retry_after_seconds == 1
        with pytest.raises(Unavailable, match="try_again"):
            decks.in_force(seconds(1), 0.05)
    eventually(decks, "cheap", seconds(2))
    assert bucket.reads.count(compiled_key("cheap")) == 1, "the repeated request found the work going on"


def test_posting_waits_for_the_deck_in_force(bucket: Bucket) -> None:
    decks = decks_of(bucket)
    with bucket.holding("compiled/"):
        timer = threading.Timer(0.3, bucket.released.set)
        timer.start()
        assert decks.deck_for(UK, "US", format_instant(seconds(0)), seconds(0)).version == "cheap"
        timer.join()


def test_a_slow_read_of_the_timeline_delays_no_call_that_it_cannot_change(bucket: Bucket) -> None:
    decks = decks_of(bucket)
    decks.in_force(seconds(0))
    with bucket.holding(ACTIVE_KEY):
        before = time.monotonic()
        assert decks.in_force(seconds(39)).version == "cheap"
        assert time.monotonic() - before < 1.0
        with pytest.raises(Unavailable, match="try_again"):
            decks.in_force(seconds(41), 0.05)
    eventually(decks, "cheap", seconds(42))


def test_without_s3_only_calls_of_the_known_time_are_priced(bucket: Bucket) -> None:
    decks = decks_of(bucket)
    decks.in_force(seconds(0))
    bucket.is_down = True
    assert decks.in_force(seconds(40)).version == "cheap"
    with pytest.raises(Unavailable, match="unavailable"):
        decks.in_force(seconds(40.001))
    assert decks.deck_for(UK, "US", format_instant(seconds(39)), seconds(3600)).version == "cheap"
    with pytest.raises(Unavailable, match="unavailable"):
        decks.deck_for(UK, "US", format_instant(seconds(41)), seconds(3600))
    bucket.is_down = False
    assert decks.in_force(seconds(3601)).version == "cheap"


def test_a_batch_does_not_wait_for_a_failing_bucket_at_each_call(bucket: Bucket) -> None:
    decks = decks_of(bucket)
    bucket.is_down = True
    for _ in range(5):
        with pytest.raises(Unavailable, match="unavailable"):
            decks.deck_for(UK, "US", format_instant(seconds(0)), seconds(1))
    assert bucket.reads == [ACTIVE_KEY]
    bucket.is_down = False
    assert decks.deck_for(UK, "US", format_instant(seconds(0)), seconds(2)).version == "cheap"


def test_without_s3_a_waiting_call_is_priced_by_the_known_timeline(bucket: Bucket) -> None:
    bucket.publish(DEAR, "dear", seconds(0))
    decks = decks_of(bucket)
    waiting, began = (FRANCE, "US", format_instant(seconds(0))), 60 + 15 * 60
    for at in (began - 400, began - 45):
        assert decks.deck_for(*waiting, seconds(at)).rows == []
        decks.in_force(seconds(at))
    bucket.is_down = True
    assert decks.deck_for(*waiting, seconds(began + 100)).rows == [], "it may have been rolled back since"
    bucket.is_down = False
    assert decks.deck_for(*waiting, seconds(began + 101)).version == "dear"


def test_a_call_that_has_not_begun_waits(bucket: Bucket) -> None:
    decks = decks_of(bucket)
    assert decks.deck_for(UK, "US", format_instant(seconds(10)), seconds(0)).version == "cheap"
    with pytest.raises(Unavailable, match="try_again"):
        decks.deck_for(UK, "US", format_instant(seconds(10.001)), seconds(0))


def test_before_the_first_publication_there_is_no_deck() -> None:
    empty = Bucket()
    decks = decks_of(empty)
    for _ in range(2):
        with pytest.raises(Unavailable, match="no_active_deck") as caught:
            decks.in_force(NOW)
        assert caught.value.retry_after_seconds == 60
    empty.publish(CHEAP, "cheap", NOW)
    assert decks.in_force(NOW).version == "cheap", "the first deck is in force at once"


@settings(derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0.001, 30), st.booleans()), min_size=5, max_size=40))
def test_workers_with_different_clocks_of_refresh_never_disagree(steps: list[tuple[int, float, bool]]) -> None:
    """Workers look at any time, decks are published at any time; a call that began at an instant has one deck."""
    bucket = Bucket()
    bucket.publish(CHEAP, "v0", NOW - timedelta(days=1))
    workers = [decks_of(bucket, grace=0) for _ in range(3)]
    now, found = 0.0, dict[str, str]()
    for worker, step, publishes in steps:
        now += step
        if worker == 3:
            if publishes:
                bucket.publish(DEAR if len(found) % 2 else CHEAP, f"v{len(bucket.objects)}", seconds(now))
            continue
        for began in (now, now - 30, now - 61, *(float(text) for text in found)):
            at = format_instant(seconds(began))
            version = workers[worker].deck_for(UK, "US", at, seconds(now)).version
            assert found.setdefault(str(began), version) == version


@pytest.mark.parametrize("body", [b"", b"[]", b'{"version": 1}', b'{"version": "deck-1", "in_force": [7]}', b"\xff"])
def test_a_damaged_pointer_is_an_unusable_deck_until_the_timeline_ends(bucket: Bucket, body: bytes) -> None:
    warm, cold = decks_of(bucket), decks_of(bucket)
    assert warm.in_force(NOW).version == "cheap"
    bucket.objects[ACTIVE_KEY] = body
    assert warm.in_force(seconds(21)).version == "cheap", "the timeline that was read is complete for 40 seconds"
    with pytest.raises(Unavailable) as refused:
        cold.in_force(NOW)
    assert refused.value.code == "unusable_deck"
