"""Functions read a price list like the deck: each version prices the calls that begin in its time, and no others."""

from datetime import timedelta
from typing import Any, cast

import pytest

from calling_credit.clock import Patience
from calling_credit.errors import Unavailable
from calling_credit.instants import format_instant
from calling_credit.numbering import country_of, use_area_codes
from calling_credit.rates.active_decks import ActiveDecks
from calling_credit.rates.list_names import is_list_name, is_list_stored
from calling_credit.rates.price_lists import ActivePriceLists
from tests.domain.examples import NOW
from tests.harness.deck_bucket import CHEAP, DEAR, LEAD, Bucket, seconds

ENDLESS = Patience(None)


class ListBucket(Bucket):
    """A bucket with a deck, an added area code, and lists, which are written as if each were a bucket."""

    def publish_version_of(self, name: str, data: bytes, version: str, at: float) -> None:
        """Publish a version of a list."""
        own = Bucket()
        folder = f"lists/{name}/"
        own.objects = {key.removeprefix(folder): one for key, one in self.objects.items() if key.startswith(folder)}
        if hasattr(self, name):
            own.point(getattr(self, name))
        setattr(self, name, own.publish(data, version, seconds(at)))
        self.objects |= {folder + key: one for key, one in own.objects.items()}


@pytest.fixture
def bucket() -> ListBucket:
    bucket = ListBucket()
    bucket.publish(DEAR, "deck", NOW - timedelta(days=1))
    bucket.publish_version_of("gold", CHEAP, "gold-1", -3600)
    return bucket


def lists_of(bucket: Any) -> ActivePriceLists:
    return ActivePriceLists(bucket, "bucket", LEAD, 15)


def version(lists: ActivePriceLists, begun: float, now: float, name: str = "gold") -> str | None:
    deck = lists.list_at(name, format_instant(seconds(begun)), seconds(now), ENDLESS)
    return None if deck is None else deck.version


def test_a_call_is_priced_by_the_version_in_force_when_it_began(bucket: ListBucket) -> None:
    lists = lists_of(bucket)
    assert version(lists, 0, 0) == "gold-1"
    bucket.publish_version_of("gold", DEAR, "gold-2", 0)
    assert (version(lists, 59, 70), version(lists, 60, 70), version(lists, 61, 70)) == ("gold-1", "gold-2", "gold-2")


def test_a_warm_function_reads_a_list_as_often_as_the_deck(bucket: ListBucket) -> None:
    lists = lists_of(bucket)
    for second in range(60):
        assert version(lists, second, second) == "gold-1"
    assert bucket.reads.count("lists/gold/active.json") == 3
    assert [key for key in bucket.reads if "lists" not in key] == []


def test_a_list_that_is_not_stored_is_none_and_prices_no_call(bucket: ListBucket) -> None:
    lists, client = lists_of(bucket), cast("Any", bucket)
    assert version(lists, 0, 0, "silver") is None
    assert [is_list_stored(client, "bucket", name) for name in ("gold", "silver", "../x")] == [True, False, False]
    bucket.publish_version_of("silver", CHEAP, "silver-1", 0)
    assert version(lists, 0, 1, "silver") == "silver-1"


def test_an_unreachable_bucket_is_an_error_and_never_no_list(bucket: ListBucket) -> None:
    lists = lists_of(bucket)
    bucket.is_down = True
    with pytest.raises(Unavailable) as refused:
        version(lists, 0, 0)
    assert refused.value.code == "unavailable"


def test_a_call_after_the_known_timeline_is_asked_for_again(bucket: ListBucket) -> None:
    lists = lists_of(bucket)
    assert version(lists, 0, 0) == "gold-1"
    bucket.is_down = True
    with pytest.raises(Unavailable):
        version(lists, 100, 100)


def test_lists_do_not_forget_the_decks_added_area_codes(bucket: ListBucket) -> None:
    client: Any = bucket
    try:
        ActiveDecks(client, "bucket", LEAD, 15).newest(NOW)
        use_area_codes({"1436": "US"})
        assert version(lists_of(bucket), 0, 0) == "gold-1"
        assert country_of("14365550100") == "US"
    finally:
        use_area_codes({})


@pytest.mark.parametrize("name", ["", "1", "0", "Gold", "-gold", "gold/../x", "g" * 41, "a b", "a.b", "gold\n"])
def test_other_texts_are_no_names_of_lists(name: str) -> None:
    assert not is_list_name(name)


def test_names_of_lists_are_short_and_fit_into_a_key() -> None:
    assert all(map(is_list_name, ("cost", "gold-2026", "2", "g" * 40)))
