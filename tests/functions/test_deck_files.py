"""The files of decks: the compiled form, the CSV where that is missing or damaged, and the pointer of a release."""

import hashlib
import json
from dataclasses import replace

import pytest

from calling_credit.errors import NotFound, Unavailable
from calling_credit.instants import format_instant
from calling_credit.rates.active_pointer import AddedAreaCode
from calling_credit.rates.deck_store import ACTIVE_KEY, compiled_key, deck_key, deck_version
from tests.domain.examples import NOW
from tests.harness.deck_bucket import CHEAP, DEAR, UK, Bucket, decks_of, one_deck, seconds


@pytest.fixture
def bucket() -> Bucket:
    """A bucket with one deck, in force from the start of time."""
    return one_deck()


def test_a_pointer_of_the_first_release_is_in_force_for_every_call(bucket: Bucket) -> None:
    content = json.loads(bucket.objects[ACTIVE_KEY])
    for name in ("in_force", "area_codes", "short_code_lists"):
        del content[name]
    bucket.objects[ACTIVE_KEY] = json.dumps(content).encode()
    decks = decks_of(bucket)
    assert decks.in_force(NOW).version == "cheap"
    assert decks.deck_for(UK, "US", "2026-09-01T00:00:00.000Z", NOW).version == "cheap"


@pytest.mark.parametrize("damage", [None, b"damaged", b"calling-credit-deck 2\n{}\n"])
def test_a_compiled_deck_that_is_missing_or_damaged_is_read_from_the_csv(bucket: Bucket, damage: bytes | None) -> None:
    if damage is None:
        del bucket.objects[compiled_key("cheap")]
    else:
        bucket.objects[compiled_key("cheap")] = damage
        pointer = bucket.pointer
        assert pointer is not None
        if damage.startswith(b"calling"):  # Of a later format, not damaged.
            sha256 = hashlib.sha256(damage).hexdigest()
            bucket.point(replace(pointer, in_force=(replace(pointer.in_force[0], compiled_sha256=sha256),)))
    found = decks_of(bucket).in_force(NOW)
    assert [row.rate_micros_per_minute for row in found.rows] == [20_000]


def test_a_changed_csv_is_never_used(bucket: Bucket) -> None:
    del bucket.objects[compiled_key("cheap")]
    bucket.objects[deck_key("cheap")] = DEAR
    with pytest.raises(Unavailable, match="unusable_deck"):
        decks_of(bucket).in_force(NOW)
    del bucket.objects[deck_key("cheap")]
    with pytest.raises(Unavailable, match="unusable_deck"):
        decks_of(bucket).in_force(NOW)


def test_any_published_deck_can_be_named(bucket: Bucket) -> None:
    bucket.publish(DEAR, "dear", seconds(0))
    decks = decks_of(bucket)
    assert decks.deck("dear").version == "dear", "before the timeline was read"
    version = deck_version(CHEAP, NOW)
    bucket.objects[deck_key(version)] = CHEAP
    assert decks.deck(version).version == version, "never activated"
    changed = deck_version(DEAR, NOW)
    bucket.objects[deck_key(changed)] = CHEAP
    with pytest.raises(Unavailable, match="unusable_deck"):
        decks.deck(changed)
    decks.in_force(seconds(1))
    assert decks.deck("cheap").version == "cheap"
    with pytest.raises(NotFound, match="unknown_deck"):
        decks.deck("never published")


def test_old_decks_leave_memory_but_none_that_is_needed(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("calling_credit.rates.loaded_decks.MAX_ROWS_LOADED", 3)
    for number in range(6):
        bucket.publish(CHEAP, f"v{number}", seconds(number * 100), lead=0)
    decks = decks_of(bucket)
    for number in range(6):
        at = format_instant(seconds(number * 100 + 1))
        assert decks.deck_for(UK, "US", at, seconds(600)).version == f"v{number}"
    assert list(decks._decks) == ["v2", "v3", "v4", "v5"]
    assert decks.in_force(seconds(601)).version == "v5"


def test_a_deck_knows_the_categories_and_area_codes_of_the_pointer(bucket: Bucket) -> None:
    decks = decks_of(bucket)
    decks.in_force(seconds(0))
    pointer = bucket.pointer
    assert pointer is not None
    added = AddedAreaCode("436", "US", format_instant(NOW))
    bucket.point(replace(pointer, area_codes=(added,), categories=("calls", "outbound_international_call")))
    found = decks.in_force(seconds(30))
    assert found.area_codes == {"1436": "US"}
    assert found.categories == {"calls", "outbound_international_call"}
    published = bucket.publish(DEAR, "dear", seconds(31))
    assert published.area_codes == (added,), "publishing keeps what it does not change"
