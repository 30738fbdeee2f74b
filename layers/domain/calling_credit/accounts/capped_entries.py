"""Marks the entries of calls that count in caps. Without an account that has a cap, nothing is read.

A hold says in which caps its call counts, and for how much of it young money pays. What no hold covers is judged when
it is posted: a call without a hold, one that went to another number than its hold, and what a call cost beyond its
hold. Its country counts if the account does not know it. Young money pays what the credit of that moment leaves to it;
a posting at the same time may take the same older money.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from calling_credit.accounts.caps import CapRules
from calling_credit.accounts.card_money import CardMoney, card_money_from_item, older_micros
from calling_credit.accounts.country_store import CountryStore
from calling_credit.accounts.limits import Limits
from calling_credit.budgets.capped import mark_capped, mark_young
from calling_credit.budgets.spending import COUNTED
from calling_credit.dynamodb import cap_keys, keys, spend_keys
from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.dynamodb.batch_get import read_many
from calling_credit.dynamodb.unreadable import OnUnreadable, ignore_unreadable, readable
from calling_credit.ledger.balance import balance_from_item
from calling_credit.ledger.entries import Entry
from calling_credit.ledger.holds import Hold, HoldStatus
from calling_credit.rates.account_prices import without_markup
from calling_credit.rates.deck import RateRow

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Key = tuple[str, str, str]
Holds = Mapping[tuple[str, str], Hold]
"""Holds by account and call key, also ended ones."""


@dataclass(frozen=True, slots=True)
class Prices:
    """The rows that priced the calls of entries, by the entry's key. `deck_row` returns the deck's row of a call that a
    price list prices; None if there is none.
    """

    rows: Mapping[Key, RateRow]
    deck_row: Callable[[Entry], RateRow | None] = lambda _: None

    def is_high_cost(self, entry: Entry, limits: Limits) -> bool:
        """Whether a call went to a high-cost destination by the higher of the account's price and the deck's."""
        row = self.rows.get(entry.key)
        if row is None or not str(entry.explanation.get("to", "")).startswith("+"):
            return False
        of_deck = self.deck_row(entry) if row.price_list else without_markup(row)
        return any(limits.is_high_cost(one) for one in (row, of_deck) if one is not None)


@dataclass(frozen=True, slots=True)
class CapMarks:
    """Marks entries in the table's accounts that have caps, by the rules of the stack."""

    client: "DynamoDBClient"
    table_name: str
    rules: CapRules
    on_unreadable: OnUnreadable = ignore_unreadable

    def mark(self, entries: Iterable[Entry], holds: Holds, capped: Mapping[str, Limits], prices: Prices) -> list[Entry]:
        """Mark entries. `capped`: the limits of the accounts that have a cap.

        Raises:
            Unavailable: the table throttles.
        """
        marked = mark_capped(list(entries), holds)
        if not any(entry.account_id in capped for entry in marked):
            return marked
        return self._of_young_money(self._of_countries(marked, capped), holds, capped, prices)

    def _of_countries(self, entries: Sequence[Entry], capped: Mapping[str, Limits]) -> list[Entry]:
        """Mark the charges without a promise for countries that their accounts do not know."""
        judged = [
            entry
            for entry in entries
            if entry.account_id in capped
            and capped[entry.account_id].first_country_cap_micros is not None
            and not entry.explanation.get("promised")
        ]
        if not judged:
            return list(entries)
        store = CountryStore(self.client, self.table_name, self.on_unreadable)
        by_key = {entry.key: entry for entry in store.mark_unknown(judged, self.rules.no_cap_countries)}
        return [by_key.get(entry.key, entry) for entry in entries]

    def _of_young_money(
        self, entries: Sequence[Entry], holds: Holds, capped: Mapping[str, Limits], prices: Prices
    ) -> list[Entry]:
        """Mark the high-cost charges that young money pays at least in part beyond their holds."""
        judged = {
            entry.key: entry
            for entry in entries
            if entry.account_id in capped
            and capped[entry.account_id].young_money_cap_micros is not None
            and spend_keys.YOUNG not in str(entry.explanation.get(COUNTED, ""))
            and -entry.amount_micros > _held_micros(entry, holds)
            and prices.is_high_cost(entry, capped[entry.account_id])
        }
        money = self._money({entry.account_id for entry in judged.values()}) if judged else {}
        parts: dict[Key, int] = {}
        for entry in entries:
            if entry.account_id not in money:
                continue
            cards, available = money[entry.account_id]
            own = _held_micros(entry, holds)
            if entry.key in judged:
                young = cards.young_micros(datetime.fromisoformat(entry.happened_at), self.rules.young_days)
                older = older_micros(available, young, own, own)
                parts[entry.key] = max(0, -entry.amount_micros - older) if young else 0
            money[entry.account_id] = cards, available + own + entry.amount_micros
        return [mark_young(entry, parts.get(entry.key, 0)) for entry in entries]

    def _money(self, accounts: Iterable[str]) -> dict[str, tuple[CardMoney, int]]:
        """What cards bought of each account's credit, and its available credit. Unreadable ones are left out."""
        names = [(keys.account_pk(one), sk) for one in accounts for sk in (cap_keys.card_money_sk(), keys.balance_sk())]
        items = read_many(self.client, self.table_name, sorted(names))
        of_cards = [item for (_, sort_key), item in items.items() if sort_key == cap_keys.card_money_sk()]
        balances = [item for (_, sort_key), item in items.items() if sort_key == keys.balance_sk()]
        cards = dict(readable(of_cards, lambda one: (_account(one), card_money_from_item(one)), self.on_unreadable))
        found = dict(readable(balances, lambda one: (_account(one), _available(one)), self.on_unreadable))
        return {account: (money, found[account]) for account, money in cards.items() if account in found}


def _account(item: dict[str, Any]) -> str:
    return keys.account_of(item["PK"]["S"])


def _available(balance: dict[str, Any]) -> int:
    return balance_from_item(from_attributes(balance)).available_micros


def _held_micros(entry: Entry, holds: Holds) -> int:
    """What the live hold of a call holds for the price that it promised; 0 without one. The charge ends the hold."""
    hold = holds.get((entry.account_id, entry.cause_id))
    is_held = hold is not None and hold.status == HoldStatus.LIVE and entry.explanation.get("promised")
    return hold.amount_micros if hold is not None and is_held else 0
