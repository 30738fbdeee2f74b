"""The prices of one account: its list over the deck, and the markup. A plain search over all rows is the reference."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.rates.account_prices import AccountPrices, PricesOfAccounts
from calling_credit.rates.compiled_deck import compile_deck, read_compiled
from calling_credit.rates.deck import Deck, RateRow
from calling_credit.rates.price_terms import marked_up

TIMES = ("2026-01-01T00:00:00.000Z", "2026-06-01T00:00:00.000Z", "2026-12-01T00:00:00.000Z")
NOON = "2026-07-01T12:00:00.000Z"


def row(prefix: str, micros: int, origin: str = "*", since: str = TIMES[0], category: str = "landline") -> RateRow:
    """A row of Cambodia with a fee."""
    return RateRow(prefix, f"To {prefix}", "KH", origin, micros, micros // 10, 60, 60, since, category)


def listed(name: str, *rows: RateRow) -> Deck:
    """A price list of a name."""
    deck = Deck(f"{name}-1", rows)
    deck.price_list = name
    return deck


DECK = Deck("deck-1", [row("855", 100_000), row("85597", 300_000)])
GOLD, SILVER = listed("gold", row("855", 50_000)), listed("silver", row("855", 60_000))


def price(prices: Deck, digits: str, origin: str = "US") -> tuple[str, str, int]:
    """The list, the prefix, and the rate that an account pays now."""
    found = prices.find(digits, origin, NOON)
    assert found is not None
    return found.price_list, found.prefix, found.rate_micros_per_minute


def test_a_longer_prefix_of_the_deck_outdoes_every_list() -> None:
    for own in (GOLD, SILVER):
        assert price(AccountPrices(DECK, own, 0), "85597123456") == ("", "85597", 300_000)
    assert price(AccountPrices(DECK, GOLD, 0), "85523123456") == ("gold", "855", 50_000)
    assert price(AccountPrices(DECK, SILVER, 0), "85523123456") == ("silver", "855", 60_000)
    assert price(AccountPrices(DECK, None, 0), "85523123456") == ("", "855", 100_000)


def test_a_longer_prefix_of_the_list_outdoes_the_deck() -> None:
    own = listed("gold", row("8559", 1), row("855971", 2))
    assert price(AccountPrices(DECK, own, 0), "85597123456") == ("gold", "855971", 2)
    assert price(AccountPrices(DECK, own, 0), "85598123456") == ("gold", "8559", 1)


def test_the_list_for_all_origins_outdoes_the_deck_for_one() -> None:
    deck = Deck("deck-1", [row("855", 100_000, "US"), row("855", 200_000)])
    assert price(AccountPrices(deck, GOLD, 0), "85523123456") == ("gold", "855", 50_000)


def test_a_row_of_the_list_applies_from_its_own_time_on() -> None:
    own = listed("gold", row("855", 50_000, since=TIMES[2]))
    prices = AccountPrices(DECK, own, 0)
    assert price(prices, "85523123456") == ("", "855", 100_000)
    [later] = prices.announced("85523123456", "US", NOON)
    assert (later.price_list, later.effective_from) == ("gold", TIMES[2])


def test_the_markup_applies_to_rows_of_the_deck_only() -> None:
    prices = AccountPrices(DECK, GOLD, 1_250)
    dear, own = prices.find("85597123456", "US", NOON), prices.find("85523123456", "US", NOON)
    assert dear is not None
    assert own is not None
    assert (dear.rate_micros_per_minute, dear.connection_fee_micros) == (337_500, 33_750)
    assert (dear.base_rate_micros_per_minute, dear.base_connection_fee_micros) == (300_000, 30_000)
    assert (dear.markup_hundredths, dear.price_list) == (1_250, "")
    assert (own.rate_micros_per_minute, own.markup_hundredths, own.base_rate_micros_per_minute) == (50_000, 0, None)
    assert (own.price_list, own.list_version) == ("gold", "gold-1")


def test_rate_and_fee_are_each_rounded_up() -> None:
    deck = Deck("deck-1", [replace(row("855", 41_501), connection_fee_micros=1)])
    found = AccountPrices(deck, None, 1_100).find("85523123456", "US", NOON)
    assert found is not None
    assert (found.rate_micros_per_minute, found.connection_fee_micros) == (46_067, 2)


def test_included_calls_are_never_marked_up_nor_priced_by_a_list() -> None:
    home = RateRow("1", "Home", "US", "*", 0, 0, 60, 60, TIMES[0], "included")
    deck = Deck("deck-1", [home])
    deck.area_codes = {"1436": "US"}
    own = listed("gold", row("1", 5), row("1415", 6), row("1436", 7))
    prices = AccountPrices(deck, own, 100_000)
    assert prices.find("14155550100", "US", NOON) == home
    assert prices.find("1415555", "US", NOON) is None, "an incomplete number"
    empty = AccountPrices(Deck("deck-1", ()), own, 100_000)
    empty.deck.area_codes = deck.area_codes
    empty.take_facts()
    found = empty.find("14365550100", "US", NOON)
    assert found is not None
    assert found.category == "included"


def test_rows_of_the_deck_that_the_list_outdoes_are_not_shown() -> None:
    deck = Deck("deck-1", [row("855", 1), row("855", 2, since=TIMES[2]), row("85597", 3), row("855", 4, "GB")])
    shown = AccountPrices(deck, GOLD, 0).rows_of("KH", NOON)
    assert [(one.price_list, one.prefix) for one in shown] == [("gold", "855"), ("", "85597")]
    later = AccountPrices(deck, listed("gold", row("855", 5, since=TIMES[2])), 0).rows_of("KH", NOON)
    assert [(one.price_list, one.rate_micros_per_minute) for one in later] == [("gold", 5), ("", 1), ("", 3), ("", 4)]


def test_prices_are_made_once_for_all_accounts_with_the_same_terms() -> None:
    kept = PricesOfAccounts()
    assert kept.of(DECK, GOLD, 5) is kept.of(DECK, GOLD, 5)
    assert kept.of(DECK, GOLD, 5) is not kept.of(DECK, GOLD, 6)
    assert kept.of(DECK, GOLD, 5) is not kept.of(DECK, None, 5)
    reloaded = listed("gold", row("855", 7))
    assert price(kept.of(DECK, reloaded, 5), "85523123456") == ("gold", "855", 7)


PREFIXES = ("8", "85", "855", "8559", "85597", "1", "14", "1415")
NUMBERS = ("85597123456", "85523123456", "85", "14155550100", "1415", "99")
ROWS = st.lists(
    st.builds(
        row,
        st.sampled_from(PREFIXES),
        st.integers(1, 10**6),
        st.sampled_from(["*", "US", "GB"]),
        st.sampled_from(TIMES),
        st.sampled_from(["landline", "landline", "included"]),
    ),
    max_size=12,
    unique_by=lambda one: (one.prefix, one.origin, one.effective_from),
)


def reference(
    deck: list[RateRow], own: list[RateRow], markup: int, digits: str, origin: str, at: str
) -> tuple[str, int, str] | None:
    """The list, rate, and prefix of the best row in effect: by prefix, list, origin, and time."""
    rows = [("", one) for one in deck] + [("gold", one) for one in own]
    able = [
        (name, one)
        for name, one in rows
        if digits.startswith(one.prefix) and one.origin in ("*", origin) and one.effective_from <= at
    ]
    of_deck = [one for name, one in able if not name]
    best_of_deck = max(of_deck, key=lambda one: (len(one.prefix), one.origin != "*", one.effective_from), default=None)
    is_home = digits.startswith("1")
    if best_of_deck is not None and best_of_deck.category == "included" and is_home:
        own_longer = [one for name, one in able if name and len(one.prefix) >= len(best_of_deck.prefix)]
        if own_longer:
            able = [("", best_of_deck)]
    if not able:
        return None
    name, best = max(
        able, key=lambda one: (len(one[1].prefix), bool(one[0]), one[1].origin != "*", one[1].effective_from)
    )
    if best.category == "included" and is_home and len(digits) != 11:
        return None
    rate = best.rate_micros_per_minute
    return name, rate if name or best.category == "included" else marked_up(rate, markup), best.prefix


@given(ROWS, ROWS, st.sampled_from([0, 1, -5_000, 1_250, 100_000]), st.booleans())
def test_the_look_up_finds_what_a_search_over_all_rows_finds(
    deck_rows: list[RateRow], own_rows: list[RateRow], markup: int, compiled: bool
) -> None:
    deck, own = Deck("deck-1", deck_rows), listed("gold", *own_rows)
    if compiled:
        deck, own = read_compiled(compile_deck(deck), "deck-1"), read_compiled(compile_deck(own), "gold-1")
        own.price_list = "gold"
    prices = AccountPrices(deck, own, markup)
    for digits, origin, at in product(NUMBERS, ("US", "GB", "FR"), (TIMES[0], NOON, TIMES[2])):
        found = prices.find(digits, origin, at)
        shown = None if found is None else (found.price_list, found.rate_micros_per_minute, found.prefix)
        assert shown == reference(deck_rows, own_rows, markup, digits, origin, at), (digits, origin, at)


@pytest.mark.parametrize("markup", [0, 700])
def test_an_account_without_a_list_finds_the_rows_of_the_deck(markup: int) -> None:
    prices = AccountPrices(DECK, None, markup)
    for digits in NUMBERS:
        public, paid = DECK.find(digits, "US", NOON), prices.find(digits, "US", NOON)
        assert (public is None) == (paid is None)
        if public is not None and paid is not None:
            assert paid.rate_micros_per_minute == marked_up(public.rate_micros_per_minute, markup)
            assert (paid is public) == (markup == 0)
