"""Margins: what charged calls brought, and what they cost by the buying list in force when they began.

They are computed for a report from the entries and the versions of the buying list, and stored nowhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from calling_credit.money import format_money
from calling_credit.numbering import is_e164
from calling_credit.rates.deck import Deck
from calling_credit.rates.pricing import unrounded_price


@dataclass(slots=True)
class Margin:
    """Calls with a known cost: their number, seconds, charges, and cost, in micro-dollars."""

    calls: int = 0
    seconds: int = 0
    charged_micros: int = 0
    cost_micros: int = 0

    def add(self, other: "Margin") -> None:
        """Add other calls."""
        self.calls += other.calls
        self.seconds += other.seconds
        self.charged_micros += other.charged_micros
        self.cost_micros += other.cost_micros

    def view(self) -> dict[str, Any]:
        """Return the form of reports. `margin_percent` is of the charges; null if there are none."""
        margin = self.charged_micros - self.cost_micros
        percent = None
        if self.charged_micros > 0:
            hundredths = (20_000 * margin + self.charged_micros) // (2 * self.charged_micros)
            percent = f"{'-' if hundredths < 0 else ''}{abs(hundredths) // 100}.{abs(hundredths) % 100:02d}"
        return {
            "calls": self.calls,
            "duration_seconds": self.seconds,
            "charged": format_money(self.charged_micros),
            "cost": format_money(self.cost_micros),
            "margin": format_money(margin),
            "margin_percent": percent,
        }


@dataclass(slots=True)
class Margins:
    """The margins of some accounts by destination (country and name) and by account.

    `without_cost` counts charged calls that the buying list does not price, `left_out` those whose number was erased or
    shortened, `unreadable` damaged entries.
    """

    by_destination: dict[tuple[str, str], Margin] = field(default_factory=dict)
    by_account: dict[str, Margin] = field(default_factory=dict)
    without_cost: int = 0
    left_out: int = 0
    unreadable: int = 0

    def add(self, account_id: str, call: Mapping[str, Any], charged_micros: int, at: str, cost: Deck | None) -> None:
        """Add a charged call.

        Args:
            call: The last entry of the call, in plain values.
            charged_micros: What the account pays for it now; 0 if it was waived.
            at: When the call began.
            cost: The buying list in force then, if there is one.
        """
        if not is_e164(call["to"]):
            self.left_out += 1
            return
        price = None if cost is None else cost_micros(cost, call["to"], call["origin"], at, call["duration_seconds"])
        if price is None:
            self.without_cost += 1
            return
        one = Margin(1, int(call["duration_seconds"]), charged_micros, price)
        self.by_destination.setdefault((call["country"], call["destination"]), Margin()).add(one)
        self.by_account.setdefault(account_id, Margin()).add(one)

    def total(self) -> Margin:
        """Return the sum of all accounts."""
        total = Margin()
        for margin in self.by_account.values():
            total.add(margin)
        return total

    def view(self) -> dict[str, Any]:
        """Return the form of reports; the lowest margins come first."""
        destinations = sorted(self.by_destination.items(), key=lambda item: (_margin(item[1]), item[0]))
        accounts = sorted(self.by_account.items(), key=lambda item: (_margin(item[1]), item[0]))
        return {
            "total": self.total().view(),
            "destinations": [
                {"country": place[0], "destination": place[1]} | one.view() for place, one in destinations
            ],
            "accounts": [{"account_id": account_id} | one.view() for account_id, one in accounts],
            "without_cost": self.without_cost,
            "left_out": self.left_out,
            "unreadable": self.unreadable,
        }


def cost_micros(cost: Deck, number: str, origin: str, at: str, duration_seconds: int) -> int | None:
    """Return what a call costs by the buying list, rounded half up to a micro-dollar; None if it has no row for it."""
    row = cost.match(number[1:], origin, at)
    if row is None:
        return None
    seconds = int(duration_seconds)
    return (2 * unrounded_price(row, seconds) + 60) // 120 if seconds else 0


def _margin(margin: Margin) -> int:
    return margin.charged_micros - margin.cost_micros
