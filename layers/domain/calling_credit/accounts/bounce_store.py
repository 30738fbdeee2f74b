"""Stores the addresses of an account that mails came back from."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from calling_credit.accounts.account import Account
from calling_credit.accounts.bounces import Bounce, Returned, address_hash, after_bounce, returned_from
from calling_credit.accounts.name_index import normalized_address
from calling_credit.accounts.recipients import addresses_of
from calling_credit.dynamodb import desk_keys, index_keys, keys
from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.dynamodb.partition import Partition
from calling_credit.dynamodb.retries import retry_on_race
from calling_credit.dynamodb.schema import SCHEMA_NAME, SCHEMA_VALUE
from calling_credit.dynamodb.transactions import transact, update
from calling_credit.dynamodb.unreadable import UnreadableItem, readable
from calling_credit.instants import format_instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class BounceStore:
    """The addresses that mails came back from, in the table."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def record(self, account_id: str, bounce: Bounce) -> bool:
        """Record a report about an address of an account, once. Return False if it is recorded already.

        Raises:
            Unavailable: `busy`, or the table did not answer in time; the same call is safe again.
        """
        partition = self._partition(account_id)

        def attempt() -> bool | None:
            item = partition.get(desk_keys.bounced_sk(address_hash(bounce.address)))
            changed = after_bounce(account_id, item, bounce)
            if changed is None:
                return False
            put: dict[str, Any] = {
                "TableName": self._table_name,
                "Item": {**to_attributes(changed), SCHEMA_NAME: SCHEMA_VALUE},
                "ConditionExpression": "attribute_not_exists(PK)",
            }
            if item is not None:
                put["ConditionExpression"] = "version = :version"
                put["ExpressionAttributeValues"] = to_attributes({":version": item["version"]})
            return None if transact(self._client, [{"Put": put}]) else True

        return retry_on_race("The address is", attempt)

    def returned(
        self, account_id: str, now: datetime, on_unreadable: Callable[[UnreadableItem], None] = lambda _: None
    ) -> dict[str, Returned]:
        """Why addresses receive no ordinary mails, by their normal form. The address of an unreadable item receives
        them.
        """

        def decode(item: dict[str, Any]) -> tuple[str, Returned | None]:
            return normalized_address(item["address"]), returned_from(item, now)

        items = self._partition(account_id).query(*desk_keys.bounced_range())
        return {address: kind for address, kind in readable(items, decode, on_unreadable) if kind is not None}

    def accounts_of(self, address: str) -> list[str]:
        """The accounts that have a billing address."""
        form = normalized_address(address)
        low, high = index_keys.mail_sk(""), index_keys.mail_sk(keys.AFTER)
        found = Partition(self._client, self._table_name, index_keys.mail_pk(form)).query(low, high)
        return [item["account_id"] for item in found]

    def _partition(self, account_id: str) -> Partition:
        return Partition(self._client, self._table_name, keys.account_pk(account_id))


def entered_actions(
    client: "DynamoDBClient", table_name: str, before: Account | None, after: Account, now: datetime
) -> Iterable[dict[str, Any]]:
    """The actions that let addresses receive mails again, because someone has just entered them."""
    if before is None:
        return
    known = set(map(normalized_address, addresses_of(before)))
    for form in sorted({normalized_address(address) for address in addresses_of(after)} - known):
        sort_key = desk_keys.bounced_sk(address_hash(form))
        item = Partition(client, table_name, keys.account_pk(after.account_id)).get(sort_key)
        if item is not None:
            values = {":yes": True, ":now": format_instant(now), ":one": 1, ":version": item["version"]}
            yield update(
                table_name,
                to_attributes({"PK": item["PK"], "SK": sort_key}),
                "SET is_over = :yes, entered_at = :now ADD version :one",
                "version = :version",
                to_attributes(values),
            )
