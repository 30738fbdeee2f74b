"""The deck and the list that price a call of an account, as they change over time, and when S3 does not answer."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from calling_credit.errors import NotFound, Unavailable
from calling_credit.instants import format_instant
from calling_credit.rates.active_decks import ActiveDecks
from calling_credit.rates.deck import Deck
from calling_credit.rates.deck_store import compiled_key
from calling_credit.rates.decks_for_calls import Lookup
from calling_credit.rates.list_names import check_list_stored
from calling_credit.rates.price_terms import PriceTerms
from tests.domain.examples import NOW, deck_csv
from tests.harness.deck_bucket import FRANCE, UK, Bucket, decks_of, one_deck, seconds

GOLD = deck_csv({"rate_per_minute": "0.0100"})
CHEAPER = deck_csv({"rate_per_minute": "0.0050"})
WITH_FRANCE = deck_csv({"rate_per_minute": "0.0100"}, {"prefix": "33", "country": "FR", "rate_per_minute": "0.03"})
TERMS = PriceTerms("gold", 1_000, format_instant(NOW - timedelta(hours=1)))
MARKUP = PriceTerms(None, 1_000, TERMS.since)


@pytest.fixture
def bucket() -> Bucket:
    """A bucket with a deck and a list that prices the same number."""
    bucket = one_deck()
    bucket.publish_version("gold", GOLD, "gold-1", NOW - timedelta(days=1))
    return bucket


def rate(deck: Deck, digits: str = UK, at: datetime = NOW) -> tuple[str, int]:
    """The version of the list, and the rate, of the row that prices a number."""
    row = deck.find(digits, "US", format_instant(at))
    assert row is not None
    return row.list_version, row.rate_micros_per_minute


def paid(decks: ActiveDecks, terms: PriceTerms | None, at: datetime, now: datetime) -> tuple[str, int]:
    """The version of the list, and the rate, for a call that began at an instant."""
    return rate(decks.deck_for(UK, "US", format_instant(at), now, terms), at=at)


def test_each_account_pays_by_its_own_terms(bucket: Bucket) -> None:
    decks = decks_of(bucket)
    lookups = [Lookup(UK, "US", format_instant(NOW), terms) for terms in (None, TERMS, MARKUP)]
    found = decks.decks_for(lookups, NOW)
    public = decks.in_force(NOW).find(UK, "US", format_instant(NOW))
    assert public is not None
    base = public.rate_micros_per_minute
    rates = [rate(deck) for deck in found if isinstance(deck, Deck)]
    assert rates == [("", base), ("gold-1", 10_000), ("", base * 11 // 10)]
    assert [deck.version for deck in found if isinstance(deck, Deck)] == ["cheap"] * 3


def test_a_list_is_read_only_when_a_call_needs_it(bucket: Bucket) -> None:
    decks = decks_of(bucket)
    decks.deck_for(UK, "US", format_instant(NOW), NOW)
    decks.deck_for(UK, "US", format_instant(NOW), NOW, MARKUP)
    assert not [key for key in bucket.reads if key.startswith("lists/")]
    for _ in range(2):
        decks.deck_for(UK, "US", format_instant(NOW), NOW, TERMS)
    place = "lists/gold/"
    assert [key for key in bucket.reads if key.startswith("lists/")] == [
        f"{place}active.json",
        place + compiled_key("gold-1"),
    ]


def test_the_version_in_force_when_the_call_began_prices_it(bucket: Bucket) -> None:
    bucket.publish_version("gold", CHEAPER, "gold-2", NOW)
    decks = decks_of(bucket)
    assert paid(decks, TERMS, seconds(59.999), seconds(90)) == ("gold-1", 10_000)
    assert paid(decks, TERMS, seconds(60), seconds(90)) == ("gold-2", 5_000)


def test_every_function_switches_to_a_new_version_at_the_same_instant(bucket: Bucket) -> None:
    early, late = decks_of(bucket), decks_of(bucket)
    early.deck_for(UK, "US", format_instant(NOW), NOW, TERMS)
    bucket.publish_version("gold", CHEAPER, "gold-2", NOW)
    for at in (seconds(59), seconds(61)):
        assert paid(early, TERMS, at, seconds(62)) == paid(late, TERMS, at, seconds(62))


def test_a_later_version_prices_a_waiting_call_after_its_grace_time(bucket: Bucket) -> None:
    decks, at = decks_of(bucket), format_instant(NOW)
    bucket.publish_version("gold", WITH_FRANCE, "gold-2", NOW)
    ready = seconds(60) + timedelta(minutes=15)
    assert decks.deck_for(FRANCE, "US", at, ready - timedelta(seconds=1), TERMS).find(FRANCE, "US", at) is None
    found = decks.deck_for(FRANCE, "US", at, ready + timedelta(seconds=1), TERMS)
    assert rate(found, FRANCE) == ("gold-2", 30_000)
    assert decks.version_at(at, "gold") == "gold-1"


def test_a_version_that_was_rolled_back_prices_no_waiting_call(bucket: Bucket) -> None:
    decks, at = decks_of(bucket), format_instant(NOW)
    bucket.publish_version("gold", WITH_FRANCE, "gold-2", NOW)
    bucket.publish_version("gold", GOLD, "gold-1", NOW + timedelta(minutes=5))
    found = decks.deck_for(FRANCE, "US", at, NOW + timedelta(hours=1), TERMS)
    assert found.find(FRANCE, "US", at) is None


def test_a_later_deck_prices_a_waiting_call_with_the_markup(bucket: Bucket) -> None:
    decks, at = decks_of(bucket), format_instant(NOW)
    bucket.publish(deck_csv({}, {"prefix": "33", "country": "FR", "rate_per_minute": "0.03"}), "wide", NOW)
    found = decks.deck_for(FRANCE, "US", at, NOW + timedelta(minutes=20), TERMS)
    assert (found.version, rate(found, FRANCE)) == ("wide", ("", 33_000))


def test_a_list_that_is_not_stored_prices_nothing(bucket: Bucket) -> None:
    decks, missing = decks_of(bucket), PriceTerms("silver", 0, TERMS.since)
    with pytest.raises(Unavailable, match="try_again: The account's price list silver is not stored"):
        decks.deck_for(UK, "US", format_instant(NOW), NOW, missing)
    with pytest.raises(Unavailable, match="try_again"):
        decks.prices_of(decks.in_force(NOW), missing, NOW)
    found = decks.decks_for([Lookup(UK, "US", format_instant(NOW), terms) for terms in (missing, TERMS)], NOW)
    assert [type(answer) is Unavailable for answer in found] == [True, False]


def test_a_list_that_vanishes_prices_nothing_anymore(bucket: Bucket) -> None:
    decks = decks_of(bucket)
    assert paid(decks, TERMS, NOW, NOW) == ("gold-1", 10_000)
    del bucket.objects["lists/gold/active.json"]
    with pytest.raises(Unavailable, match="try_again"):
        paid(decks, TERMS, seconds(30), seconds(30))


def test_a_list_that_is_not_read_in_time_is_asked_for_again(bucket: Bucket) -> None:
    decks = decks_of(bucket)
    deck = decks.in_force(NOW)
    with bucket.holding("lists/gold/"), pytest.raises(Unavailable, match="try_again"):
        decks.prices_of(deck, TERMS, NOW, 0.05)
    assert rate(decks.prices_of(deck, TERMS, NOW, 5.0)) == ("gold-1", 10_000)


def test_a_failing_bucket_never_prices_by_an_old_version(bucket: Bucket) -> None:
    decks = decks_of(bucket)
    paid(decks, TERMS, NOW, NOW)
    bucket.is_down = True
    assert paid(decks, TERMS, seconds(30), seconds(30)) == ("gold-1", 10_000), "known for 40 seconds"
    with pytest.raises(Unavailable):
        paid(decks, TERMS, seconds(45), seconds(45))


def test_a_list_that_is_not_published_is_unknown(bucket: Bucket) -> None:
    client: Any = bucket
    check = partial(check_list_stored, lambda: client, "bucket")
    check("gold")
    with pytest.raises(NotFound, match="unknown_price_list"):
        check("silver")
    bucket.publish_version("silver", GOLD, "silver-1", NOW)
    check("silver")
    bucket.is_down = True
    with pytest.raises(Unavailable, match="could not be read"):
        check("gold")


def test_lists_do_not_touch_the_area_codes_of_the_deck(bucket: Bucket) -> None:
    decks = decks_of(bucket)
    deck = decks.in_force(NOW)
    deck.area_codes = {"1436": "US"}
    prices = decks.prices_of(deck, TERMS, NOW)
    row = prices.find("14365550100", "US", format_instant(NOW))
    assert row is not None
    assert row.category == "included"
