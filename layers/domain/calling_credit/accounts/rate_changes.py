"""Announces rises of prices to the accounts that they concern, before they take effect.

After a deck or price list with later rows is published, a round goes through all accounts with `breakdown`. One that
called a country in the last three months, by its sums, gets one recorded change for each version, from which the event
and the mail derive. The key of that change depends on the version alone, so a repeated, interrupted, or concurrent
round announces nothing twice.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from calling_credit.accounts.account import Account, account_from_item
from calling_credit.accounts.daily_sums import REST, Dimension, read_sums
from calling_credit.changes.actions import ChangeAction
from calling_credit.changes.actor import sweep_actor
from calling_credit.changes.change import Change, change_item
from calling_credit.dynamodb import keys, sum_keys
from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.dynamodb.batch_get import read_many
from calling_credit.dynamodb.errors import AWS_ERRORS, is_condition_failed
from calling_credit.dynamodb.partition import Partition
from calling_credit.dynamodb.positions import is_place, read_position, store_position
from calling_credit.dynamodb.schema import SCHEMA_NAME, SCHEMA_VALUE
from calling_credit.dynamodb.sweep import account_pages
from calling_credit.dynamodb.sweep_keys import SWEEP_SHARDS
from calling_credit.dynamodb.unreadable import OnUnreadable, UnreadableItem, decode_item
from calling_credit.rates.announced_rises import AnnouncedRises
from calling_credit.rates.deck_store import version_time
from calling_credit.rates.price_rises import Rise, rises_view

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NAME: Final = "rate_changes"
"""The name of the stored position, and of the actor of the changes."""
CALLED_WITHIN: Final = timedelta(days=92)
"""Three months."""


@dataclass(frozen=True, slots=True)
class Round:
    """A round: the versions that were announced to all accounts before it, by the name of their list, those that it
    announces, and how far it has come. Without `target`, no round runs.
    """

    done: Mapping[str, str] = field(default_factory=dict)
    target: Mapping[str, str] = field(default_factory=dict)
    shard: int = 0
    after: str = ""

    def following(self, versions: Mapping[str, str]) -> "Round":
        """Return the round for the active versions: this one if it announces them, else a new one."""
        if self.target == versions or (not self.target and self.done == versions):
            return self
        return Round(self.done, versions)

    @property
    def is_over(self) -> bool:
        """Whether every account was told of the target."""
        return not self.target or self.shard >= SWEEP_SHARDS


def stored_round(position: str | None) -> Round:
    """Return the round of a stored position. One that cannot be read begins again, which only repeats work."""
    beginning = Round()
    try:
        stored = Round(**json.loads(position or "{}"))
    except (RecursionError, TypeError, ValueError):
        return beginning
    is_readable = all(isinstance(value, type(getattr(beginning, name))) for name, value in asdict(stored).items())
    is_known = is_readable and 0 <= stored.shard <= SWEEP_SHARDS and (not stored.after or is_place(stored.after))
    return stored if is_known else beginning


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

        Return how many accounts were read and announcements written, and `unfinished` if the next run continues.

        Raises:
            Unavailable: a deck or list cannot be read; the next run tries again.
            ClientError, BotoCoreError: the table or the bucket did not answer.
        """
        counts: Counter[str] = Counter()
        current = stored_round(read_position(self._client, self._table_name, NAME)).following(self._announced.versions)
        if current.is_over:
            return counts
        if self._announced.begin(current.done, now):
            for shard in range(current.shard, SWEEP_SHARDS):
                after = current.after if shard == current.shard else ""
                for page in account_pages(self._client, self._table_name, shard, after):
                    if seconds_left() < 0:
                        return counts + Counter(unfinished=1)
                    counts += self._announce([account_id for _, account_id in page], now)
                    current = replace(current, shard=shard, after=page[-1][0] if page else after)
                    self._store(current, now)
        self._store(Round(done=current.target), now)
        return counts

    def _store(self, current: Round, now: datetime) -> None:
        store_position(self._client, self._table_name, NAME, json.dumps(asdict(current)), now)

    def _announce(self, account_ids: list[str], now: datetime) -> Counter[str]:
        """Announce the rises to those of some accounts that they concern."""
        counts = Counter(accounts=len(account_ids))
        items = read_many(
            self._client, self._table_name, [(keys.account_pk(one), keys.account_sk()) for one in account_ids]
        )
        for (pk, _), item in items.items():
            try:
                account = decode_item(item, lambda stored: account_from_item(from_attributes(stored)))
                written = self._announce_to(keys.account_of(pk), account, now)
            except UnreadableItem as error:
                self._on_unreadable(error)
                continue
            counts["announced"] += written
        return counts

    def _announce_to(self, account_id: str, account: Account | None, now: datetime) -> int:
        if account is None or not account.breakdown or account.is_closed:
            return 0
        rises = self._announced.for_terms(account.price_terms[0] if account.price_terms else None)
        if not any(rises.values()):
            return 0
        called = self._called_countries(account_id, now)
        written = 0
        for name, by_country in rises.items():
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
