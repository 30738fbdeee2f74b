"""A rise is what an account will pay more from a later day on: by its own list, markup, and callers."""

import pytest

from calling_credit.rates.account_prices import AccountPrices
from calling_credit.rates.deck import Deck
from calling_credit.rates.price_rises import Rise, find_rises, later_rows, rises_view
from tests.domain.examples import deck

AT, LATER = "2026-11-23T10:00:00.000Z", "2026-12-01T00:00:00.000Z"
NOW = {"effective_from": "2020-01-01", "rate_per_minute": "0.10"}
RISE = {"effective_from": "2026-12-01", "rate_per_minute": "0.12"}


def rises(of_deck: Deck, own: Deck | None = None, markup: int = 0, base: Deck | None = None) -> dict[str, Rise]:
    prices = AccountPrices(of_deck, own, markup)
    found = find_rises(prices, later_rows(of_deck, base, AT), ("*", "US"), AT)
    if own is not None:
        own.price_list = "gold"
        found |= find_rises(prices, later_rows(own, None, AT), ("*", "US"), AT, "gold")
    return found


def test_a_later_row_with_a_higher_price_is_a_rise() -> None:
    assert rises(deck(NOW, RISE)) == {"GB": Rise("GB", LATER, 60, 100_000, 120_000)}


@pytest.mark.parametrize(
    "later",
    [
        RISE | {"rate_per_minute": "0.10"},
        RISE | {"rate_per_minute": "0.05"},
        RISE | {"prefix": "33", "country": "FR"},
        RISE | {"origin": "FR"},
    ],
)
def test_lower_new_and_other_callers_prices_are_none(later: dict[str, str]) -> None:
    assert rises(deck(NOW, later)) == {}


def test_a_fee_or_a_longer_increment_is_a_rise_too() -> None:
    [fee] = rises(deck(NOW, RISE | {"rate_per_minute": "0.10", "connection_fee": "0.01"})).values()
    assert (fee.micros, fee.next_micros) == (100_000, 110_000)
    short = {"minimum_seconds": "1", "increment_seconds": "60"}
    [minimum] = rises(deck(NOW | {"increment_seconds": "1"}, RISE | {"rate_per_minute": "0.10"} | short)).values()
    assert minimum.next_micros > minimum.micros


def test_the_markup_is_part_of_both_prices() -> None:
    [rise] = rises(deck(NOW, RISE), markup=1_000).values()
    assert (rise.micros, rise.next_micros) == (110_000, 132_000)


def test_a_list_that_prices_the_numbers_keeps_the_decks_rise_away() -> None:
    assert rises(deck(NOW, RISE), own=deck(NOW | {"rate_per_minute": "0.09"})) == {}
    [rise] = rises(deck(NOW, RISE), own=deck(NOW | {"rate_per_minute": "0.09"}, RISE)).values()
    assert (rise.micros, rise.next_micros) == (90_000, 120_000)


def test_a_list_row_that_ends_a_cheaper_deck_price_is_a_rise() -> None:
    assert rises(deck(NOW), own=deck(RISE))["GB"].next_micros == 120_000


def test_rows_of_a_version_that_was_announced_are_not_announced_again() -> None:
    before = deck(NOW, RISE)
    assert later_rows(deck(NOW, RISE), before, AT) == []
    assert len(later_rows(deck(NOW, RISE | {"rate_per_minute": "0.13"}), before, AT)) == 1


def test_the_largest_rise_stands_for_a_country() -> None:
    mobile = {"prefix": "447", "destination": "United Kingdom - Mobile"}
    two = deck(NOW, RISE, NOW | mobile | {"rate_per_minute": "0.20"}, RISE | mobile | {"rate_per_minute": "0.30"})
    assert rises(two) == {"GB": Rise("GB", LATER, 60, 200_000, 300_000, 2)}


def test_at_most_twenty_countries_are_listed_and_the_rest_counted() -> None:
    many = [Rise(f"A{chr(65 + number)}", LATER, 60, 0, 100 * number) for number in range(1, 24)]
    view = rises_view(many)
    assert (len(view["changes"]), view["more"], view["changes"][0]["country"]) == (20, 3, "AX")


def test_a_rise_of_a_rate_step_is_told_by_a_call_of_ten_minutes() -> None:
    [rise] = rises(deck(NOW | {"rate_steps": "60:0.02:1"}, RISE | {"rate_per_minute": "0.10"})).values()
    assert (rise.seconds, rise.micros, rise.next_micros) == (600, 280_000, 1_000_000)
