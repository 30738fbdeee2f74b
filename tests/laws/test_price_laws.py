"""Random prices of one account: quote = hold, charge <= hold, and every charge is that of the terms, list, and deck in
force when the call began. A plain search over all rows and exact fractions are the reference.
"""

import random
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Any

import pytest

from calling_credit.instants import format_instant
from tests.domain.examples import deck_csv
from tests.functions.own_prices_bench import ask, entry_of
from tests.harness.world import World
from tests.laws.prices import Decks, Prices, instant, moment
from tests.laws.prices import price as price_of
from tests.laws.prices import steps as steps_of

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]

NUMBERS = ("+442071838750", "+447700900123", "+85597123456", "+85523123456")
PREFIXES = ("44", "447", "4420", "855", "85597")
MARKUPS = ("0.00", "12.50", "-50.00", "-0.01", "33.33", "1000.00")
LIMITS = {"daily_spend": "100000.00", "call_price": "10000.00", "high_cost": "1000.00", "simultaneous_calls": 500}
STEPS = 60
Row = dict[str, Any]


class Reference:
    """Terms, lists, and decks over time, and the price of a call by them."""

    def __init__(self, deck: bytes, lists: dict[str, bytes]) -> None:
        self.decks = Decks(Prices("deck-0", deck))
        self.lists = {name: Decks(Prices(f"{name}-0", rows)) for name, rows in lists.items()}
        self.terms: list[tuple[datetime, str | None, str]] = []

    def row(self, number: str, at: datetime) -> tuple[Row, str, str]:
        """The row for a call, the list that has it, and the markup."""
        in_force = [(name, markup) for since, name, markup in self.terms if since <= at]
        name, markup = in_force[-1] if in_force else (None, "0.00")
        public = self.decks.at(at).row(number, "+14155550100", at)
        own = self.lists[name].at(at).row(number, "+14155550100", at) if name else None
        assert public is not None
        if own is not None and len(own["prefix"]) >= len(public["prefix"]):
            return own, name or "", "0.00"
        return public, "", markup

    def price(self, number: str, at: datetime, seconds: int) -> int:
        """The price in micro-dollars, rounded half up to four decimals."""
        row, _, markup = self.row(number, at)
        factor = 1 + Fraction(markup) / 100

        def marked(text: str) -> str:
            return str(Decimal(ceil(Fraction(text) * 10**6 * factor)) / 10**6)

        steps = ";".join(f"{begin}:{marked(rate)}:{length}" for begin, rate, length in steps_of(row))
        own = {name: marked(row[name]) for name in ("rate_per_minute", "connection_fee")} | {"rate_steps": steps}
        return price_of(row | own, seconds)[1]


def some_rows(rng: random.Random, prefixes: tuple[str, ...]) -> bytes:
    """A deck or list with a price for each of these prefixes."""
    return deck_csv(
        *(
            {
                "prefix": prefix,
                "country": "GB" if prefix.startswith("44") else "KH",
                "rate_per_minute": f"0.{rng.randint(1, 9_999):04d}",
                "connection_fee": rng.choice(("0", "0.0333", "0.4")),
                "minimum_seconds": rng.choice(("0", "30", "60")),
                "increment_seconds": rng.choice(("1", "6", "60")),
                "rate_steps": rng.choice(("", "", "30:0.0101:1", "60:0.3333:10;120:0.02:60")),
            }
            for prefix in prefixes
        )
    )


class Player:
    """Plays random steps in the world and the reference, and compares them."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.rng = world, random.Random(seed)
        deck, lists = some_rows(self.rng, PREFIXES), {name: self.some_list() for name in ("a", "b")}
        self.reference = Reference(deck, lists)
        world.stack.publish(deck, "deck-0")
        for name, rows in lists.items():
            world.stack.publish_list(name, rows, f"{name}-0")
        world.stack.forget()
        assert world.operate("PUT", "/accounts/acct_1", {"limits": LIMITS}).status == 200
        world.adjust("100000.00", "credit")
        self.began, self.number = world.clock.now, 0
        self.open: dict[str, tuple[str, datetime, int, int]] = {}
        self.charged: dict[str, tuple[dict[str, Any], int]] = {}

    def some_list(self) -> bytes:
        """A list with some of the prefixes."""
        return some_rows(self.rng, tuple(self.rng.sample(PREFIXES, self.rng.randint(1, 3))))

    def change_terms(self) -> None:
        """Give the account another list and markup."""
        name, markup = self.rng.choice((None, "a", "b")), self.rng.choice(MARKUPS)
        before = self.reference.terms[-1][1:] if self.reference.terms else (None, "0.00")
        body = {"price_list": name, "markup_percent": markup}
        assert self.world.operate("PUT", "/accounts/acct_1", body).status == 200
        if before != (name, markup):
            since = self.world.clock.now + timedelta(seconds=120)
            latest = self.reference.terms[-1][0] if self.reference.terms else self.began
            self.reference.terms.append((max(since, latest + timedelta(milliseconds=1)), name, markup))

    def publish(self) -> None:
        """Publish another deck, or another version of a list."""
        self.number += 1
        name, now = self.rng.choice(("deck", "a", "b")), self.world.clock.now
        timeline = self.reference.decks if name == "deck" else self.reference.lists[name]
        rows = some_rows(self.rng, PREFIXES) if name == "deck" else self.some_list()
        version = f"{name}-{self.number}"
        timeline.put(Prices(version, rows), now)
        begin = timeline.entries[-1][0]
        if name == "deck":
            self.world.stack.publish(rows, version, begin, forget=False)
        else:
            self.world.stack.publish_list(name, rows, version, begin)

    def authorize(self) -> None:
        """Authorize a call; the held amount is its price."""
        self.number += 1
        call_id, number, seconds = f"a_{self.number}", self.rng.choice(NUMBERS), self.rng.randint(1, 300)
        answer = ask(self.world, call_id, to=number, seconds=seconds).body
        now = self.world.clock.now
        expected = self.reference.price(number, now, answer["max_seconds"])
        held = int(Fraction(answer["held"]) * 10**6)
        assert held == expected, (number, format_instant(now), answer)
        self.open[call_id] = number, now, answer["max_seconds"], held

    def finish(self) -> None:
        """Finish an authorized call: it costs what its hold says, although terms, lists, and decks have changed."""
        if not self.open:
            return
        call_id = self.rng.choice(sorted(self.open))
        number, began, granted, held = self.open.pop(call_id)
        seconds = self.rng.choice((granted, self.rng.randint(1, granted)))
        self.world.clock.now = max(self.world.clock.now, began + timedelta(seconds=seconds))
        cost = self.deliver(call_id, number, began, seconds, self.reference.price(number, began, seconds))
        assert cost <= held
        assert cost == held or seconds != granted

    def call(self) -> None:
        """Deliver a call without a hold that began some time ago."""
        self.number += 1
        seconds, now = self.rng.randint(1, 200), self.world.clock.now
        began = max(self.began, now - timedelta(seconds=self.rng.randint(0, 600)))
        self.world.clock.now = max(now, began + timedelta(seconds=seconds))
        number = self.rng.choice(NUMBERS)
        self.deliver(f"c_{self.number}", number, began, seconds, self.reference.price(number, began, seconds))

    def deliver(self, call_id: str, number: str, began: datetime, seconds: int, price: int) -> int:
        """Deliver a call and compare its charge; return it."""
        ended = instant(began + timedelta(seconds=seconds))
        body: dict[str, Any] = {
            "call_id": call_id,
            "to": number,
            "started_at": instant(began),
            "answered_at": instant(began),
        }
        body |= {"ended_at": ended, "duration_seconds": seconds}
        assert self.world.deliver(body) == []
        entry = entry_of(self.world, call_id)
        row, name, markup = self.reference.row(number, began)
        assert -entry["amount_micros"] == price, (call_id, number, instant(began))
        assert (entry.get("price_list", ""), entry["prefix"]) == (name, row["prefix"])
        assert entry.get("markup_hundredths", 0) == Fraction(markup) * 100
        self.charged[call_id] = body, price
        return price

    def again(self) -> None:
        """Deliver a call again: nothing changes."""
        if self.charged:
            call_id = self.rng.choice(sorted(self.charged))
            before = self.world.entries()
            assert self.world.deliver(self.charged[call_id][0]) == []
            assert self.world.entries() == before

    def wait(self) -> None:
        """Let time pass."""
        self.world.clock.now += timedelta(seconds=self.rng.choice((1, 30, 59, 61, 119, 121, 600)))


@pytest.mark.parametrize("seed", [17, 1_717])
def test_every_charge_is_by_the_terms_list_and_deck_of_its_start(world: World, seed: int) -> None:
    player = Player(world, seed)
    play = player
    steps = (play.change_terms, play.publish, play.authorize, play.finish, play.call, play.again, play.wait)
    for _ in range(STEPS):
        play.rng.choice(steps)()
    assert moment(instant(world.clock.now)) > player.began
    asked = {"account_id": "acct_1", "from": "2026-11-20", "to": "2026-12-30", "by": "ops", "even_promised": True}
    told = world.stack.invoke("rerate_calls", {"reprice": asked}, seconds=300)
    assert (told["looked_at"], told["changed"]) == (len(player.charged), 0), "priced again, each costs the same"
    world.balance()
