"""Reads and writes the countries that accounts know. A write adds what an entry or a billing admin says, and removes
nothing, so that writes may run side by side and again.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from calling_credit.accounts.freezing import account_frozen, account_key, unless_frozen_action
from calling_credit.accounts.known_countries import (
    KEPT_DAYS,
    KnownCountry,
    known_from_item,
    known_since,
)
from calling_credit.budgets.capped import mark_country
from calling_credit.changes.actions import ChangeAction
from calling_credit.changes.actor import Actor
from calling_credit.changes.change import Change, change_action
from calling_credit.changes.sign_in import SignIn
from calling_credit.changes.sign_in_reader import read_signed_in
from calling_credit.dynamodb import cap_keys, keys, spend_keys
from calling_credit.dynamodb.attributes import from_attributes, to_attribute, to_attributes
from calling_credit.dynamodb.batch_get import read_many
from calling_credit.dynamodb.pages import query_pages
from calling_credit.dynamodb.partition import Partition
from calling_credit.dynamodb.retries import retry_on_race
from calling_credit.dynamodb.schema import SCHEMA_NAME, SCHEMA_VALUE
from calling_credit.dynamodb.transactions import transact, update
from calling_credit.dynamodb.unreadable import OnUnreadable, raise_unreadable, readable
from calling_credit.errors import NotFound, ProblemCode
from calling_credit.instants import format_instant, local_date
from calling_credit.ledger.entries import Entry, EntryKind

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CountryOfAccount = tuple[str, str]
"""An account and a country."""
SUBJECT: Final = "The account's countries are"
"""The subject of the error after losing every race with concurrent changes."""


class CountryStore:
    """The countries of accounts in the table."""

    def __init__(
        self, client: "DynamoDBClient", table_name: str, on_unreadable: OnUnreadable = raise_unreadable
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._on_unreadable = on_unreadable

    def read(self, wanted: Iterable[CountryOfAccount]) -> dict[CountryOfAccount, KnownCountry]:
        """Read countries, strongly consistent; those that are not stored are left out.

        Raises:
            Unavailable: the table throttles.
        """
        names = {(keys.account_pk(account), cap_keys.known_sk(country)) for account, country in wanted}
        items = read_many(self._client, self._table_name, sorted(names)) if names else {}
        found = readable(items.values(), known_from_item, self._on_unreadable)
        return {(country.account_id, country.country): country for country in found}

    def mark_unknown(self, entries: Sequence[Entry], uncapped: Collection[str]) -> list[Entry]:
        """Mark the entries of charges for countries that their accounts do not know, so that they count in the cap.
        `uncapped`: the countries that no cap concerns.

        Raises:
            Unavailable: the table throttles.
        """
        names = {entry.key: name for entry in entries if (name := _capped_country(entry, uncapped)) is not None}
        known = self.read(names.values()) if names else {}
        return [
            mark_country(entry)
            if (name := names.get(entry.key)) and not known.get(name, KnownCountry(*name)).is_known(entry.local_date)
            else entry
            for entry in entries
        ]

    def confirm(self, account_id: str, country: str, actor: Actor, now: datetime, sign_in: SignIn | None = None) -> str:
        """Confirm a country, and record who did. Return when it was confirmed: earlier, if it was already.

        Raises:
            NotFound: `unknown_account`. Forbidden: `signed_out`; `account_frozen`, because this loosens the account.
            Unavailable: `busy`, or the table did not answer in time; the same call is safe again.
        """
        pk, name = keys.account_pk(account_id), cap_keys.known_sk(country)

        def attempt() -> str | None:
            names = [(pk, keys.account_sk()), (pk, name)]
            items = read_signed_in(self._client, self._table_name, names, sign_in)
            account, stored = (items.get(one) for one in names)
            if account is None:
                raise NotFound(
                    ProblemCode.UNKNOWN_ACCOUNT, "This account does not exist; the operator creates accounts."
                )
            before = None if stored is None else known_from_item(stored)
            if before is not None and before.confirmed_at is not None:
                return before.confirmed_at
            if "frozen_at" in account:
                raise account_frozen()
            at = format_instant(now)
            confirmation = update(
                self._table_name,
                {"PK": {"S": pk}, "SK": {"S": name}},
                "SET confirmed_at = :at, confirmed_by = :by REMOVE expires_at",
                "attribute_not_exists(PK) OR attribute_not_exists(confirmed_at)",
                to_attributes({":at": at, ":by": actor.by}),
            )
            change = Change(
                ChangeAction.COUNTRY_CONFIRMED,
                f"country:{country}",
                f"country-{country}",
                {"confirmed": False},
                {"confirmed": True},
                ("first_country_cap",),
            )
            record = change_action(self._table_name, account_id, change, actor, now)
            unless_frozen = unless_frozen_action(self._table_name, account_id)
            return None if transact(self._client, [confirmation, record, unless_frozen]) else at

        return retry_on_race(SUBJECT, attempt)

    def record(self, days: Mapping[CountryOfAccount, str], *, is_index: bool = False) -> int:
        """Record the last local days of charges. An index run writes every country. Posting writes only those that the
        account knows then, so that a first call under the cap makes nothing known. Return how many were written.

        Raises:
            Unavailable: the table did not answer in time.
        """
        stored = self.read(days)
        written = 0
        for name, day in days.items():
            before = stored.get(name, KnownCountry(*name))
            if before.confirmed_at is None and (before.last_on or "") < day and (is_index or before.is_known(day)):
                written += not transact(self._client, [self._charged(name, day)])
        return written

    def _charged(self, name: CountryOfAccount, day: str) -> dict[str, Any]:
        expires = date.fromisoformat(day) + timedelta(days=KEPT_DAYS)
        seconds = int(datetime.fromisoformat(f"{expires}T00:00:00+00:00").timestamp())
        return update(
            self._table_name,
            {"PK": {"S": keys.account_pk(name[0])}, "SK": {"S": cap_keys.known_sk(name[1])}},
            "SET last_on = :day, expires_at = :expires",
            "attribute_not_exists(PK) OR (attribute_not_exists(confirmed_at) AND last_on < :day)",
            to_attributes({":day": day, ":expires": seconds}),
        )

    # The index

    def index(self, account_id: str, now: datetime, since: str | None = None) -> int:
        """Record the countries of an account's entries since an instant (the last twelve months if None). Return how
        many countries were written.

        Raises:
            Unavailable: the table did not answer in time.
        """
        account = self._client.get_item(TableName=self._table_name, Key=account_key(account_id), ConsistentRead=True)
        today = local_date(now, from_attributes(account["Item"])["time_zone"])
        begin = since or f"{date.fromisoformat(known_since(today)) - timedelta(days=1)}T00:00:00.000Z"
        days: dict[CountryOfAccount, str] = {}
        for country, day in self._charges(account_id, begin):
            days[account_id, country] = max(day, days.get((account_id, country), ""))
        return self.record(days, is_index=True)

    def index_account(self, account_id: str, now: datetime) -> int:
        """Index an account's countries of the last twelve months, so that first_country_cap may be switched on. Return
        how many countries were written.

        Raises:
            Unavailable: the table did not answer in time. LookupError: there is no such account.
        """
        written = self.index(account_id, now)
        self._mark_indexed(account_id, now)
        return written

    def _mark_indexed(self, account_id: str, begun: datetime) -> None:
        """Store when an index run began to read the account's entries."""
        key = {"PK": {"S": keys.account_pk(account_id)}, "SK": {"S": cap_keys.indexed_sk()}}
        item = key | {"indexed_at": to_attribute(format_instant(begun)), SCHEMA_NAME: SCHEMA_VALUE}
        self._client.put_item(TableName=self._table_name, Item=item)

    def indexed_at(self, account_id: str) -> str:
        """When the last index run began to read the account's entries; "" without one."""
        item = Partition(self._client, self._table_name, keys.account_pk(account_id)).get(cap_keys.indexed_sk())
        return "" if item is None else str(item["indexed_at"])

    def _charges(self, account_id: str, begin: str) -> Iterable[tuple[str, str]]:
        """The country and the local day of each charged call since an instant, without those that counted in a cap."""
        low, high = keys.entry_range(begin, keys.AFTER)
        query = {
            "KeyConditionExpression": "PK = :pk AND SK BETWEEN :low AND :high",
            "ExpressionAttributeValues": to_attributes(
                {":pk": keys.account_pk(account_id), ":low": low, ":high": high}
            ),
            "ConsistentRead": True,
            "ProjectionExpression": "country, local_date, kind, counted",
        }
        for item in query_pages(self._client, self._table_name, query):
            entry = from_attributes(item)
            is_capped = spend_keys.COUNTRY in entry.get("counted", "")
            if entry.get("kind") == EntryKind.CALL_CHARGED and "country" in entry and not is_capped:
                yield entry["country"], entry["local_date"]


def _capped_country(entry: Entry, uncapped: Collection[str]) -> CountryOfAccount | None:
    """The country of a charge that a cap may concern. Short codes are in no country."""
    country = str(entry.explanation.get("country", ""))
    if country in uncapped or not str(entry.explanation.get("to", "")).startswith("+"):
        return None
    return (entry.account_id, country) if country and entry.amount_micros else None


def charged_days(entries: Iterable[Entry]) -> dict[CountryOfAccount, str]:
    """The last local day of these charges, by account and country. Those that counted in the cap say nothing."""
    days: dict[CountryOfAccount, str] = {}
    for entry in entries:
        country, counted = str(entry.explanation.get("country", "")), str(entry.explanation.get("counted", ""))
        if country and entry.kind == EntryKind.CALL_CHARGED and spend_keys.COUNTRY not in counted:
            name = (entry.account_id, country)
            days[name] = max(entry.local_date, days.get(name, ""))
    return days
