"""Charges unrated calls once a deck covers them.

The law: the entry has the key that a redelivery would write, so only the first of the two charges the call, in a
transaction that also takes its item off the list. The item stays, so that a free call is not listed again.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any

from calling_credit.accounts.capped_entries import CapMarks
from calling_credit.accounts.caps import DEFAULT_RULES, CapRules
from calling_credit.accounts.country_store import CountryStore, charged_days
from calling_credit.accounts.entry_counters import counters_of
from calling_credit.accounts.posting_facts import Facts
from calling_credit.budgets.marking import mark_counted_spending, seconds_to_post
from calling_credit.calls import Call
from calling_credit.charging.capped_prices import prices_of
from calling_credit.charging.included_minutes import Charge
from calling_credit.charging.store import cover_charges, mark_counted_entries
from calling_credit.charging.unrated_prices import UnratedCall
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.errors import AWS_ERRORS
from calling_credit.dynamodb.transactions import transact, update
from calling_credit.dynamodb.unreadable import OnUnreadable, ignore_unreadable
from calling_credit.instants import format_instant
from calling_credit.ledger.call_entries import charge_entry
from calling_credit.ledger.entries import Entry
from calling_credit.ledger.posting import posting_plan
from calling_credit.ledger.posting_faults import report_unreadable
from calling_credit.ledger.posting_parts import split_to_fit
from calling_credit.ledger.posting_plan import BALANCE, ActionName, entry_items, entry_name
from calling_credit.rates.decks_for_calls import PricingDecks
from calling_credit.rates.pricing import Free

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class UnratedCallStore:
    """Charges unrated calls of any accounts, several accounts at a time."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table_name: str,
        now: datetime,
        seconds_left: Callable[[], float],
        threads: int = 1,
        on_unreadable: OnUnreadable = ignore_unreadable,
        rules: CapRules = DEFAULT_RULES,
    ) -> None:
        self._client = client
        self._rules = rules
        self._table_name = table_name
        self._now = now
        self._all_seconds_left = self._seconds_left = seconds_left
        self._threads = threads
        self._with_country_cap: frozenset[str] = frozenset()
        self._lock = Lock()
        self._on_unreadable = on_unreadable
        self.tally: Counter[str] = Counter()
        self.refusal: Exception | None = None
        self.is_out_of_time = False

    def rate(self, calls: Iterable[UnratedCall], facts: Facts, decks: PricingDecks) -> None:
        """Charge the priced calls, and take the free ones off the list. `tally` counts the outcomes: rated, free,
        charged_before (by a redelivery), not_covered, unknown_account, left (no time, or the deck cannot be read),
        failed (the table refused the transaction; `refusal` has its error, and the other calls are charged).

        Raises:
            Unavailable: the table did not answer in time; the next run continues with the remaining calls.
        """
        priced: list[Charge] = []
        free: list[Call] = []
        for unrated in calls:
            if unrated.priced is None:
                self.tally["not_covered" if unrated.error is None else "left"] += 1
            elif unrated.call.account_id not in facts.time_zones:
                self.tally["unknown_account"] += 1
            elif isinstance(unrated.priced, Free):
                free.append(unrated.call)
            else:
                priced.append((unrated.call, unrated.priced))
        table = (self._client, self._table_name)
        priced = cover_charges(*table, priced, facts.time_zones, facts.bundles, self._on_unreadable)
        zones = facts.time_zones
        self._with_country_cap = facts.with_country_cap
        entries = [
            charge_entry(
                call,
                charge,
                zones[call.account_id],
                self._now,
                facts.user_of(call.account_id, call.line_id, call.user_id, call.happened_at),
            )
            for call, charge in priced
        ]
        charges: dict[str, list[tuple[Call, Entry]]] = defaultdict(list)
        counted = mark_counted_entries(*table, entries, facts.with_breakdown, self._on_unreadable)
        marks = CapMarks(*table, self._rules, self._on_unreadable)
        counted = marks.mark(counted, {}, facts.capped, prices_of(priced, decks, self._now))
        counted = mark_counted_spending(*table, counted, facts.budgets, self._on_unreadable)
        self._seconds_left = seconds_to_post(self._all_seconds_left)
        for (call, _), entry in zip(priced, counted, strict=True):
            charges[call.account_id].append((call, entry))
        work: list[Callable[[], None]] = [partial(self._close_free, call) for call in free]
        work += [partial(self._charge_account, account_charges) for account_charges in charges.values()]
        with ThreadPoolExecutor(max(1, min(self._threads, len(work)))) as pool:
            list(pool.map(lambda step: step(), work))

    def _count(self, outcome: str, calls: int = 1) -> None:
        with self._lock:
            self.tally[outcome] += calls

    def _leave(self, calls: int) -> None:
        self.is_out_of_time = True
        self._count("left", calls)

    def _close_free(self, call: Call) -> None:
        if self._seconds_left() > 0:
            self._try(1, lambda: self._close_unrated(call, "free"))
        else:
            self._leave(1)

    def _charge_account(self, charges: list[tuple[Call, Entry]]) -> None:
        """Charge calls of one account in as few transactions as possible, as long as there is time."""
        for part in split_to_fit(charges, _actions):
            if self._seconds_left() > 0:
                self._try(len(part), partial(self._charge, part))
            else:
                self._leave(len(part))

    def _try(self, calls: int, step: Callable[[], None]) -> None:
        """Let a transaction that the table refuses for good, as of a damaged item, stop only its own calls."""
        try:
            step()
        except AWS_ERRORS as error:
            self._count("failed", calls)
            self.refusal = error

    def _charge(self, pending: list[tuple[Call, Entry]]) -> None:
        """Charge calls of one account, without those whose conditions failed. If the table refuses them, they stay."""
        while pending:
            entries = [entry for _, entry in pending]
            plan = posting_plan(self._table_name, entries, counters=counters_of(entries))
            for call, _ in pending:
                plan.add(_close_name(call), self._close_action(call, "rated"))
            try:
                failed = plan.write(self._client, self._seconds_left)
            except AWS_ERRORS:
                if not report_unreadable(self._client, self._table_name, plan.actions.values(), self._on_unreadable):
                    raise
                self._count("left", len(pending))
                return
            if not failed:
                self._count("rated", len(pending))
                self._keep_known(entries)
                return
            pending = self._without_closed(pending, failed)

    def _keep_known(self, entries: Iterable[Entry]) -> None:
        """Keep the countries of charged calls known, for accounts with a first_country_cap."""
        if charged := [entry for entry in entries if entry.account_id in self._with_country_cap]:
            CountryStore(self._client, self._table_name, self._on_unreadable).record(charged_days(charged))

    def _without_closed(self, pending: Sequence[tuple[Call, Entry]], failed: Mapping[ActionName, object]) -> list[Any]:
        """Leave out calls that a redelivery has charged, and calls that another run took off the list. Without a
        balance, leave out all.
        """
        if BALANCE in failed:
            self._count("unknown_account", len(pending))
            return []
        left: list[Any] = []
        for call, entry in pending:
            if entry_name(entry) in failed:
                self._close_unrated(call, "charged_before")
            elif _close_name(call) not in failed:
                left.append((call, entry))
        return left

    def _close_unrated(self, call: Call, outcome: str) -> None:
        """Take a call off the list without a charge, and count it unless it was off already."""
        if not transact(self._client, [self._close_action(call, outcome)]):
            self._count(outcome)

    def _close_action(self, call: Call, outcome: str) -> dict[str, Any]:
        sort_key = keys.unrated_sk(call.happened_at, call.call_key)
        key = {"PK": {"S": keys.account_pk(call.account_id)}, "SK": {"S": sort_key}}
        values = {":outcome": {"S": outcome}, ":at": {"S": format_instant(self._now)}}
        expression = "SET outcome = :outcome, settled_at = :at REMOVE sweep_pk, sweep_sk"
        return update(self._table_name, key, expression, "attribute_exists(sweep_pk)", values)


def _close_name(call: Call) -> ActionName:
    """The name of the action that takes a call off the list."""
    return "unrated", call.happened_at, call.call_key


def _actions(part: Sequence[tuple[Call, Entry]]) -> int:
    """The number of actions: entries, days, daily sums, the balance, and the list items."""
    counters = counters_of(entry for _, entry in part)
    return len(set().union(*(entry_items(entry, counters) for _, entry in part))) + len(part)
