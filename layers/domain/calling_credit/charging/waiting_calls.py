"""One run over the unrated calls that wait for a price: group by group, from where the last run stopped.

A run passes the calls that still have no price. After the newest call it continues with the oldest ones, until it has
seen each call once, or until its time is over. So every run makes progress, however many calls wait, and no call waits
behind others that nothing prices.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from calling_credit.accounts.cache import AccountFacts
from calling_credit.accounts.caps import DEFAULT_RULES, CapRules
from calling_credit.charging.listed_calls import UNRATED
from calling_credit.charging.unrated_calls import UnratedCallStore
from calling_credit.charging.unrated_prices import UnratedCall, price_unrated_calls, unrated_call_from_item
from calling_credit.dynamodb.positions import is_place, read_position, store_position
from calling_credit.dynamodb.sweep import read_round
from calling_credit.dynamodb.unreadable import OnUnreadable, ignore_unreadable, readable
from calling_credit.rates.decks_for_calls import DecksForCalls
from calling_credit.rates.price_terms import PriceTerms, terms_at

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

POSITION: Final = "waiting_calls"
Terms = Mapping[str, Sequence[PriceTerms]]
GROUP: Final = 1_000
"""The calls that are priced, and then charged, between two stored positions."""


@dataclass
class WaitingCallsRun:
    """Charges the unrated calls that a deck prices by now. `tally` counts the outcomes, as `UnratedCallStore` does."""

    client: "DynamoDBClient"
    table_name: str
    decks: DecksForCalls
    facts: AccountFacts
    current_instant: Callable[[], datetime]
    seconds_left: Callable[[], float]
    threads: int = 1
    on_unreadable: OnUnreadable = ignore_unreadable
    """Gets the listed items that are no calls, and those because of which a charge is refused. The run passes them."""
    rules: CapRules = DEFAULT_RULES
    tally: Counter[str] = field(default_factory=Counter)
    error: Exception | None = None
    """Why some calls still wait: a deck that cannot be read, or a transaction that the table refuses."""

    def run(self) -> None:
        """See each waiting call once, the first group in any case, as long as there is time.

        Raises:
            Unavailable: no timeline of decks is known, or the table did not answer in time. `tally` has what was done,
                and the next run continues with the remaining calls.
        """
        stored = read_position(self.client, self.table_name, POSITION)
        position = stored if stored is not None and is_place(stored) else None
        for items in read_round(self.client, self.table_name, UNRATED, position, GROUP, self.on_unreadable):
            if position not in (None, stored):  # Store it only if more calls follow.
                store_position(self.client, self.table_name, POSITION, position, self.current_instant())
                stored = position
                if self.seconds_left() <= 0:
                    return
            if not self._rate(items):
                return
            position = str(items[-1]["sweep_sk"])
        if stored is not None:
            store_position(self.client, self.table_name, POSITION, None, self.current_instant())

    def _rate(self, items: list[dict[str, Any]]) -> bool:
        """Charge one group. Return whether the time was enough for all its calls."""
        now = self.current_instant()
        calls = list(readable(items, unrated_call_from_item, self.on_unreadable))
        begun = max((call.happened_at for call in calls), default="")
        terms = self.facts.price_terms({call.account_id for call in calls}, now, begun)
        unrated = list(price_unrated_calls(calls, self.decks, now, terms))
        lines = {(item.call.account_id, item.call.line_id) for item in unrated if item.priced is not None}
        users = {(one.account_id, one.line_id, one.user_id) for one in (item.call for item in unrated if item.priced)}
        facts = self.facts.load(lines, now, users=users)
        unrated = [_as_long_as_terms_stand(item, terms, facts.price_terms) for item in unrated]
        table = (self.client, self.table_name)
        store = UnratedCallStore(*table, now, self.seconds_left, self.threads, self.on_unreadable, self.rules)
        try:
            store.rate(unrated, facts, self.decks)
        finally:
            self.tally += store.tally
            unreadable = next((item.error for item in unrated if item.error is not None), None)
            self.error = self.error or unreadable or store.refusal
        return not store.is_out_of_time


def _as_long_as_terms_stand(unrated: UnratedCall, used: Terms, read: Terms) -> UnratedCall:
    """Return a call without its price if its account was read with other terms since, as after the repair of an item
    that could not be read. The next run prices it.
    """
    account_id, at = unrated.call.account_id, unrated.call.happened_at
    stands = terms_at(used.get(account_id, ()), at) == terms_at(read.get(account_id, ()), at)
    return unrated if stands or unrated.priced is None else replace(unrated, priced=None)
