"""What the guard calls a loss is what a look-up of every number finds, for random decks, price lists, and costs."""

import random

import pytest

from calling_credit.rates.account_prices import AccountPrices
from calling_credit.rates.deck import Deck, RateRow
from calling_credit.rates.home_numbers import HomeNumbers
from calling_credit.rates.layered_states import PrefixIndex, rows_by_prefix
from calling_credit.rates.losses import newly_at_a_loss, opened_prefixes, sold_at_a_loss
from calling_credit.rates.pricing import unrounded_price
from calling_credit.rates.rate_steps import RateStep

AT = "2026-11-23T10:00:00.000Z"
TIMES = ("2026-01-01T00:00:00.000Z", "2026-06-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z", "2027-02-01T00:00:00.000Z")
HOME = HomeNumbers(("US", "CA"))
NUMBERS = [f"855{one}{other}0" for one in range(5) for other in range(5)]
"""A number below each prefix, and below none but 855."""


def rows(rng: random.Random, most: int) -> list[RateRow]:
    """Rows with steps, fees, minimums, origins, and later prices."""
    found = {}
    for _ in range(rng.randint(1, most)):
        key = f"855{rng.choice(('', '0', '1', '2', '01', '10', '11'))}", rng.choice("**GF"), rng.choice(TIMES)
        origin = {"*": "*", "G": "GB", "F": "FR"}[key[1]]
        steps = (RateStep(rng.choice((20, 30, 60)), rng.randint(0, 12), 6),) if rng.random() < 0.3 else ()
        terms = (rng.randint(0, 12), rng.randint(0, 4), rng.choice((0, 1, 60, 90)), rng.choice((1, 6, 60)))
        found[key] = RateRow(key[0], "A", "KH", origin, *terms, key[2], "outbound_call", rate_steps=steps)
    return list(found.values())


def losses(deck: list[RateRow], own: list[RateRow], cost: list[RateRow]) -> set[tuple[str, str, str]]:
    """The rows of a list, or without one of the deck, that some number sells below its cost, by look-ups."""
    listed = Deck("list-1", own)
    listed.price_list = "gold"
    prices = AccountPrices(Deck("deck-1", deck), listed if own else None, 0)
    buying, found = Deck("cost-1", cost), set()
    for number in NUMBERS:
        for origin in ("*", "GB", "FR", "DE"):
            for at in (AT, *(one for one in TIMES if one > AT)):
                sold, bought = prices.match(number, origin, at), buying.match(number, origin, at)
                is_judged = sold is not None and bought is not None and bool(sold.price_list) == bool(own)
                if is_judged and sold and bought and unrounded_price(sold, 60) < unrounded_price(bought, 60):
                    found.add((sold.prefix, sold.origin, sold.effective_from))
    return found


@pytest.mark.parametrize("seed", range(0, 200, 10))
def test_losses_are_those_of_every_number(seed: int) -> None:
    for number in range(seed, seed + 10):
        rng = random.Random(number)
        deck, own, cost, newer = (rows(rng, 6) for _ in range(4))
        of_deck, of_list, of_cost = map(rows_by_prefix, (deck, own, cost))
        for layers, listed in (((of_deck,), []), ((of_list, of_deck), own)):
            found = sold_at_a_loss("", layers, of_cost, HOME, AT).values()
            named = {(one.row.prefix, one.row.origin, one.row.effective_from) for one in found if one.row}
            assert named == losses(deck, listed, cost), number
        of_newer = rows_by_prefix(newer)
        decks, opened = (PrefixIndex(of_deck), PrefixIndex(of_newer)), list(opened_prefixes(of_deck, of_newer, AT))
        added = newly_at_a_loss("", of_list, opened, decks, PrefixIndex(of_cost), HOME, AT).values()
        named = {(one.row.prefix, one.row.origin, one.row.effective_from) for one in added if one.row}
        assert named == losses(newer, own, cost) - losses(deck, own, cost), number
