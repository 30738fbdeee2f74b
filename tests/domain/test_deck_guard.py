"""The guard judges a deck by its effect: home, free calls abroad, lost prefixes, and jumps, now and at later dates."""

from typing import Any

import pytest

from calling_credit.rates.deck import Deck
from calling_credit.rates.findings import Judgement
from calling_credit.rates.guard import judge_deck
from calling_credit.rates.home_numbers import HomeNumbers
from tests.domain.examples import deck

NOW, LATER = "2026-11-23T12:00:00.000Z", "2026-12-01"
HOME = HomeNumbers()
ABROAD = tuple({"prefix": str(number), "country": "GB"} for number in range(441, 450)) + tuple(
    {"prefix": str(number), "country": "FR"} for number in range(331, 340)
)


def included(prefix: str, **cells: str) -> dict[str, str]:
    """An included row."""
    return {"prefix": prefix, "country": "US", "rate_per_minute": "0", "category": "included", **cells}


HOME_ROWS = tuple(included(prefix) for prefix in HOME.prefixes)


def whole(*more: dict[str, str], without: frozenset[str] = frozenset()) -> Deck:
    """A deck with every home code and twenty prefixes abroad; `more` replaces rows of the same prefix and date."""
    rows = {(row["prefix"], "*", ""): row for row in (*HOME_ROWS, *ABROAD) if row["prefix"] not in without}
    for row in more:
        rows[row["prefix"], row.get("origin", "*"), row.get("effective_from", "")] = row
    return deck(*rows.values(), version="deck-2")


ACTIVE = whole()


def judged(after: Deck, before: Deck | None = ACTIVE, home: HomeNumbers = HOME) -> dict[Any, int]:
    """The findings about a deck, with their counts."""
    return judge(after, before, home).counts()


def judge(after: Deck, before: Deck | None = ACTIVE, home: HomeNumbers = HOME) -> Judgement:
    """The judgement of a deck."""
    return judge_deck(before, after, home, NOW)


def test_the_same_deck_and_a_whole_first_deck_have_no_findings() -> None:
    assert judged(whole()) == {}
    assert judged(whole(), None) == {}


# --- Home -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [None, ACTIVE], ids=["first", "next"])
@pytest.mark.parametrize("code", ["1212", "1416", "1888"])
def test_a_home_code_that_is_not_included_is_found(before: Deck | None, code: str) -> None:
    assert judged(whole(without=frozenset({code})), before) == {"home_not_included": 1}
    priced = included(code, rate_per_minute="0.01", category="outbound_international_call")
    assert judged(whole(priced), before) == {"home_not_included": 1}
    unpaid = included(code, category="outbound_international_call")
    assert judged(whole(unpaid), before) == {"home_not_included": 1}, "calls to it need international calling"
    misspelled = included(code, category="inclded")
    assert judged(whole(misspelled), before) == {"home_not_included": 1, "unknown_category": 1}


@pytest.mark.parametrize("before", [None, ACTIVE], ids=["first", "next"])
def test_a_home_code_that_is_included_only_for_some_time_is_found(before: Deck | None) -> None:
    later = included("1212", effective_from=LATER)
    assert judged(whole(later, without=frozenset({"1212"})), before) == {"home_not_in_effect": 1}
    ends = included("1212", effective_from=LATER, rate_per_minute="0.01", category="outbound_international_call")
    assert judged(whole(ends), before) == {"home_not_in_effect": 1}


@pytest.mark.parametrize("prefix", ["12126", "1212664", "1212555", "12125550100", "121297"])
def test_a_charged_exchange_below_a_home_code_is_found(prefix: str) -> None:
    charged = {"prefix": prefix, "country": "US", "category": "outbound_premium_call"}
    assert judged(whole(charged)) == {"home_not_included": 1}
    assert judged(whole(charged), None) == {"home_not_included": 1}


@pytest.mark.parametrize("prefix", ["1212976", "12125551212", "18001", "121297655"])
def test_premium_exchanges_below_a_home_code_may_be_charged(prefix: str) -> None:
    charged = {"prefix": prefix, "country": "US", "category": "outbound_premium_call"}
    assert judged(whole(charged)) == judged(whole(charged), None) == {}
    assert judged(whole(), whole(charged)) == {"free_abroad": 1}, "without its row, the number would be free"


def test_a_row_for_one_origin_can_charge_home() -> None:
    charged = {"prefix": "1212", "origin": "CA", "country": "US", "rate_per_minute": "0.01"}
    assert judged(whole(charged)) == judged(whole(charged), None) == {"home_not_included": 1}


def test_a_home_code_split_into_all_its_exchanges_stays_included() -> None:
    exchanges = [included(f"1212{digit}") for digit in range(2, 10)]
    assert judged(whole(*exchanges, without=frozenset({"1212"}))) == {}
    assert judged(whole(*exchanges[1:], without=frozenset({"1212"}))) == {"home_not_included": 1}


def test_home_that_was_not_included_before_is_not_found_again() -> None:
    small = deck({}, included("1415"))
    assert judged(deck({"rate_per_minute": "0.03"}, included("1415")), small) == {}
    assert judged(deck({"rate_per_minute": "0.03"}), small)["home_not_included"] == 1


def test_other_home_countries_have_their_own_ordinary_numbers() -> None:
    british = HomeNumbers({"GB"})
    free = [{**included(prefix), "country": "GB"} for prefix in british.prefixes]
    assert judged(deck(*free, {"prefix": "449", "country": "GB"}), None, british) == {}
    assert judged(deck(*free, {**included("449"), "country": "GB"}), None, british) == {"free_abroad": 1}
    assert judged(deck(*free[1:]), None, british) == {"home_not_included": 1}


def test_an_added_area_code_is_included_below_the_deck() -> None:
    added = HomeNumbers(added={"1436": "US"})
    assert judged(whole(), ACTIVE, added) == judged(whole(), None, added) == {}
    assert judged(whole({"prefix": "1436", "country": "US"}), ACTIVE, added) == {"home_not_included": 1}
    assert judged(whole({"prefix": "1", "country": "US"}), ACTIVE, added) == {"home_not_included": 1}


def test_a_deck_may_include_a_newer_area_code() -> None:
    newer = whole(included("1436"))
    assert judged(newer) == judged(newer, None) == {}
    assert judged(whole(), newer) == {"home_not_included": 1}
    assert judged(whole(included("1436", country="JM"))) == {"free_abroad": 1}


# --- Abroad -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cells",
    [
        {"category": "included", "rate_per_minute": "0"},
        {"rate_per_minute": "0"},
        {"rate_per_minute": "0.000049"},
        {"rate_per_minute": "0", "effective_from": LATER},
        {"rate_per_minute": "0", "origin": "CA"},
    ],
    ids=["included", "zero", "rounds to zero", "later", "one origin"],
)
def test_a_free_destination_abroad_is_found(cells: dict[str, str]) -> None:
    free = whole({"prefix": "441", "country": "GB", **cells})
    assert judged(free)["free_abroad"] == 1
    assert judged(free, None)["free_abroad"] == 1
    assert judged(free, free) == {}


@pytest.mark.parametrize("prefix", ["1", "1876", "1900", "1500", "881", "8816"])
def test_numbers_other_than_ordinary_home_numbers_are_not_free(prefix: str) -> None:
    assert judged(whole(included(prefix)))["free_abroad"] >= 1
    assert judged(whole(included(prefix)), None)["free_abroad"] >= 1


def test_lost_prefixes_count_above_a_tenth_of_the_active_deck() -> None:
    before = deck(*ABROAD, {"prefix": "81"}, {"prefix": "82"})
    assert judged(deck(*ABROAD), before) == {}, "2 of 20"
    assert judged(deck(*ABROAD[:-1]), before) == {"prefixes_lost": 3}


def test_a_prefix_that_a_shorter_one_still_prices_is_not_lost() -> None:
    before = deck({"prefix": "44"}, *ABROAD)
    assert judged(deck({"prefix": "44"}, *ABROAD[9:]), before) == {}


def test_a_price_that_changes_tenfold_is_found() -> None:
    for cells, count in (
        ({"rate_per_minute": "0.2"}, 1),
        ({"rate_per_minute": "0.199999"}, 0),
        ({"rate_per_minute": "0.002"}, 1),
        ({"rate_per_minute": "0.002001"}, 0),
        ({"connection_fee": "0.18"}, 1),
        ({"minimum_seconds": "600"}, 1),
        ({"increment_seconds": "3600"}, 1),
        ({"minimum_seconds": "1", "increment_seconds": "1"}, 0),
        ({"rate_per_minute": "0.2", "effective_from": LATER}, 1),
        ({"rate_per_minute": "0.2", "origin": "US"}, 1),
    ):
        found = judged(whole({"prefix": "441", "country": "GB", **cells}))
        assert found == ({"price_jump": 1} if count else {}), cells
    assert judged(whole({"prefix": "441", "rate_per_minute": "9"}), None) == {}, "the first deck has no jumps"


def test_a_price_announced_before_is_no_jump() -> None:
    announced = whole({"prefix": "441", "country": "GB", "rate_per_minute": "0.9", "effective_from": LATER})
    assert judged(announced)["price_jump"] == 1
    assert judged(announced, announced) == {}


# --- Rows -------------------------------------------------------------------------------------------------------------


def test_a_category_is_known_if_it_is_ours_or_in_the_active_deck() -> None:
    new = whole({"prefix": "441", "country": "GB", "category": "outbound_satellite_call"})
    assert judged(new) == judged(new, None) == {"unknown_category": 1}
    assert judged(new, new) == {}
    assert judged(whole({"prefix": "441", "country": "GB", "category": "outbound_premium_call"})) == {}


def test_a_later_price_under_which_a_shorter_prefix_sells_today_is_found() -> None:
    later = {"prefix": "4412", "country": "GB", "rate_per_minute": "0.05", "effective_from": LATER}
    assert judged(whole(later)) == judged(whole(later), None) == {"future_without_present": 1}
    assert judged(whole(later, {**later, "effective_from": "2020-01-01", "rate_per_minute": "0.03"})) == {}
    assert judged(whole({**later, "rate_per_minute": "0.02"})) == {}, "the same price as the shorter prefix"
    assert judged(whole({**later, "prefix": "81"})) == {}, "nothing sells 81 today"
    assert judged(whole(later, {"prefix": "442", "rate_per_minute": "0.021"}), whole(later)) == {}, "announced before"


def test_a_postponed_row_is_found_even_if_its_price_was_announced() -> None:
    today = {"prefix": "4412", "country": "GB", "rate_per_minute": "0.05"}
    later = {**today, "rate_per_minute": "0.06", "effective_from": LATER}
    assert judged(whole(later), whole(today, later)) == {"future_without_present": 1}


# --- What the judgement says ------------------------------------------------------------------------------------------


def test_changed_states_are_counted_by_place() -> None:
    after = whole({**ABROAD[0], "rate_per_minute": "0"}, without=frozenset({"1212", "1416", "449"}))
    assert dict(judge(after).changes) == {
        ("home", "included", "unrated"): 2,
        ("GB", "charged", "free"): 1,
        ("GG", "charged", "free"): 1,
        ("IM", "charged", "free"): 1,
        ("JE", "charged", "free"): 1,
        ("GB", "charged", "unrated"): 1,
        ("GG", "charged", "unrated"): 2,
    }
    assert judge(after, None).changes == {}


def test_a_finding_names_its_first_samples() -> None:
    [finding] = judge(whole(without=frozenset(prefix for prefix in HOME.prefixes if prefix < "13"))).findings[:1]
    assert (finding.code, finding.count > 50, len(finding.samples)) == ("home_not_included", True, 20)
    assert [sample.prefix for sample in finding.samples[:2]] == ["1201", "1202"]


def test_very_many_announced_prices_are_judged_by_their_extremes() -> None:
    """The guard stays linear in the rows of a deck, even if thousands of them have one prefix."""
    days = [f"2027-{day // 28 + 1:02d}-{day % 28 + 1:02d}" for day in range(300)]
    prices = [{"prefix": "441", "country": "GB", "rate_per_minute": "0.03", "effective_from": day} for day in days]
    assert judged(whole(*prices)) == {}
    for cells, code in (({"rate_per_minute": "0.9"}, "price_jump"), ({"rate_per_minute": "0"}, "free_abroad")):
        damaged = [{**price, **cells} if price["effective_from"] == days[200] else price for price in prices]
        assert judged(whole(*damaged)) == {code: 1}
