"""The reads and writes that charging a batch makes in the table."""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from calling_credit.accounts.capped_entries import CapMarks, Prices
from calling_credit.accounts.caps import DEFAULT_RULES, CapRules
from calling_credit.accounts.country_store import CountryStore, charged_days
from calling_credit.accounts.daily_sums import day_keys, mark_counted, names_of
from calling_credit.accounts.entry_counters import counters_of
from calling_credit.accounts.limits import Limits
from calling_credit.accounts.minute_counters import ensure_counters
from calling_credit.accounts.number_history import LineName
from calling_credit.budgets.marking import mark_counted_spending
from calling_credit.budgets.spending import Budgets
from calling_credit.calls import Call
from calling_credit.charging.included_minutes import BundlesOfLines, Charge, cover_calls
from calling_credit.charging.listed_calls import (
    ListOutcome,
    is_waiting,
    list_calls,
    list_unrated_calls,
    mismatch_item,
    stray_item,
    suspicious_item,
)
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.batch_get import read_many
from calling_credit.dynamodb.unreadable import OnUnreadable, ignore_unreadable, readable
from calling_credit.ids import plain_id_of_v1
from calling_credit.instants import format_instant
from calling_credit.ledger.entries import Entry, same_facts
from calling_credit.ledger.hold_reader import read_holds
from calling_credit.ledger.holds import Hold
from calling_credit.ledger.posting import Posting, post_entries

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Key = tuple[str, str, str]


class ChargingStore:
    """Reads holds, posts entries, and lists calls for an operator, until `seconds_left` reaches 0."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table_name: str,
        seconds_left: Callable[[], float],
        threads: int = 1,
        on_unreadable: OnUnreadable = ignore_unreadable,
        rules: CapRules = DEFAULT_RULES,
    ) -> None:
        self._client = client
        self._rules = rules
        self._table_name = table_name
        self._seconds_left = seconds_left
        self._threads = threads
        self._on_unreadable = on_unreadable

    def holds(self, calls: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], Hold]:
        """Return the readable holds of calls, by account id and call key."""
        return read_holds(self._client, self._table_name, calls, self._on_unreadable, self._threads)

    def outcomes_of_v1(self, calls: Iterable[Call]) -> Mapping[Key, str]:
        """Return the outcomes of calls that version 1.0.0 stored under another key, by today's key.

        Only an id that begins with `h_` has another key now, so this reads nothing for other calls.
        """
        old_keys = {
            (keys.account_pk(call.account_id), make_key(call.happened_at, name)): call
            for call in calls
            if (name := plain_id_of_v1(call.call_id)) is not None
            for make_key in (keys.entry_sk, keys.unrated_sk)
        }
        items = read_many(self._client, self._table_name, old_keys) if old_keys else {}
        return {
            old_keys[key].key: ListOutcome.REPLAYED if same_facts(item, old_keys[key]) else ListOutcome.CONFLICT
            for key, item in items.items()
        }

    def conflicts_with_waiting(self, calls: Iterable[Call]) -> set[Key]:
        """Return the keys of the calls of which a record with other facts still waits for a price."""
        waiting = {
            (keys.account_pk(call.account_id), keys.unrated_sk(call.happened_at, call.call_key)): call for call in calls
        }
        items = read_many(self._client, self._table_name, waiting) if waiting else {}
        return {
            waiting[key].key for key, item in items.items() if is_waiting(item) and not same_facts(item, waiting[key])
        }

    def cover(
        self,
        charges: list[Charge],
        time_zones: Mapping[str, str],
        bundles: BundlesOfLines,
    ) -> list[Charge]:
        """Cover the calls without a hold by the included minutes of their lines and accounts.

        Raises:
            Unavailable: the table throttles.
        """
        return cover_charges(self._client, self._table_name, charges, time_zones, bundles, self._on_unreadable)

    def mark_counted(self, entries: list[Entry], accounts: frozenset[str]) -> list[Entry]:
        """Mark the entries that count in daily sums: those of these accounts, which keep them.

        Raises:
            Unavailable: the table throttles.
        """
        return mark_counted_entries(self._client, self._table_name, entries, accounts, self._on_unreadable)

    def mark_capped(
        self,
        entries: Sequence[Entry],
        holds: Mapping[tuple[str, str], Hold],
        capped: Mapping[str, Limits],
        prices: Prices,
    ) -> list[Entry]:
        """Mark the entries that count in caps, see `CapMarks.mark`.

        Raises:
            Unavailable: the table throttles.
        """
        marks = CapMarks(self._client, self._table_name, self._rules, self._on_unreadable)
        return marks.mark(entries, holds, capped, prices)

    def mark_spending(self, entries: list[Entry], budgets: Budgets) -> list[Entry]:
        """Mark the entries that count in counters of budgets, and make the counters that are missing.

        Raises:
            Unavailable: the table did not answer in time.
        """
        return mark_counted_spending(self._client, self._table_name, entries, budgets, self._on_unreadable)

    def post(self, entries: Sequence[Entry], holds: Mapping[Key, Hold], now: datetime) -> Posting:
        """Post entries with their daily sums, included minutes, and spending, and release the holds of their calls."""
        return post_entries(
            self._client,
            self._table_name,
            entries,
            self._seconds_left,
            holds=holds,
            counters=counters_of(entries),
            released_at=format_instant(now),
            threads=self._threads,
            on_unreadable=self._on_unreadable,
        )

    def keep_known(self, entries: Sequence[Entry]) -> None:
        """Keep the countries of charged calls known, for accounts with a first_country_cap; see `CountryStore.record`.

        Raises:
            Unavailable: the table did not answer in time.
        """
        if entries:
            CountryStore(self._client, self._table_name, self._on_unreadable).record(charged_days(entries))

    def list_unrated(self, calls: Sequence[Call], now: datetime) -> Mapping[Key, ListOutcome]:
        """List calls that no deck row covers; return the outcome of each by the call's key."""
        return list_unrated_calls(self._client, self._table_name, calls, now, self._seconds_left, self._threads)

    def list_strays(self, calls: Sequence[Call], now: datetime) -> None:
        """List charged calls whose line is unknown or has international calling disabled."""
        list_calls(self._client, self._table_name, [stray_item(call, now) for call in calls])

    def list_mismatches(self, calls: Sequence[tuple[Call, LineName]], now: datetime) -> None:
        """List charged calls whose number belonged to another line, with that line."""
        list_calls(self._client, self._table_name, [mismatch_item(call, line, now) for call, line in calls])

    def list_suspicious(self, calls: Sequence[tuple[Call, int | None]], now: datetime) -> None:
        """List charged and unrated calls whose duration is hard to believe, with the seconds that were granted."""
        items = [suspicious_item(call, granted, now) for call, granted in calls]
        list_calls(self._client, self._table_name, items)


def cover_charges(
    client: "DynamoDBClient",
    table_name: str,
    charges: list[Charge],
    time_zones: Mapping[str, str],
    bundles: BundlesOfLines,
    on_unreadable: OnUnreadable = ignore_unreadable,
) -> list[Charge]:
    """Cover calls without a hold by included minutes. Without bundles, read nothing."""
    if not bundles:
        return charges
    ensure = partial(ensure_counters, client, table_name, on_unreadable=on_unreadable)
    return cover_calls(charges, time_zones, bundles, ensure, partial(posted_calls, client, table_name))


def posted_calls(client: "DynamoDBClient", table_name: str, calls: Iterable[Call]) -> Set[Key]:
    """Return the keys of those calls that have an entry, also one with other facts.

    Raises:
        Unavailable: the table throttles.
    """
    entries = {
        (keys.account_pk(call.account_id), keys.entry_sk(call.happened_at, call.call_key)): call.key for call in calls
    }
    return {entries[key] for key in read_many(client, table_name, entries, projection="PK, SK")}


def mark_counted_entries(
    client: "DynamoDBClient",
    table_name: str,
    entries: list[Entry],
    accounts: frozenset[str],
    on_unreadable: OnUnreadable = ignore_unreadable,
) -> list[Entry]:
    """Mark the entries of accounts with daily sums as counted. Read the names that the sums have; without such an
    account, read nothing. The entries of a day whose sums are unreadable do not count.
    """
    days = day_keys(entries, accounts)
    if not days:
        return entries
    items = read_many(client, table_name, days)
    read = readable(items.values(), lambda item: ((item["PK"]["S"], item["SK"]["S"]), names_of(item)), on_unreadable)
    names = dict(read)
    damaged = set(items) - set(names)
    return list(mark_counted(entries, accounts, names, damaged))
