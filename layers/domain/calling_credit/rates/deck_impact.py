"""The prices that a deck would have given to calls that are charged already. Reads and changes nothing itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from calling_credit.money import format_money
from calling_credit.numbering import is_e164
from calling_credit.rates.covered_calls import costs, cover
from calling_credit.rates.deck import Deck
from calling_credit.rates.pricing import RatedCall, price_by

WHEN_ALL_IS_IN_EFFECT: Final = "9999-12-31T00:00:00.000Z"


@dataclass(slots=True)
class Effect:
    """How many calls would cost more, less, or the same, how many would have no price, and the total difference."""

    more_expensive: int = 0
    cheaper: int = 0
    same: int = 0
    unrated: int = 0
    change_micros: int = 0

    def add(self, charged_micros: int, price_micros: int | None) -> None:
        """Add one call; `price_micros` is None if the deck does not price it."""
        if price_micros is None:
            self.unrated += 1
            return
        self.more_expensive += price_micros > charged_micros
        self.cheaper += price_micros < charged_micros
        self.same += price_micros == charged_micros
        self.change_micros += price_micros - charged_micros

    def view(self) -> dict[str, str | int]:
        """Return the form of reports."""
        counts = {"dearer": self.more_expensive, "cheaper": self.cheaper, "same": self.same, "unrated": self.unrated}
        return {**counts, "change": format_money(self.change_micros)}


@dataclass(slots=True)
class Impact:
    """The calls of the last days priced by a new deck.

    `at_their_time` uses the rows in effect when each call was made, `announced` all announced rows. `left_out` counts
    calls whose number was erased. `is_whole` says whether all accounts were read.
    """

    deck: Deck
    calls: int = 0
    accounts: int = 0
    left_out: int = 0
    charged_micros: int = 0
    is_whole: bool = True
    at_their_time: Effect = field(default_factory=Effect)
    announced: Effect = field(default_factory=Effect)

    def add(self, charge: Mapping[str, Any]) -> None:
        """Add the entry that charges a call now."""
        number = charge["to"]
        if not is_e164(number):
            self.left_out += 1
            return
        charged = -charge["amount_micros"]
        self.calls += 1
        self.charged_micros += charged
        self.at_their_time.add(charged, self._price(charge, charge["happened_at"]))
        self.announced.add(charged, self._price(charge, WHEN_ALL_IS_IN_EFFECT))

    def _price(self, charge: Mapping[str, Any], at: str) -> int | None:
        row = self.deck.find(charge["to"][1:], charge["origin"], at)
        if row is None:
            return None
        priced = price_by(row, self.deck.version, charge["origin"], charge["duration_seconds"])
        if not isinstance(priced, RatedCall) or not costs(row):
            return priced.price_micros if isinstance(priced, RatedCall) else 0
        covered = cover(priced, charge["duration_seconds"], charge.get("covered_seconds", 0), charge.get("bundle", ""))
        return covered.price_micros

    def view(self) -> dict[str, Any]:
        """Return the form of reports."""
        return {
            "accounts": self.accounts,
            "calls": self.calls,
            "charged": format_money(self.charged_micros),
            "is_whole": self.is_whole,
            "left_out": self.left_out,
            "by_this_deck": self.at_their_time.view(),
            "once_all_is_in_effect": self.announced.view(),
        }
