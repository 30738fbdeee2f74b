"""The short price list: at most three telling rows for a country, announced changes, and little work."""

from typing import Any

import pytest

from calling_credit.errors import InvalidValue
from calling_credit.rates.deck import Deck, RateRow
from calling_credit.rates.few_rates import POPULAR, FewRates, popular_countries
from calling_credit.rates.telling_rows import telling_rows

AT = "2026-11-23T12:00:00.000Z"
LATER = "2027-01-01T00:00:00.000Z"
LAST = "2027-06-01T00:00:00.000Z"


def row(prefix: str, destination: str, rate: int, **other: Any) -> RateRow:
    """A row of the United Kingdom."""
    values = {
        "country": "GB",
        "origin": "*",
        "connection_fee_micros": 0,
        "minimum_seconds": 60,
        "increment_seconds": 60,
        "effective_from": "2020-01-01T00:00:00.000Z",
        "category": "outbound_international_call",
    }
    return RateRow(prefix=prefix, destination=destination, rate_micros_per_minute=rate, **{**values, **other})


def chosen(rows: list[RateRow], origins: list[str] | None = None) -> list[tuple[str, str]]:
    """The prefix and origin of each telling row."""
    return [(found.prefix, found.origin) for found in telling_rows(rows, origins)]


BASE = row("44", "United Kingdom", 20_000)
MOBILES = [row(f"447{digit}", "United Kingdom - Mobile", 50_000) for digit in range(3, 10)]
PREMIUM = row("449", "United Kingdom - Premium", 900_000)
SPECIAL = row("4484", "United Kingdom - Special", 100_000)


def test_landlines_mobiles_and_the_dearest_of_the_rest_are_shown() -> None:
    assert chosen([SPECIAL, *MOBILES, PREMIUM, BASE]) == [("44", "*"), ("4473", "*"), ("449", "*")]


def test_a_destination_named_for_landlines_comes_first() -> None:
    landlines = [row("4420", "United Kingdom - Landline", 15_000), row("44161", "United Kingdom - Landline", 15_000)]
    assert chosen([BASE, *landlines, *MOBILES])[0] == ("4420", "*")


@pytest.mark.parametrize("name", ["UK Mobile Vodafone", "UK Cellular", "UK cell", "UK GSM"])
def test_mobile_destinations_are_found_by_their_usual_names(name: str) -> None:
    assert chosen([BASE, row("447", name, 50_000), PREMIUM])[1] == ("447", "*")


def test_the_usual_price_of_mobiles_is_shown_before_a_rare_one() -> None:
    rare = row("4479112", "United Kingdom - Mobile Jersey", 300_000)
    assert chosen([BASE, rare, *MOBILES]) == [("44", "*"), ("4473", "*"), ("4479112", "*")]


def test_rows_that_say_the_same_are_shown_once() -> None:
    assert chosen([BASE, row("4420", "United Kingdom", 20_000)]) == [("44", "*")]
    assert chosen(MOBILES) == [("4473", "*")]
    assert chosen([]) == []


def test_prices_of_any_origin_come_before_those_of_one() -> None:
    canada = row("44", "United Kingdom", 70_000, origin="CA")
    france = row("44", "United Kingdom", 80_000, origin="FR")
    assert chosen([france, canada, BASE])[:2] == [("44", "*"), ("44", "FR")]
    assert chosen([france, canada], ["CA", "FR"])[0] == ("44", "CA")


def test_included_numbers_are_never_the_dearest() -> None:
    included = row("4480", "United Kingdom - Freephone", 0, category="included")
    assert chosen([BASE, included]) == [("44", "*")]


class Counted(Deck):
    """A deck that counts how often the rows of a country are read."""

    reads = 0

    def rows_of(self, country: str, _at: str = "") -> list[RateRow]:
        """Return the rows of a country."""
        self.reads += 1
        return super().rows_of(country)


def test_the_last_row_of_a_country_counts_the_rows_that_are_not_shown() -> None:
    deck = Deck("deck-1", [BASE, *MOBILES, PREMIUM, SPECIAL, row("33", "France", 10_000, country="FR")])
    items = FewRates().of_countries(deck, ["GB", "FR"], None, AT)
    assert [(item["prefix"], item.get("more")) for item in items] == [
        ("44", None),
        ("4473", None),
        ("449", 7),
        ("33", 0),
    ]


def test_an_announced_change_is_named_and_its_row_is_not_listed() -> None:
    changes = [
        row("44", "United Kingdom", 20_000, effective_from=LATER, connection_fee_micros=1),
        row("44", "United Kingdom", 30_000, effective_from=LAST),
    ]
    few, deck = FewRates(), Deck("deck-1", [BASE, *changes])
    [item] = few.of_countries(deck, ["GB"], None, AT)
    assert (item["rate_per_minute"], item["changes_at"], item["next_rate_per_minute"]) == ("0.02", LAST, "0.03")
    [item] = few.of_countries(deck, ["GB"], None, LATER)
    assert (item["effective_from"], item["connection_fee"], item["changes_at"]) == (LATER, "0.000001", LAST)
    [item] = few.of_countries(deck, ["GB"], None, LAST)
    assert (item["rate_per_minute"], item["changes_at"], item["next_rate_per_minute"]) == ("0.03", None, None)


def test_rows_are_read_once_for_a_deck_until_a_price_changes() -> None:
    few, deck = FewRates(), Counted("deck-1", [BASE, row("44", "United Kingdom", 30_000, effective_from=LATER)])
    for at, reads in ((AT, 1), (AT, 1), ("2026-12-31T23:59:59.999Z", 1), (LATER, 2), (LAST, 2)):
        few.of_countries(deck, ["GB"], None, at)
        assert deck.reads == reads, at
    few.of_countries(deck, ["GB"], ["US"], LAST)
    assert deck.reads == 3
    [item] = few.of_countries(Deck("deck-2", [PREMIUM]), ["GB"], None, LAST)
    assert item["prefix"] == "449", "another deck is in force"


def test_an_unknown_country_has_no_short_list() -> None:
    with pytest.raises(InvalidValue) as refused:
        FewRates().of_countries(Deck("deck-1", [BASE]), ["UK"], None, AT)
    assert refused.value.code == "unknown_country"


def test_home_countries_are_not_among_the_popular_ones() -> None:
    assert popular_countries(["US", "CA"]) == list(POPULAR)
    assert popular_countries(["FR"]) == [country for country in POPULAR if country != "FR"]
