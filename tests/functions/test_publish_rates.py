"""publish_rates takes a deck that was dropped into the bucket: publishes it or tells why not, once, and never half."""

import json
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from calling_credit.errors import CallingCreditError
from calling_credit.rates import deck_store
from calling_credit.rates.publishing import DeckBucket
from tests.domain.examples import deck_csv
from tests.harness.faults import Point, ask_anew, points
from tests.harness.table import BUCKET, Context, _s3, sample_event
from tests.harness.wire import Wire
from tests.harness.world import DECK, JAPAN, UNITED_KINGDOM, World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]

DEARER = DECK.replace(b"0.10", b"0.20")
BROKEN = DECK.replace(b"0.10", b"cheap").replace(b",JP,", b",XX,")


def dropped(key: str) -> dict[str, Any]:
    """The event of an object that was put."""
    event = sample_event("publish_rates")
    event["detail"]["object"]["key"] = key
    return event


def drop(world: World, data: bytes, name: str = "december.csv") -> dict[str, Any]:
    """Put a deck under incoming/ and hand its event to the function."""
    _s3().put_object(Bucket=BUCKET, Key=f"incoming/{name}", Body=data)
    answer = world.stack.invoke("publish_rates", dropped(f"incoming/{name}"), seconds=300)
    world.stack.forget()
    return answer


def report(name: str = "december.csv") -> dict[str, Any]:
    """What is told beside the deck."""
    said: dict[str, Any] = json.loads(_s3().get_object(Bucket=BUCKET, Key=f"reports/{name}.json")["Body"].read())
    return said


def active() -> deck_store.ActivePointer:
    """What `active.json` says."""
    pointer = deck_store.read_active(_s3(), BUCKET)
    assert pointer is not None
    return pointer


def decks() -> set[str]:
    """Every stored deck."""
    return {stored.version for stored in DeckBucket(_s3(), BUCKET).stored_decks()}


@pytest.fixture(autouse=True)
def clean(world: World) -> Iterator[None]:
    """A bucket with the small deck alone, activated before anything is dropped; the rest is removed afterwards."""

    def empty() -> None:
        for prefix in ("incoming/", "reports/", "decks/"):
            for found in _s3().list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", []):
                _s3().delete_object(Bucket=BUCKET, Key=found["Key"])

    empty()
    version = deck_store.deck_version(DECK, world.clock.now)
    deck_store.put_deck(_s3(), BUCKET, version, DECK)
    deck_store.activate(_s3(), BUCKET, deck_store.pointer_to(version, DECK, world.clock.now))
    world.stack.forget()
    yield
    empty()


def price(world: World, number: str = UNITED_KINGDOM) -> list[str]:
    """What GET /rates says of a number: now, then announced."""
    items = world.get("/rates", number=number).body["items"]
    return [item["rate_per_minute"] for item in items]


def test_a_dropped_deck_is_published_with_a_report_beside_it(world: World) -> None:
    answer = drop(world, DEARER)
    assert (answer["outcome"], price(world)) == ("published", ["0.20"])
    told = report()
    assert (told["outcome"], told["version"], told["errors"]) == ("published", active().version, [])
    assert told["changes"] | {"raised": 1, "added": 0, "removed": 0, "lowered": 0} == told["changes"]
    assert told["lists"]["repriced"][0] | {"way": "raised", "before": "0.10/min 60/60"} == told["lists"]["repriced"][0]


def test_a_deck_with_errors_changes_nothing_and_its_report_has_row_and_column_of_each(
    world: World, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    before = active()
    answer = drop(world, BROKEN)
    assert (answer["outcome"], answer["error_count"]) == ("refused", 2)
    assert (active(), price(world), len(decks())) == (before, ["0.10"], 1)
    assert [(error["line"], error["column"], error["code"]) for error in report()["errors"]] == [
        (2, "rate_per_minute", "invalid_price"),
        (4, "country", "unknown_country"),
    ]
    assert "deck_refused" in caplog.messages
    assert '"DecksRefused"' in capsys.readouterr().out


def test_five_hundred_planted_errors_among_50000_rows_are_each_told(world: World) -> None:
    rows = [{"prefix": str(2_000_000 + number), "country": "GB"} for number in range(50_000)]
    for number in range(500):
        rows[number * 100 + 7] |= {"rate_per_minute": "100.01"}
    answer = drop(world, deck_csv(*rows))
    assert (answer["outcome"], answer["error_count"]) == ("refused", 500)
    found = [(error["line"], error["column"], error["code"]) for error in report()["errors"]]
    assert found == [(number * 100 + 9, "rate_per_minute", "price_out_of_range") for number in range(500)]


def test_an_object_told_of_twice_makes_no_second_version(world: World) -> None:
    drop(world, DEARER)
    first, stored = active(), decks()
    again = world.stack.invoke("publish_rates", dropped("incoming/december.csv"), seconds=300)
    assert (again, active(), decks()) == (
        {"outcome": "published", "version": first.version, "again": True},
        first,
        stored,
    )
    assert drop(world, DEARER, "the same under another name.csv")["outcome"] in ("unchanged", "published")
    assert (active(), decks()) == (first, stored), (
        "at another second it would be unchanged, at the same one it is the same"
    )


def test_a_day_is_over_its_limit_though_a_deck_names_its_calls_otherwise(world: World) -> None:
    world.adjust("50.00", "credit")
    world.operate("PUT", "/accounts/acct_1", {"limits": {"daily_spend": "0.50"}})
    assert world.deliver({}) == []
    drop(world, DECK.replace(b"outbound_international_call", b"calls_abroad"))
    assert world.authorize("c_2").body["max_seconds"] == 120
    assert world.deliver({"call_id": "c_2", "ended_at": "2026-11-23T10:01:04.000Z", "duration_seconds": 60}) == []
    DeckBucket(_s3(), BUCKET).roll_back(None, world.clock.now)
    world.stack.forget()
    assert list(active().categories) == ["outbound_international_call", "outbound_premium_call", "calls_abroad"]
    assert world.authorize("c_3").body["max_seconds"] == 60


def test_a_folder_and_a_file_that_is_gone_are_ignored_and_one_too_large_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    before = active()
    assert world.stack.invoke("publish_rates", dropped("incoming/new/"), seconds=300) == {"outcome": "ignored"}
    assert world.stack.invoke("publish_rates", dropped("incoming/gone.csv"), seconds=300) == {"outcome": "ignored"}
    assert "file_gone" in caplog.messages
    monkeypatch.setattr("calling_credit.rates.publishing.MAX_BYTES", 100)
    assert (drop(world, DEARER, "large.csv")["outcome"], report("large.csv")["code"]) == ("refused", "file_too_large")
    assert active() == before


def test_a_deck_that_is_told_of_late_does_not_replace_a_newer_one(world: World) -> None:
    _s3().put_object(Bucket=BUCKET, Key="incoming/late.csv", Body=DEARER)
    put_at = _s3().head_object(Bucket=BUCKET, Key="incoming/late.csv")["LastModified"]
    newer = DECK.replace(b"0.10", b"0.30")
    deck_store.put_deck(_s3(), BUCKET, "newer", newer)
    deck_store.activate(_s3(), BUCKET, deck_store.pointer_to("newer", newer, put_at + timedelta(seconds=5)))
    answer = world.stack.invoke("publish_rates", dropped("incoming/late.csv"), seconds=300)
    assert (answer["outcome"], active().version) == ("superseded", "newer")
    assert "Upload it again" in report("late.csv")["detail"]


def test_announced_prices_are_rows_that_take_effect_later_and_show_in_get_rates(world: World) -> None:
    announced = deck_csv(
        {"rate_per_minute": "0.10"},
        {"rate_per_minute": "0.12", "effective_from": "2026-12-01"},
        {"prefix": "33", "destination": "France", "country": "FR", "effective_from": "2026-12-24"},
    )
    drop(world, announced)
    assert price(world) == ["0.10", "0.12"]
    told = report()["changes"]
    assert (told["later"], told["added"], told["announced"], told["not_yet_covered"]) == (1, 1, 2, 1)
    assert report()["lists"]["not_yet_covered"][0]["prefix"] == "33"
    world.clock.now += timedelta(days=9)
    world.stack.forget()
    assert price(world) == ["0.12"]


def test_a_report_says_what_the_deck_would_have_changed_on_the_last_30_days_calls(world: World) -> None:
    world.create_account("acct_2")
    assert world.deliver({}, {"call_id": "c_2", "to": JAPAN}, {"call_id": "c_3", "account_id": "acct_2"}) == []
    old = {"started_at": "2026-10-01T10:00:00.000Z", "answered_at": "2026-10-01T10:00:00.000Z"}
    assert world.deliver({"call_id": "c_old", **old, "ended_at": "2026-10-01T10:02:05.000Z"}) == []
    dearer_without_japan = deck_csv(
        {"rate_per_minute": "0.20"}, {"rate_per_minute": "0.05", "effective_from": "2026-12-01"}
    )
    drop(world, dearer_without_japan)
    told = report()["last_calls"]
    assert (told["accounts"], told["calls"], told["charged"], told["is_whole"]) == (2, 3, "0.6256", True)
    assert told["by_this_deck"] == {"dearer": 2, "cheaper": 0, "same": 0, "unrated": 1, "change": "0.60"}
    assert told["once_all_is_in_effect"] == {"dearer": 0, "cheaper": 2, "same": 0, "unrated": 1, "change": "-0.30"}


def test_a_report_says_when_not_all_past_calls_could_be_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.deliver(*({"call_id": f"c_{number}"} for number in range(5)))
    monkeypatch.setattr("calling_credit.ledger.charge_reader.MAX_CALLS", 3)
    drop(world, DEARER)
    assert (report()["last_calls"]["calls"], report()["last_calls"]["is_whole"]) == (3, False)
    assert price(world) == ["0.20"], "published all the same"


def test_accounts_without_calls_do_not_use_up_the_time_to_publish(
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


def test_a_table_that_does_not_answer_keeps_no_deck_from_being_published(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def throttled(*_: Any) -> None:
        raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, "Query")

    monkeypatch.setattr(world.stack.apps["publish_rates"], "measure_impact", throttled)
    assert drop(world, DEARER)["outcome"] == "published"
    assert price(world) == ["0.20"]


def test_an_active_deck_that_was_damaged_is_mended_by_publishing_it_again(world: World) -> None:
    drop(world, DEARER)
    _s3().put_object(Bucket=BUCKET, Key=active().key, Body=b"damaged")
    world.stack.forget()
    assert world.get("/rates", number=UNITED_KINGDOM).code == "unusable_deck"
    assert drop(world, DEARER, "again.csv")["outcome"] in ("unchanged", "published"), "of the same second, the same"
    assert price(world) == ["0.20"]


def test_a_deck_that_was_put_first_and_activated_last_gives_way_to_the_one_that_was_put_after_it(world: World) -> None:
    """The first file's handler fails and is tried again a minute later, while the second file is still looked at."""
    put_at = world.clock.now
    publisher = DeckBucket(_s3(), BUCKET)
    late = publisher.check(DEARER, put_at, put_at + timedelta(seconds=60))
    assert publisher.publish(DEARER, late, put_at, put_at + timedelta(seconds=60)) == "published"
    right = DECK.replace(b"0.10", b"0.15")
    second = put_at + timedelta(seconds=20)
    assert publisher.publish(right, publisher.check(right, second, second), second, second) == "published"
    again = publisher.check(DEARER, put_at, second + timedelta(hours=1))
    assert publisher.publish(DEARER, again, put_at, second + timedelta(hours=1)) == "superseded"
    world.stack.forget()
    assert price(world) == ["0.15"]


def test_a_prefix_of_another_country_is_published_with_a_warning(world: World) -> None:
    answer = drop(world, deck_csv({}, {"prefix": "33", "country": "GB"}, {"prefix": "999", "country": "GB"}))
    assert answer["outcome"] == "published"
    assert [(one["prefix"], one["code"]) for one in report()["warnings"]] == [
        ("33", "other_country"),
        ("999", "unassigned_prefix"),
    ]


def test_one_goes_back_deck_by_deck_or_to_a_named_one(world: World) -> None:
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


def test_wherever_it_dies_the_old_deck_or_the_new_one_prices_and_the_same_event_again_ends_well(
    world: World, wire: Wire
) -> None:
    """Law 10 of decks: every fault at every request, then the event again as Lambda does."""
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
        if not found["last_calls"]["is_whole"]:  # The calls could not be read; the deck is published all the same.
            assert point.name.startswith("Query"), point.name
            found["last_calls"] = told["last_calls"]
        assert (active(), found) == (new, told), point.name


def half_done(old: deck_store.ActivePointer, new: deck_store.ActivePointer, point: Point) -> None:
    """Whenever somebody looks, one of the two decks is active and whole."""
    pointer = active()
    assert pointer.version in (old.version, new.version), point.name
    deck_store.read_deck(_s3(), BUCKET, pointer)


def test_a_deck_that_is_outrun_while_it_is_stored_is_superseded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_two_who_publish_at_once_leave_one_of_the_two_whole(world: World) -> None:
    """Each interrupts the other between any two of its requests."""
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
        deck_store.read_deck(_s3(), BUCKET, active())
