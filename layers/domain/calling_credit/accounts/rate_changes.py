"""Announces rises of prices to the accounts that they concern, before they take effect.

After a deck or price list with later rows is published, a round goes through all accounts with `breakdown`. One that
called a country in the last three months, by its sums, gets one recorded change for each version, from which the event
and the mail derive. The key of that change depends on the version alone, so a repeated, interrupted, or concurrent
round announces nothing twice.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from calling_credit.accounts.account import Account, account_from_item
from calling_credit.accounts.daily_sums import REST, Dimension, read_sums
from calling_credit.accounts.reader import AccountReader
from calling_credit.accounts.rise_round import Round, stored_round
from calling_credit.changes.actions import ChangeAction
from calling_credit.changes.actor import sweep_actor
from calling_credit.changes.change import Change, change_item
from calling_credit.dynamodb import keys, sum_keys
from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.dynamodb.batch_get import read_many
from calling_credit.dynamodb.errors import AWS_ERRORS, is_condition_failed
from calling_credit.dynamodb.partition import Partition
from calling_credit.dynamodb.positions import read_position, store_position
from calling_credit.dynamodb.schema import SCHEMA_NAME, SCHEMA_VALUE
from calling_credit.dynamodb.sweep import account_pages
from calling_credit.dynamodb.sweep_keys import SWEEP_SHARDS
from calling_credit.dynamodb.unreadable import OnUnreadable, UnreadableItem, decode_item
from calling_credit.rates.announced_rises import AnnouncedRises, UnusableList
from calling_credit.rates.deck_store import version_time
from calling_credit.rates.price_rises import Rise, rises_view

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NAME: Final = "rate_changes"
"""The name of the stored position, and of the actor of the changes."""
CALLED_WITHIN: Final = timedelta(days=92)
"""Three months."""
GROUP: Final = 100
"""The accounts between two looks at the time. A page of the index holds thousands, which take minutes to tell."""


class RateChangeStore:
    """Announces the rises of one stack."""

    def __init__(
        self, client: "DynamoDBClient", table_name: str, announced: AnnouncedRises, on_unreadable: OnUnreadable
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._announced = announced
        self._on_unreadable = on_unreadable

    def run(self, now: datetime, seconds_left: Callable[[], float]) -> Counter[str]:
        """Continue the round, or begin one if a version is new, until its end or until the time is used up.

        Return how many accounts were read, skipped (their item or their price list cannot be read), and announcements
        written, and `unfinished` if the next run continues. Accounts whose list cannot be read are told once it can be.

        Raises:
            Unavailable: the deck cannot be read; the next run tries again.
            ClientError, BotoCoreError: the table or the bucket did not answer.
        """
        counts: Counter[str] = Counter()
        announced = self._announced
        current = stored_round(read_position(self._client, self._table_name, NAME))
        current = current.following(announced.versions, announced.unusable)
        if current.is_over:
            if not any(map(announced.is_usable, current.owed)) and not current.is_due(now):
                return counts
            current = current.again()
        if announced.begin(current.done, current.owed, now):
            for shard in range(current.shard, SWEEP_SHARDS):
                after = current.after if shard == current.shard else ""
                for group in _groups(account_pages(self._client, self._table_name, shard, after)):
                    if seconds_left() < 0:
                        return counts + Counter(unfinished=1)
                    counts += self._announce([account_id for _, account_id in group], current, now)
                    current = replace(current, shard=shard, after=group[-1][0]).skip(announced.unusable)
                    self._store(current, now)
        self._store(current.skip(announced.unusable).ended(now), now)
        return counts

    def _store(self, current: Round, now: datetime) -> None:
        store_position(self._client, self._table_name, NAME, current.text(), now)

    def _announce(self, account_ids: list[str], current: Round, now: datetime) -> Counter[str]:
        """Announce the rises to those of some accounts that they concern."""
        counts = Counter(accounts=len(account_ids))
        items = read_many(
            self._client, self._table_name, [(keys.account_pk(one), keys.account_sk()) for one in account_ids]
        )
        for (pk, _), item in items.items():
            try:
                account = decode_item(item, lambda stored: account_from_item(from_attributes(stored)))
                written = self._announce_to(keys.account_of(pk), account, current, now)
            except UnreadableItem as error:
                self._on_unreadable(error)
                counts["skipped"] += 1
                continue
            except UnusableList:
                counts["skipped"] += 1
                continue
            counts["announced"] += written
        return counts

    def _announce_to(self, account_id: str, account: Account | None, current: Round, now: datetime) -> int:
        if account is None or not account.breakdown or account.is_closed:
            return 0
        terms = account.price_terms[0] if account.price_terms else None
        owed = current.owed_list(account.price_terms)
        countries = self._announced.countries(terms, owed)
        called = self._called_countries(account_id, now) & countries if countries else set()
        if not called:
            return 0
        lines = AccountReader(self._client, self._table_name, account_id, self._on_unreadable)
        written = 0
        for name, by_country in self._announced.for_terms(terms, lines.line_countries(None), owed).items():
            concerned = [rise for country, rise in by_country.items() if country in called]
            if concerned:
                written += self._put(account_id, name, concerned)
        return written

    def _called_countries(self, account_id: str, now: datetime) -> set[str]:
        """Return the countries that an account called in the last three months, by its daily sums."""
        first, last = ((now + offset).date().isoformat() for offset in (-CALLED_WITHIN, timedelta(days=1)))
        days = Partition(self._client, self._table_name, keys.account_pk(account_id)).query(
            *sum_keys.spent_day_range(first, last)
        )
        return {country for day in days for country in decode_item(day, _countries)}

    def _put(self, account_id: str, name: str, rises: list[Rise]) -> int:
        """Record the announcement of a version, unless that was done. Return how many were written."""
        pointer = self._announced.pointer(name)
        new: dict[str, Any] = {"countries": sorted(rise.country for rise in rises), **rises_view(rises)}
        change_id = f"rates-{name or 'deck'}-{pointer.version}"
        change = Change(ChangeAction.RATE_CHANGE_ANNOUNCED, "prices", change_id, new=new)
        at = version_time(pointer.version) or datetime.fromisoformat(pointer.activated_at)
        item = change_item(account_id, change, sweep_actor(NAME), at)
        try:
            self._client.put_item(
                TableName=self._table_name,
                Item={**item, SCHEMA_NAME: SCHEMA_VALUE},
                ConditionExpression="attribute_not_exists(PK)",
            )
        except AWS_ERRORS as error:
            if not is_condition_failed(error):
                raise
            return 0
        return 1


def _countries(day: Mapping[str, Any]) -> set[str]:
    """Return the countries that the sums of a day name."""
    of_countries = (one for one in read_sums(day) if one.dimension is Dimension.COUNTRY and one.name != REST)
    return {one.name for one in of_countries if one.sums.calls > 0}


def _groups(pages: Iterable[list[tuple[str, str]]]) -> Iterator[list[tuple[str, str]]]:
    """Divide pages of accounts into small groups."""
    for page in pages:
        yield from (page[start : start + GROUP] for start in range(0, len(page), GROUP))
