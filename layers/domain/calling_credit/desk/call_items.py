"""Reads the items of an account's calls in ranges of time, from a bounded number of pages: staff wait for them."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from calling_credit.dynamodb import keys, refusal_keys
from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.dynamodb.batch_get import read_many
from calling_credit.dynamodb.pages import read_pages
from calling_credit.ledger.entries import EntryKind
from calling_credit.ledger.hold_items import hold_from_item
from calling_credit.ledger.holds import Hold

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_PAGES: Final = 4
"""The pages (1 MB each) that one range of a search reads: some thousands of calls."""
_OF_CALLS: Final = frozenset({EntryKind.CALL_CHARGED, EntryKind.CALL_TAKEN_BACK})


class CallItems:
    """The items of one account's calls. Times are instants in the form of keys; `AFTER` sorts after every one."""

    def __init__(self, client: "DynamoDBClient", table_name: str, account_id: str) -> None:
        self._client = client
        self._table_name = table_name
        self._pk = keys.account_pk(account_id)

    def hold(self, call_key: str) -> Hold | None:
        """Read the hold of a call."""
        key = (self._pk, keys.hold_sk(call_key))
        items = read_many(self._client, self._table_name, [key])
        return hold_from_item(items[key]) if key in items else None

    def entries_of(self, happened_at: str, call_key: str) -> list[dict[str, Any]]:
        """Read the entries of one call, in their order."""
        low, high = keys.entry_sk(happened_at, call_key), keys.after_call(happened_at, call_key)
        return [item for item in self._range(low, high) if item["kind"] in _OF_CALLS]

    def entries(self, first: str, last: str, *, newest_first: bool = False) -> Iterator[dict[str, Any]]:
        """Yield the entries of calls that began between two times."""
        low, high = keys.entry_sk(first, ""), keys.entry_sk(last, keys.AFTER)
        for item in self._range(low, high, newest_first=newest_first):
            if item["kind"] in _OF_CALLS:
                yield item

    def unrated(self, first: str, last: str, *, newest_first: bool = False) -> Iterator[dict[str, Any]]:
        """Yield the unrated calls that began between two times."""
        low, high = keys.unrated_sk(first, ""), keys.unrated_sk(last, keys.AFTER)
        return self._range(low, high, newest_first=newest_first)

    def denials(self, first: str | None, last: str | None) -> Iterator[dict[str, Any]]:
        """Yield the refusals between two times, or all; `at` is the time of each."""
        for item in self._range(*refusal_keys.denied_between(first, last)):
            yield item | {"at": item["SK"].split("#", 2)[1]}

    def holds(self, numbers: set[str], first: str, last: str) -> Iterator[Hold]:
        """Yield the holds of calls to any of these numbers that were authorized between two times."""
        values = {f":number_{at}": number for at, number in enumerate(sorted(numbers))}
        query = {
            "FilterExpression": f"#to IN ({', '.join(values)}) AND authorized_at BETWEEN :first AND :last",
            "ExpressionAttributeNames": {"#to": "to"},
        }
        values |= {":first": first, ":last": last}
        low, high = keys.hold_sk(""), keys.hold_sk(keys.AFTER)
        return map(hold_from_item, self._attributes(low, high, values, query))

    def _range(self, low: str, high: str, *, newest_first: bool = False) -> Iterator[dict[str, Any]]:
        return map(from_attributes, self._attributes(low, high, {}, {"ScanIndexForward": not newest_first}))

    def _attributes(
        self, low: str, high: str, values: Mapping[str, str], more: Mapping[str, Any]
    ) -> Iterator[dict[str, Any]]:
        bounds = {":pk": self._pk, ":low": low, ":high": high, **values}
        query = {
            "KeyConditionExpression": "PK = :pk AND SK BETWEEN :low AND :high",
            "ExpressionAttributeValues": {name: {"S": value} for name, value in bounds.items()},
            "ConsistentRead": True,
            **more,
        }
        for page in islice(read_pages(self._client, self._table_name, query), MAX_PAGES):
            yield from page["Items"]
