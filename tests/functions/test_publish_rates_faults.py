"""Publishing survives faults, rollbacks, and races: one complete deck is always active."""

from datetime import timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from calling_credit.errors import CallingCreditError
from calling_credit.rates import active_pointer, deck_files, deck_store
from calling_credit.rates.publishing import DeckBucket
from tests.functions.decks_bench import BROKEN, DEARER, LEAD, active, clean, drop, dropped, price, report, with_rows
from tests.harness.faults import Point, ask_anew, points
from tests.harness.table import BUCKET, Context, _s3
from tests.harness.wire import Wire
from tests.harness.world import DECK, UNITED_KINGDOM, World

__all__ = ["clean"]

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]


def test_accounts_without_calls_do_not_exhaust_the_publishing_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        world.create_account(f"acct_quiet_{number}")
    context, looked = Context(300), world.stack.apps["publish_rates"]
    unhurried: Any = vars(looked)["measure_impact"]

    def slow(client: Any, table_name: str, impact: Any, now: Any, seconds_left: Any) -> None:
        def run_out(accounts: int) -> None:
            context.seconds = 300.0 if accounts < 2 else 0.0

        unhurried(client, table_name, impact, now, seconds_left, run_out)

    monkeypatch.setattr(looked, "measure_impact", slow)
    _s3().put_object(Bucket=BUCKET, Key="incoming/december.csv", Body=DEARER)
    assert looked.handler(dropped("incoming/december.csv"), context)["outcome"] == "published"
    assert (report()["last_calls"]["accounts"], report()["last_calls"]["is_whole"]) == (2, False)


def test_an_unavailable_table_does_not_stop_publication(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def throttled(*_: Any) -> None:
        raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, "Query")

    monkeypatch.setattr(world.stack.apps["publish_rates"], "measure_impact", throttled)
    assert drop(world, DEARER)["outcome"] == "published"
    assert price(world) == ["0.20"]


def test_publishing_a_damaged_active_deck_again_repairs_it(world: World) -> None:
    drop(world, DEARER)
    for key in (active().key, deck_store.compiled_key(active().version)):
        _s3().put_object(Bucket=BUCKET, Key=key, Body=b"damaged")
    world.clock.now += LEAD
    world.stack.forget()
    assert world.get("/rates", number=UNITED_KINGDOM).code == "unusable_deck"
    assert drop(world, DEARER, "again.csv")["outcome"] in ("unchanged", "published"), "of the same second, the same"
    assert price(world) == ["0.20"]


def test_a_deck_uploaded_first_but_activated_last_is_superseded(world: World) -> None:
    """The handler of the first file fails and runs again a minute later, during the check of the second file."""
    put_at = world.clock.now
    publisher = DeckBucket(_s3(), BUCKET)
    late = publisher.check(DEARER, put_at, put_at + timedelta(seconds=60))
    assert publisher.publish(DEARER, late, put_at, put_at + timedelta(seconds=60)) == "published"
    right = DECK.replace(b"0.10", b"0.15")
    second = put_at + timedelta(seconds=20)
    assert publisher.publish(right, publisher.check(right, second, second), second, second) == "published"
    again = publisher.check(DEARER, put_at, second + timedelta(hours=1))
    assert publisher.publish(DEARER, again, put_at, second + timedelta(hours=1)) == "superseded"
    world.clock.now += LEAD
    world.stack.forget()
    assert price(world) == ["0.15"]


def test_a_prefix_of_another_country_is_published_with_a_warning(world: World) -> None:
    answer = drop(world, with_rows({"prefix": "33", "country": "GB"}, {"prefix": "999", "country": "GB"}))
    assert answer["outcome"] == "published"
    assert [(one["prefix"], one["code"]) for one in report()["warnings"]] == [
        ("33", "other_country"),
        ("999", "unassigned_prefix"),
    ]


def test_rollback_returns_to_the_previous_or_a_named_deck(world: World) -> None:
    first = active().version
    versions = [first]
    for number in (2, 3):
        drop(world, DECK.replace(b"0.10", f"0.{number}0".encode()), f"{number}.csv")
        versions.append(active().version)
    publisher = DeckBucket(_s3(), BUCKET)
    for expected, shown in ((versions[1], "0.20"), (versions[0], "0.10")):
        assert publisher.roll_back(None, world.clock.now) == expected
        world.stack.forget()
        assert price(world) == [shown]
    with pytest.raises(CallingCreditError, match="no_earlier_deck"):
        publisher.roll_back(None, world.clock.now)
    assert publisher.roll_back(versions[2], world.clock.now) == versions[2]
    assert publisher.roll_back(None, world.clock.now) == versions[0]
    for version, code in ((versions[0], "already_active"), ("20200101T000000Z-000000000000", "unknown_deck")):
        with pytest.raises(CallingCreditError, match=code):
            publisher.roll_back(version, world.clock.now)
    _s3().put_object(Bucket=BUCKET, Key=deck_store.deck_key(versions[1]), Body=BROKEN)
    with pytest.raises(CallingCreditError, match="unusable_deck"):
        publisher.roll_back(versions[1], world.clock.now)
    assert active().version == versions[0]


def test_a_crash_leaves_the_old_or_new_deck_and_a_retry_completes(world: World, wire: Wire) -> None:
    """Law 10 for decks: every fault at every request, then Lambda's redelivery."""
    world.deliver({})
    old = active()
    _s3().put_object(Bucket=BUCKET, Key="incoming/december.csv", Body=DEARER)
    event = dropped("incoming/december.csv")
    wire.sent.clear()
    assert world.stack.invoke("publish_rates", event, seconds=300)["outcome"] == "published"
    new, scenario = active(), list(wire.sent)
    told = report()
    assert {sent.operation for sent in scenario} >= {"GetObject", "PutObject", "Query"}
    for point in points(scenario):
        deck_store.activate(_s3(), BUCKET, deck_store.pointer_to(old.version, DECK, world.clock.now))
        for key in (f"decks/{new.version}.csv", "reports/december.csv.json"):
            _s3().delete_object(Bucket=BUCKET, Key=key)
        with wire.interfering(point):
            check = partial(half_done, old, new, point)
            ask_anew(world.stack, wire, "publish_rates", event, seconds=300, check=check)
        assert point.hits, point.name
        found = report()
        if not found["last_calls"]["is_whole"]:  # The calls could not be read, but the deck is published.
            assert point.name.startswith("Query"), point.name
            found["last_calls"] = told["last_calls"]
        assert (active(), found) == (new, told), point.name


def half_done(old: active_pointer.ActivePointer, new: active_pointer.ActivePointer, point: Point) -> None:
    """Check that one of the two decks is active and complete."""
    pointer = active()
    assert pointer.version in (old.version, new.version), point.name
    deck_files.read_deck(_s3(), BUCKET, pointer)


def test_a_deck_overtaken_while_it_is_stored_is_superseded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    publisher, newer = DeckBucket(_s3(), BUCKET), DECK.replace(b"0.10", b"0.30")
    begun, later = world.clock.now + timedelta(minutes=1), world.clock.now + timedelta(minutes=2)
    stored: list[str] = []

    def store(client: Any, bucket: str, version: str, data: bytes) -> None:
        deck_store.put_deck(client, bucket, version, data)
        stored.append(version)
        if len(stored) == 1:
            assert publisher.publish(newer, publisher.check(newer, later, later), later, later) == "published"

    monkeypatch.setattr("calling_credit.rates.publishing.put_deck", store)
    outcome = publisher.publish(DEARER, publisher.check(DEARER, begun, begun), begun, begun)
    assert (outcome, active().version) == ("superseded", stored[1])


def test_two_concurrent_publications_leave_one_complete_deck(world: World) -> None:
    """Each publication interrupts the other between any two requests."""
    other_deck = DECK.replace(b"0.10", b"0.30")
    _s3().put_object(Bucket=BUCKET, Key="incoming/a.csv", Body=DEARER)
    _s3().put_object(Bucket=BUCKET, Key="incoming/b.csv", Body=other_deck)
    real = world.stack.apps["publish_rates"].decks
    for at in range(6):
        deck_store.activate(
            _s3(), BUCKET, deck_store.pointer_to(deck_store.deck_version(DECK, world.clock.now), DECK, world.clock.now)
        )
        for name in ("a", "b"):
            _s3().delete_object(Bucket=BUCKET, Key=f"reports/{name}.csv.json")
        steps = SimpleNamespace(count=0)

        def between(*_: Any, at: int = at, steps: SimpleNamespace = steps, **__: Any) -> None:
            steps.count += 1
            if steps.count == at + 1:
                real._client.meta.events.unregister("before-call.s3", between)
                world.stack.invoke("publish_rates", dropped("incoming/b.csv"), seconds=300)

        real._client.meta.events.register("before-call.s3", between)
        try:
            world.stack.invoke("publish_rates", dropped("incoming/a.csv"), seconds=300)
        finally:
            real._client.meta.events.unregister("before-call.s3", between)
        world.stack.forget()
        assert steps.count > at
        assert price(world) in (["0.20"], ["0.30"])
        deck_files.read_deck(_s3(), BUCKET, active())
