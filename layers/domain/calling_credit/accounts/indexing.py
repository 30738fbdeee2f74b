"""Indexes the accounts that an earlier release wrote: numbers of lines, words of names, and addresses.

Each write has the condition that the account, the user, or the line is as it was read, so live changes lose nothing.
What is in the index stays as it is, so a repetition changes nothing.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from calling_credit.accounts.account import account_from_item
from calling_credit.accounts.account_index import account_found_as, account_index
from calling_credit.accounts.line_items import line_from_item, line_key, unchanged_condition
from calling_credit.accounts.name_index import IndexItem, Key, name_items, put_action
from calling_credit.accounts.number_history import Holder, LineName, NumberHistory, assign, mark_ambiguous
from calling_credit.accounts.number_store import (
    AMBIGUOUS_KIND,
    history_actions,
    history_from_item,
    read_histories,
)
from calling_credit.dynamodb import index_keys, keys, sweep_keys
from calling_credit.dynamodb.attributes import Item, from_attributes, to_attribute, to_attributes
from calling_credit.dynamodb.batch_get import read_many
from calling_credit.dynamodb.pages import query_pages
from calling_credit.dynamodb.partition import Partition
from calling_credit.dynamodb.retries import retry_on_race
from calling_credit.dynamodb.schema import SCHEMA_NAME, SCHEMA_VALUE
from calling_credit.dynamodb.sweep import read_listed
from calling_credit.dynamodb.transactions import transact
from calling_credit.instants import format_instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SUBJECT: Final = "The account is"
"""The subject of the error after losing every race with concurrent changes."""


@dataclass(frozen=True, slots=True)
class Position:
    """How far an index run has come: the number of the sweep partition, and the last account in it that is done.
    `partition` is the number of partitions once all are done.
    """

    partition: int = 0
    account_id: str = ""

    @property
    def is_done(self) -> bool:
        """Whether every account is indexed."""
        return self.partition >= sweep_keys.SWEEP_SHARDS


class Indexer:
    """Indexes the accounts of a stack."""

    def __init__(self, client: "DynamoDBClient", table_name: str, lead: timedelta) -> None:
        self._client = client
        self._table_name = table_name
        self._lead = lead

    # The position

    def position(self) -> Position:
        """Read how far the last run came; the beginning if it came to its end, or if there was none."""
        answer = self._client.get_item(TableName=self._table_name, Key=index_keys.INDEXING_KEY, ConsistentRead=True)
        item = from_attributes(answer.get("Item", {}))
        position = Position(item.get("shard", 0), item.get("after", ""))
        return Position() if position.is_done else position

    def store_position(self, position: Position) -> None:
        """Store how far this run has come."""
        values: Item = {"shard": position.partition, "after": position.account_id}
        self._client.put_item(
            TableName=self._table_name,
            Item=index_keys.INDEXING_KEY | to_attributes(values) | {SCHEMA_NAME: SCHEMA_VALUE},
        )

    def accounts_after(self, position: Position) -> Iterator[Position]:
        """Yield the positions of the accounts after this one, in their order."""
        for number, partition in enumerate(sweep_keys.sweep_partitions("account")):
            if number >= position.partition:
                after = position.account_id if number == position.partition else ""
                query = {
                    "IndexName": sweep_keys.SWEEP_INDEX,
                    "KeyConditionExpression": "sweep_pk = :kind AND sweep_sk > :after",
                    "ExpressionAttributeValues": {":kind": {"S": partition}, ":after": {"S": after or " "}},
                }
                for item in query_pages(self._client, self._table_name, query):
                    yield Position(number, keys.account_of(item["PK"]["S"]))

    # One account

    def numbers_of(self, account_id: str) -> list[str]:
        """The numbers of an account's open lines. A number of several lines occurs several times."""
        return [line["number"] for line in self._lines(account_id)]

    def index_account(self, account_id: str, now: datetime, shared: Set[str]) -> Counter[str]:
        """Index an account: its name and addresses, its users, and the numbers of its lines. Return how many items were
        written, by kind (`name`, `mail`, `number`, `ambiguous`). `shared` are the numbers of several lines, which
        belong to none of them.

        Raises:
            Unavailable: `busy`, or the table did not answer in time.
        """
        written = retry_on_race(SUBJECT, lambda: self._index_settings(account_id))
        partition = Partition(self._client, self._table_name, keys.account_pk(account_id))
        for user in partition.query(keys.user_prefix(), keys.user_prefix() + keys.AFTER, consistent=True):
            written += self._index_user(account_id, user)
        for line in self._lines(account_id):
            name = LineName(account_id, keys.id_of(line["SK"]))
            written += retry_on_race(SUBJECT, partial(self._index_line, name, now, shared))
        return written

    def ambiguous(self) -> dict[str, NumberHistory]:
        """Every number that several lines have, with these lines."""
        items = read_listed(self._client, self._table_name, AMBIGUOUS_KIND)
        return {index_keys.number_of(item["PK"]): history_from_item(item) for item in items}

    def _lines(self, account_id: str) -> Iterator[dict[str, Any]]:
        partition = Partition(self._client, self._table_name, keys.account_pk(account_id))
        lines = partition.query(keys.line_prefix(), keys.line_prefix() + keys.AFTER, consistent=True)
        return (line for line in lines if "closes_at" not in line)

    def _index_settings(self, account_id: str) -> Counter[str] | None:
        key = {"PK": {"S": keys.account_pk(account_id)}, "SK": {"S": keys.account_sk()}}
        answer = self._client.get_item(TableName=self._table_name, Key=key, ConsistentRead=True)
        account = account_from_item(from_attributes(answer["Item"]))
        condition, values = account_found_as(account)
        check = self._check(key, f"attribute_exists(PK){condition}", values, {"#name": "name"})
        return self._put_missing(account_index(account), check)

    def _index_user(self, account_id: str, user: Mapping[str, Any]) -> Counter[str]:
        """Index a user's name. A name that changes meanwhile is indexed by its change."""
        owner = index_keys.of_user(keys.id_of(user["SK"]))
        check = self._check(
            {"PK": {"S": user["PK"]}, "SK": {"S": user["SK"]}},
            "#name = :read",
            {":read": to_attribute(user["name"])},
            {"#name": "name"},
        )
        return self._put_missing(name_items(account_id, owner, user["name"]), check) or Counter()

    def _put_missing(self, expected: Mapping[Key, IndexItem], check: dict[str, Any]) -> Counter[str] | None:
        """Write the items that are missing or outdated; None if the condition failed."""
        stored = read_many(self._client, self._table_name, expected) if expected else {}
        missing = {
            key: item for key, item in expected.items() if from_attributes(stored.get(key, {})) != _as_stored(key, item)
        }
        if not missing:
            return Counter()
        actions = [check, *(put_action(self._table_name, key, item) for key, item in missing.items())]
        if transact(self._client, actions):
            return None
        return Counter(keys.kind_of(pk) for pk, _ in missing)

    def _index_line(self, name: LineName, now: datetime, shared: Set[str]) -> Counter[str] | None:
        """Give a line its number, or mark the number as one of several lines; None after a race."""
        answer = self._client.get_item(TableName=self._table_name, Key=line_key(*name), ConsistentRead=True)
        item = from_attributes(answer.get("Item", {}))
        if not item or "closes_at" in item:
            return Counter()
        line = line_from_item(item)
        holder = Holder(name, line.user_id)
        histories = read_histories(self._client, self._table_name, {line.number})
        before = histories[line.number]
        is_shared = line.number in shared or before.is_taken(name)
        if before.is_held_by(name) and (is_shared or not before.claims):
            return Counter()
        at, ahead = format_instant(now), format_instant(now + self._lead)
        alone = replace(before, claims=())  # An interrupted run may have marked only this line.
        after = mark_ambiguous(before, holder, ahead) if is_shared else assign(alone, holder, at, ahead)
        condition, values = unchanged_condition(item)
        number_is = {":number": to_attribute(line.number)}
        check = self._check(line_key(*name), f"{condition} AND #number = :number", values | number_is, _NUMBER)
        stored = history_actions(self._table_name, histories, {line.number: after})
        if transact(self._client, [check, *stored]):
            return None
        return Counter({"ambiguous" if is_shared else "number": 1})

    def _check(self, key: Any, condition: str, values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
        check = {
            "TableName": self._table_name,
            "Key": key,
            "ConditionExpression": condition,
            "ExpressionAttributeValues": dict(values),
            "ExpressionAttributeNames": dict(names),
        }
        return {"ConditionCheck": check}


_NUMBER: Final = {"#number": "number"}
"""`number` is a reserved word of DynamoDB."""


def _as_stored(key: Key, item: IndexItem) -> dict[str, Any]:
    return from_attributes(to_attributes({"PK": key[0], "SK": key[1], **item}))
