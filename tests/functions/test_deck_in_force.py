"""A call is priced by the deck that was in force when it began, however often and whenever it is delivered."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from calling_credit.instants import format_instant
from calling_credit.rates import deck_store
from calling_credit.rates.publishing import DeckBucket
from tests.domain.examples import deck_csv
from tests.functions.decks_bench import DEARER, LEAD, active, clean, drop
from tests.harness.table import BUCKET, _s3
from tests.harness.world import DECK, World

__all__ = ["clean"]

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]
COVERING = DECK + deck_csv({"prefix": "33", "country": "FR", "rate_per_minute": "0.40"}).split(b"\n", 1)[1]
FRANCE = "+33142685300"


def call(call_id: str, started: datetime, **changes: Any) -> dict[str, Any]:
    """A call of one minute."""
    times = {
        "started_at": format_instant(started),
        "answered_at": format_instant(started),
        "ended_at": format_instant(started + timedelta(seconds=60)),
    }
    return {"call_id": call_id, "duration_seconds": 60, **times, **changes}


def charged(world: World) -> dict[str, int]:
    """The charge of each call."""
    return {entry["SK"].split("#")[2]: -entry["amount_micros"] for entry in world.entries()}


def cold(world: World) -> None:
    """Forget every cache."""
    world.stack.forget()


def test_calls_before_and_after_a_publication_keep_their_prices(world: World) -> None:
    now = world.clock.now
    old, new = call("old", now - timedelta(minutes=5)), call("new", now + LEAD)
    assert world.deliver(old) == []
    drop(world, DEARER)
    world.clock.now += timedelta(minutes=10)
    cold(world)
    late = call("late", now - timedelta(minutes=4))
    assert world.deliver(old, late, new) == []
    assert charged(world) == {"old": 100_000, "late": 100_000, "new": 200_000}
    DeckBucket(_s3(), BUCKET).roll_back(None, world.clock.now)
    later = world.clock.now + LEAD
    world.clock.now += timedelta(minutes=10)
    cold(world)
    between = call("between", now + LEAD * 2)
    assert world.deliver(old, late, new, between, call("after", later)) == []
    assert charged(world) == {"old": 100_000, "late": 100_000, "new": 200_000, "between": 200_000, "after": 100_000}


def test_a_deck_rolled_back_within_the_grace_time_charges_no_waiting_call(world: World) -> None:
    waiting = call("waiting", world.clock.now - timedelta(minutes=5), to=FRANCE)
    assert world.deliver(waiting) == []
    drop(world, COVERING)
    for _ in range(2):
        world.clock.now += timedelta(minutes=7)
        cold(world)
        world.stack.invoke("rerate_calls", {}, seconds=300)
        assert world.deliver(waiting) == []
        assert world.entries() == []
    DeckBucket(_s3(), BUCKET).roll_back(None, world.clock.now)
    world.clock.now += timedelta(hours=5)
    cold(world)
    assert world.stack.invoke("rerate_calls", {}, seconds=300)["calls_not_covered"] == 1
    assert world.deliver(waiting) == []
    assert world.entries() == []


@pytest.mark.parametrize("way", ["the schedule", "a redelivery"])
def test_a_waiting_call_is_charged_once_after_the_grace_time(world: World, way: str) -> None:
    waiting = call("waiting", world.clock.now - timedelta(minutes=5), to=FRANCE)
    assert world.deliver(waiting) == []
    drop(world, COVERING)
    world.clock.now += LEAD + timedelta(minutes=15)
    cold(world)
    if way == "the schedule":
        assert world.stack.invoke("rerate_calls", {}, seconds=300)["calls_rated"] == 1
    assert world.deliver(waiting) == []
    world.stack.invoke("rerate_calls", {}, seconds=300)
    assert charged(world) == {"waiting": 400_000}
    assert world.deliver(waiting) == []
    assert charged(world) == {"waiting": 400_000}


def test_authorize_says_try_again_and_holds_nothing_while_the_deck_loads(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading  # noqa: PLC0415

    world.adjust("50.00", "credit")
    drop(world, DEARER)
    world.clock.now += LEAD
    cold(world)
    before, released = world.stack.items(), threading.Event()
    load = deck_store.read_active

    def slow(*arguments: Any) -> Any:
        assert released.wait(30)
        return load(*arguments)

    monkeypatch.setattr("calling_credit.rates.loaded_decks.read_active", slow)
    app = world.stack.apps["authorize_call"]
    monkeypatch.setattr(app.decks, "in_force", lambda now: type(app.decks).in_force(app.decks, now, 0.05))
    answer = world.authorize("c_1")
    assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "try_again", "1")
    assert world.stack.items() == before
    released.set()
    monkeypatch.setattr(app.decks, "in_force", lambda now: type(app.decks).in_force(app.decks, now, 10))
    answer = world.authorize("c_1")
    assert (answer.status, answer.body["decision"], answer.body["rate_per_minute"]) == (200, "allow", "0.20")


def test_a_crash_between_storing_and_activating_changes_no_price(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    before = active()

    def crash(*_: Any) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr("calling_credit.rates.publishing.activate", crash)
        with pytest.raises(RuntimeError):
            drop(world, DEARER)
    assert active() == before
    assert world.deliver(call("c_1", world.clock.now)) == []
    assert charged(world) == {"c_1": 100_000}
    assert drop(world, DEARER)["outcome"] == "published", "a retry completes it"
    assert [entry.version for entry in active().in_force] == [active().version, before.version]


def test_rollback_and_publishing_again_rebuild_a_missing_compiled_deck(world: World) -> None:
    first = active().version
    drop(world, DEARER)
    second = active().version
    for version in (first, second):
        _s3().delete_object(Bucket=BUCKET, Key=deck_store.compiled_key(version))
    DeckBucket(_s3(), BUCKET).roll_back(None, world.clock.now)
    assert active().compiled_sha256 != ""
    assert _s3().head_object(Bucket=BUCKET, Key=deck_store.compiled_key(first))
    _s3().delete_object(Bucket=BUCKET, Key=deck_store.compiled_key(first))
    drop(world, DECK, "again.csv")
    assert _s3().head_object(Bucket=BUCKET, Key=deck_store.compiled_key(first))


def test_publishing_the_active_deck_of_the_first_release_again_compiles_it(world: World) -> None:
    pointer = active()
    assert pointer.compiled_sha256 == ""
    drop(world, DECK, "again.csv")
    assert active().compiled_sha256 != ""
    assert [entry.in_force_from for entry in active().in_force] == [pointer.in_force[0].in_force_from]


@pytest.mark.parametrize("damage", ["of the first release", "missing", "damaged"])
def test_the_schedule_compiles_a_deck_whose_compiled_form_is_lost(world: World, damage: str) -> None:
    drop(world, DEARER)
    before, key = active(), deck_store.compiled_key(active().version)
    if damage == "of the first release":
        entries = tuple(replace(entry, compiled_sha256="") for entry in before.in_force)
        deck_store.activate(_s3(), BUCKET, replace(before, in_force=entries))
    elif damage == "missing":
        _s3().delete_object(Bucket=BUCKET, Key=key)
    else:
        _s3().put_object(Bucket=BUCKET, Key=key, Body=b"damaged")
    outcome = world.stack.invoke("publish_rates", {}, seconds=300)
    assert outcome == {"outcome": "compiled", "version": before.version}
    assert replace(active(), etag="") == replace(before, etag="")
    assert _s3().head_object(Bucket=BUCKET, Key=key)
    assert world.stack.invoke("publish_rates", {}, seconds=300) == {"outcome": "compiled_already"}
