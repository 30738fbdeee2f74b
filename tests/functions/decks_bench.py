"""Uploaded decks, their reports, and the active deck."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from calling_credit.rates import active_pointer, deck_store
from calling_credit.rates.publishing import DeckBucket
from tests.domain.examples import deck_csv
from tests.harness.table import BUCKET, _s3, sample_event
from tests.harness.world import DECK, UNITED_KINGDOM, World

LEAD = timedelta(seconds=61)
"""After this time, a published deck is in force."""
DEARER = DECK.replace(b"0.10", b"0.20")


def with_rows(*rows: dict[str, str]) -> bytes:
    """The small deck with more rows."""
    return DECK + deck_csv(*rows).split(b"\n", 1)[1]


BROKEN = DECK.replace(b"0.10", b"cheap").replace(b",JP,", b",XX,")


def dropped(key: str) -> dict[str, Any]:
    """The event of an uploaded object."""
    event = sample_event("publish_rates")
    event["detail"]["object"]["key"] = key
    return event


def drop(world: World, data: bytes, name: str = "december.csv") -> dict[str, Any]:
    """Upload a deck under incoming/ and pass its event to the function."""
    _s3().put_object(Bucket=BUCKET, Key=f"incoming/{name}", Body=data)
    answer = world.stack.invoke("publish_rates", dropped(f"incoming/{name}"), seconds=300)
    world.stack.forget()
    return answer


def report(name: str = "december.csv") -> dict[str, Any]:
    """The report stored beside the deck."""
    said: dict[str, Any] = json.loads(_s3().get_object(Bucket=BUCKET, Key=f"reports/{name}.json")["Body"].read())
    return said


def active() -> active_pointer.ActivePointer:
    """The content of `active.json`."""
    pointer = deck_store.read_active(_s3(), BUCKET)
    assert pointer is not None
    return pointer


@pytest.fixture(autouse=True)
def clean(world: World) -> Iterator[None]:
    """A bucket with only the small deck, active before any upload; other objects are removed afterwards."""

    def empty() -> None:
        for prefix in ("incoming/", "reports/", "decks/", "lists/"):
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
    """The prices of a number from GET /rates once the active deck is in force: current, then announced."""
    now = world.clock.now
    world.clock.now += LEAD
    items = world.get("/rates", number=number).body["items"]
    world.clock.now = now
    return [item["rate_per_minute"] for item in items]


def publish_allowed(world: World, data: bytes) -> str:
    """Publish a deck with all its findings allowed, as the command does; return its version."""
    decks = DeckBucket(_s3(), BUCKET)
    check = decks.check(data, world.clock.now, world.clock.now)
    outcome = decks.publish(data, check, world.clock.now, world.clock.now, check.counts)
    assert outcome == "published", outcome
    world.stack.forget()
    return check.version
