"""What the guard finds in the corners: swapped terms, codes that are not geographic, and toll-free numbers."""

import pytest

from calling_credit.rates.home_numbers import HomeNumbers
from tests.domain.examples import deck
from tests.domain.test_deck_guard import ACTIVE, included, judged, whole


def test_a_rate_and_a_fee_that_change_places_are_found() -> None:
    swapped = whole({"prefix": "441", "country": "GB", "rate_per_minute": "0", "connection_fee": "0.02"})
    assert judged(swapped) == {"price_jump": 1}
    assert judged(ACTIVE, swapped) == {"price_jump": 1}


@pytest.mark.parametrize("prefix", ["1700", "1710", "1500", "1533", "1521", "1911", "1290", "1190", "1238", "17005"])
def test_a_code_that_is_no_known_area_code_is_not_freed_silently(prefix: str) -> None:
    free = whole(included(prefix))
    assert judged(free) == judged(free, None) == {"free_abroad": 1}


def test_an_added_area_code_may_be_included() -> None:
    added = HomeNumbers(added={"1238": "US"})
    assert judged(whole(included("1238")), ACTIVE, added) == judged(whole(included("1238")), None, added) == {}


@pytest.mark.parametrize("countries", [{"CA"}, {"US"}, {"DO"}, {"GB"}, {"GB", "CA"}])
@pytest.mark.parametrize("code", ["1800", "1833", "1888"])
def test_the_deck_and_the_guard_agree_on_toll_free_numbers(countries: set[str], code: str) -> None:
    example = deck({})
    example.home_countries = frozenset(countries)
    is_home = countries != {"GB"}
    assert (example.is_home(f"{code}5550123"), HomeNumbers(countries).is_home(code)) == (is_home, is_home)
