"""Stores the addresses of an account that mails came back from."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from calling_credit.accounts.account import Account
from calling_credit.accounts.bounces import (
    Bounce,
    Returned,
    address_hash,
    after_bounce,
    bounce_from_item,
    removed_item,
    returned_from,
)
from calling_credit.accounts.name_index import normalized_address
from calling_credit.accounts.recipients import addresses_of
from calling_credit.correlation import CORRELATION_ID, current_correlation
from calling_credit.dynamodb import desk_keys, index_keys, keys
from calling_credit.dynamodb.attributes import from_attributes, to_attributes
from calling_credit.dynamodb.pages import query_pages
from calling_credit.dynamodb.partition import Partition
from calling_credit.dynamodb.retries import retry_on_race
from calling_credit.dynamodb.transactions import put, transact, update
from calling_credit.dynamodb.unreadable import OnUnreadable, UnreadableItem, ignore_unreadable, readable
from calling_credit.instants import format_instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class BounceStore:
    """The addresses that mails came back from, in the table. `on_unreadable` gets the items that stop no mail, because
    they cannot be read.
    """

    def __init__(
        self, client: "DynamoDBClient", table_name: str, on_unreadable: OnUnreadable = ignore_unreadable
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._on_unreadable = on_unreadable

    def record(self, account_id: str, bounce: Bounce) -> bool:
        """Record a report about an address of an account, once. Return False if it is recorded already. An item that
        cannot be read is replaced.

        Raises:
            Unavailable: `busy`, or the table did not answer in time; the same call is safe again.
        """
        partition = self._partition(account_id)

        def attempt() -> bool | None:
            sort_key = desk_keys.bounced_sk(address_hash(bounce.address))
            try:
                found = partition.get(sort_key)
                item = None if found is None else bounce_from_item(found)
                is_there = found is not None
            except UnreadableItem as error:
                self._on_unreadable(error)
                item, is_there = None, True
            changed = after_bounce(account_id, item, bounce)
            if changed is None:
                return False
            action = put(self._table_name, to_attributes({**changed, CORRELATION_ID: current_correlation()}))
            if item is not None:
                action["Put"]["ConditionExpression"] = "version = :version"
                action["Put"]["ExpressionAttributeValues"] = to_attributes({":version": item["version"]})
            elif is_there:
                action["Put"]["ConditionExpression"] = "attribute_exists(PK)"
            return None if transact(self._client, [action]) else True

        return retry_on_race("The address is", attempt)

    def returned(self, account_id: str, now: datetime) -> dict[str, Returned]:
        """Why addresses receive no ordinary mails, by their normal form. The address of an unreadable item receives
        them.
        """
        found = ((item["address"], returned_from(item, now)) for item in self.addresses(account_id))
        return {normalized_address(address): kind for address, kind in found if kind is not None}

    def addresses(self, account_id: str) -> Iterator[Mapping[str, Any]]:
        """Yield the items of the addresses that mails came back from, without the unreadable ones."""
        low, high = desk_keys.bounced_range()
        query: dict[str, Any] = {
            "KeyConditionExpression": "PK = :pk AND SK BETWEEN :low AND :high",
            "ExpressionAttributeValues": to_attributes(
                {":pk": keys.account_pk(account_id), ":low": low, ":high": high}
            ),
            "ConsistentRead": True,
        }
        stored = query_pages(self._client, self._table_name, query)
        found = readable(stored, lambda item: bounce_from_item(from_attributes(item)), self._on_unreadable)
        return (item for item in found if item["times"])

    def accounts_of(self, address: str) -> list[str]:
        """The accounts that have a billing address."""
        form = normalized_address(address)
        low, high = index_keys.mail_sk(""), index_keys.mail_sk(keys.AFTER)
        partition = Partition(self._client, self._table_name, index_keys.mail_pk(form))
        found = partition.query(low, high, on_unreadable=self._on_unreadable)
        return [item["account_id"] for item in found if "account_id" in item]

    def _partition(self, account_id: str) -> Partition:
        return Partition(self._client, self._table_name, keys.account_pk(account_id))


def entered_actions(
    client: "DynamoDBClient", table_name: str, before: Account | None, after: Account, now: datetime
) -> Iterable[dict[str, Any]]:
    """The actions that let addresses receive mails again, because someone has just entered them, and that prepare this
    for removed ones. An unreadable item keeps no mail from its address, and stays.
    """
    if before is None:
        return
    partition = Partition(client, table_name, keys.account_pk(after.account_id))
    known, wanted = ({normalized_address(one) for one in addresses_of(account)} for account in (before, after))
    for form in sorted(known ^ wanted):
        sort_key = desk_keys.bounced_sk(address_hash(form))
        try:
            found = partition.get(sort_key)
            item = None if found is None else bounce_from_item(found)
        except UnreadableItem:
            continue
        if item is None and form in known:
            yield put(table_name, to_attributes(removed_item(after.account_id, form, now)))
        if item is not None and form in wanted:
            values = {":yes": True, ":now": format_instant(now), ":one": 1, ":version": item["version"]}
            yield update(
                table_name,
                to_attributes({"PK": item["PK"], "SK": sort_key}),
                "SET is_over = :yes, entered_at = :now ADD version :one",
                "version = :version",
                to_attributes(values),
            )
