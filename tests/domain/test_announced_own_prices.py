"""The list of an account's prices tells when each price changes, whichever of deck and list the next row comes from."""

import random
from itertools import product

import pytest

from calling_credit.rates.account_prices import AccountPrices
from calling_credit.rates.deck import Deck, RateRow
from calling_credit.rates.price_list import next_change, rates_for_country
from calling_credit.rates.rate_items import own_rate_item
from tests.domain.test_account_prices import NOON, TIMES, listed, row

LATER = TIMES[2]


def shown(prices: Deck, *origins: str) -> list[tuple[str, str, str | None, str | None]]:
    """The origin, the rate, the time of the next price, and the next rate of each item for Cambodia."""
    items, _ = rates_for_country(prices, "KH", origins, NOON, None, 100, own_rate_item)
    names = ("origin", "rate_per_minute", "changes_at", "next_rate_per_minute")
    return [tuple(item[name] for name in names) for item in items]


def test_a_list_for_all_origins_replaces_the_decks_row_for_one() -> None:
    deck = Deck("deck-1", [row("855", 100_000, "US"), row("855", 200_000)])
    prices = AccountPrices(deck, listed("gold", row("855", 50_000, since=LATER)), 0)
    assert shown(prices, "US") == [("*", "0.05", None, None), ("US", "0.10", LATER, "0.05")]
    assert shown(prices, "US", "CA") == [
        ("*", "0.20", LATER, "0.05"),
        ("*", "0.05", None, None),
        ("US", "0.10", LATER, "0.05"),
    ]


def test_a_row_of_the_deck_replaces_none_of_the_list() -> None:
    deck = Deck("deck-1", [row("855", 300_000, "US", LATER)])
    assert shown(AccountPrices(deck, listed("gold", row("855", 50_000)), 0), "US") == [("*", "0.05", None, None)]


def test_a_row_for_the_callers_own_origin_replaces_that_for_all() -> None:
    deck = Deck("deck-1", [row("855", 200_000), row("855", 100_000, "US", LATER)])
    assert shown(deck, "US") == [("*", "0.20", LATER, "0.10"), ("US", "0.10", None, None)]
    assert shown(deck, "US", "CA")[0] == ("*", "0.20", None, None), "it stays for callers in Canada"


@pytest.mark.parametrize("seed", range(300))
def test_every_announced_change_is_the_next_price_that_is_paid(seed: int) -> None:
    rng = random.Random(seed)
    keys = list(product(("*", "US", "CA"), TIMES))

    def some() -> list[RateRow]:
        chosen = rng.sample(keys, rng.randint(0, 5))
        return [row("855", rng.randint(1, 4) * 10_000, origin, since) for origin, since in chosen]

    prices = AccountPrices(Deck("deck-1", some()), listed("gold", *some()), rng.choice((0, 1_250)))
    paid = prices.find("855", "US", NOON)
    expected = paid and next_change(paid, prices.announced("855", "US", NOON))
    items, _ = rates_for_country(prices, "KH", ["US"], NOON, None, 100, own_rate_item)
    current = [item for item in items if item["effective_from"] <= NOON]
    assert current == ([] if paid is None else [own_rate_item(paid, expected)])
