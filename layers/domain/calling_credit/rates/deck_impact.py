"""What a deck would have made of calls that are charged already: the sum, how many dearer, how many without a price.
Changes nothing and reads nothing itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from calling_credit.money import format_money
from calling_credit.numbering import is_e164
from calling_credit.rates.deck import Deck
from calling_credit.rates.pricing import RatedCall, price_by

WHEN_ALL_IS_IN_EFFECT: Final = "9999-12-31T00:00:00.000Z"


@dataclass(slots=True)
class Effect:
    """Calls priced another way: how many cost more, less, the same, have no price, and by how much all of those that
    have one change.
    """

    dearer: int = 0
    cheaper: int = 0
    same: int = 0
    unrated: int = 0
    change_micros: int = 0

    def add(self, charged_micros: int, price_micros: int | None) -> None:
        """Take one call in; None is no price."""
        if price_micros is None:
            self.unrated += 1
            return
        self.dearer += price_micros > charged_micros
        self.cheaper += price_micros < charged_micros
        self.same += price_micros == charged_micros
        self.change_micros += price_micros - charged_micros

    def view(self) -> dict[str, str | int]:
        """As a report shows it."""
        counts = {"dearer": self.dearer, "cheaper": self.cheaper, "same": self.same, "unrated": self.unrated}
        return {**counts, "change": format_money(self.change_micros)}


@dataclass(slots=True)
class Impact:
    """The calls of the last days by a new deck: by the rows in effect when each was made, and by all rows that are
    announced. `left_out` are calls whose number was erased; `is_whole` says whether all accounts were read.
    """

    deck: Deck
    calls: int = 0
    accounts: int = 0
    left_out: int = 0
    charged_micros: int = 0
    is_whole: bool = True
    then: Effect = field(default_factory=Effect)
    announced: Effect = field(default_factory=Effect)

    def add(self, charge: Mapping[str, Any]) -> None:
        """Take in the entry that charges a call now."""
        number = charge["to"]
        if not is_e164(number):
            self.left_out += 1
            return
        charged = -charge["amount_micros"]
        self.calls += 1
        self.charged_micros += charged
        self.then.add(charged, self._price(charge, charge["happened_at"]))
        self.announced.add(charged, self._price(charge, WHEN_ALL_IS_IN_EFFECT))

    def _price(self, charge: Mapping[str, Any], at: str) -> int | None:
        row = self.deck.find(charge["to"][1:], charge["origin"], at)
        if row is None:
            return None
        priced = price_by(row, self.deck.version, charge["origin"], charge["duration_seconds"])
        return priced.price_micros if isinstance(priced, RatedCall) else 0

    def view(self) -> dict[str, Any]:
        """As a report shows it."""
        return {
            "accounts": self.accounts,
            "calls": self.calls,
            "charged": format_money(self.charged_micros),
            "is_whole": self.is_whole,
            "left_out": self.left_out,
            "by_this_deck": self.then.view(),
            "once_all_is_in_effect": self.announced.view(),
        }
