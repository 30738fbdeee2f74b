"""Reads the recorded changes of an account, newest first."""

from collections.abc import Collection
from itertools import islice
from typing import TYPE_CHECKING, Any

from calling_credit.changes.view import change_view
from calling_credit.dynamodb import change_keys, keys
from calling_credit.dynamodb.partition import Partition
from calling_credit.dynamodb.unreadable import OnUnreadable, checked, raise_unreadable, readable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class ChangeReader:
    """The recorded changes of one account, as `changes.view.change_view` shows them."""

    def __init__(self, client: "DynamoDBClient", table_name: str, account_id: str) -> None:
        self._partition = Partition(client, table_name, keys.account_pk(account_id))

    def page(
        self,
        after: str | None,
        limit: int,
        without: Collection[str] = (),
        on_unreadable: OnUnreadable = raise_unreadable,
    ) -> tuple[list[dict[str, Any]], str | None]:
        """A page of changes as items, newest first, and the sort key after which the next page starts. Changes with an
        action in `without` are left out, and so are the unreadable ones that `on_unreadable` accepts.
        """
        low, high = change_keys.activity_range()
        found = self._partition.query(low, after or high, newest_first=True, on_unreadable=on_unreadable)
        newest = readable(found, checked(change_view), on_unreadable)
        items = list(
            islice((item for item in newest if item["SK"] != after and item.get("action") not in without), limit + 1)
        )
        page = items[:limit]
        return page, page[-1]["SK"] if len(items) > limit else None

    def change(self, at: str, change_id: str) -> dict[str, Any] | None:
        """One change, by its time and id; None if there is none."""
        return self._partition.get(change_keys.activity_sk(at, change_id))
