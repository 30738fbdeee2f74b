"""Reads accounts and their charged calls. Queries read one account or the accounts' index, never all items."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from calling_credit.calls import shortened_number
from calling_credit.dynamodb import keys, sweep_keys
from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.dynamodb.pages import query_pages, read_pages
from calling_credit.dynamodb.partition import Partition
from calling_credit.dynamodb.unreadable import decode_item
from calling_credit.errors import InvalidValue, ProblemCode
from calling_credit.instants import format_instant
from calling_credit.ledger.charged_calls import ChargedCall, charged_calls
from calling_credit.ledger.entries import EntryKind
from calling_credit.rates.deck_csv import ReportProgress
from calling_credit.rates.deck_impact import Impact

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PAGE_SIZE: Final = 1000
IMPACT_PERIOD: Final = timedelta(days=30)
MAX_CALLS: Final = 100_000
"""The calls to compare with a new deck: about 8,000 read units, a tenth of a cent."""
MAX_CALLS_OF_ACCOUNT: Final = 5_000
"""The calls of one account to compare, so that a large account leaves time for others."""
SAMPLED: Final = 50
"""The accounts at each end of each shard of the accounts' index, by id, to compare: usually old and new ones. An
account that was created within the last second may be missing.
"""
ACCOUNT_KIND: Final = "account"


def calls_between(
    client: "DynamoDBClient",
    table_name: str,
    account_id: str,
    low: str,
    high: str,
    *,
    consistent: bool = True,
) -> Iterator[ChargedCall]:
    """Yield an account's charged calls between two sort keys, oldest first. An inconsistent read costs half, and may be
    a second old.
    """
    query: dict[str, Any] = {
        "KeyConditionExpression": "PK = :pk AND SK BETWEEN :low AND :high",
        "FilterExpression": "kind IN (:charged, :back)",
        "ExpressionAttributeValues": {
            ":pk": {"S": keys.account_pk(account_id)},
            ":low": {"S": low},
            ":high": {"S": high},
            ":charged": {"S": EntryKind.CALL_CHARGED},
            ":back": {"S": EntryKind.CALL_TAKEN_BACK},
        },
        "ConsistentRead": consistent,
        "Limit": PAGE_SIZE,
    }
    yield from charged_calls(map(from_attributes, query_pages(client, table_name, query)))


def read_charged_call(
    client: "DynamoDBClient", table_name: str, account_id: str, happened_at: str, call_key: str
) -> ChargedCall | None:
    """Read one call by its time and key, strongly consistent; None if it was never charged."""
    low, high = keys.entry_sk(happened_at, call_key), keys.after_call(happened_at, call_key)
    return next(calls_between(client, table_name, account_id, low, high), None)


def was_corrected_to(
    client: "DynamoDBClient", table_name: str, call: tuple[str, str, str], number: str, duration_seconds: object
) -> bool:
    """Whether an operator has corrected a call (account, time, key) to this duration. So the switch's own corrected
    record is recognized, although the first entry keeps the facts of the wrong one.
    """
    account_id, happened_at, call_key = call
    partition = Partition(client, table_name, keys.account_pk(account_id))
    low, high = keys.entry_sk(happened_at, call_key), keys.after_call(happened_at, call_key)

    def is_correction_to(item: dict[str, Any]) -> bool:
        is_correction = item["kind"] == EntryKind.CALL_CHARGED and "correction" in item
        return (
            is_correction
            and item["to"] in (number, shortened_number(number))
            and item["duration_seconds"] == duration_seconds
        )

    return any(decode_item(item, is_correction_to) for item in partition.query(low, high, consistent=True))


def measure_impact(
    client: "DynamoDBClient",
    table_name: str,
    impact: Impact,
    now: datetime,
    seconds_left: Callable[[], float],
    tell: ReportProgress | None = None,
) -> None:
    """Add the calls of the last 30 days of a sample of the accounts to an impact, until the time or the number of calls
    is reached. A read unit reads a dozen calls. The number of requests does not grow with the accounts.

    Args:
        tell: Receives the number of accounts read so far.

    The impact is marked incomplete until the end, and stays so if the sample is not all accounts. The caller may
    therefore catch the table's errors and use the partial one.
    """
    low, high = keys.entry_range(format_instant(now - IMPACT_PERIOD), format_instant(now))
    impact.is_whole = False
    accounts, is_whole = sampled_accounts(client, table_name)
    for account_id in accounts:
        if seconds_left() <= 0:
            return
        calls = calls_between(client, table_name, account_id, low, high, consistent=False)
        for number, call in enumerate(calls):
            if seconds_left() <= 0 or impact.calls >= MAX_CALLS:
                return
            if number >= MAX_CALLS_OF_ACCOUNT:
                is_whole = False
                break
            if call.is_charged:
                impact.add({**call.last, "happened_at": call.call[0]})
        impact.accounts += 1
        if tell is not None:
            tell(impact.accounts)
    impact.is_whole = is_whole


def sampled_accounts(client: "DynamoDBClient", table_name: str) -> tuple[list[str], bool]:
    """Return the first and the last account ids of each shard, and whether these are all accounts."""
    found: dict[str, None] = {}
    is_whole = True
    for partition in sweep_keys.sweep_partitions(ACCOUNT_KIND):
        first = list(islice(_accounts_of(client, table_name, partition, is_forward=True), SAMPLED))
        found |= dict.fromkeys(first)
        if len(first) == SAMPLED:
            is_whole = False
            found |= dict.fromkeys(islice(_accounts_of(client, table_name, partition, is_forward=False), SAMPLED))
    return list(found), is_whole


def _accounts_of(client: "DynamoDBClient", table_name: str, partition: str, *, is_forward: bool) -> Iterator[str]:
    query: dict[str, Any] = {
        "IndexName": sweep_keys.SWEEP_INDEX,
        "KeyConditionExpression": "sweep_pk = :kind",
        "ExpressionAttributeValues": {":kind": {"S": partition}},
        "ProjectionExpression": "sweep_sk",
        "ScanIndexForward": is_forward,
        "Limit": SAMPLED,
    }
    return (str(item["sweep_sk"]["S"]) for item in query_pages(client, table_name, query))


MAX_SEARCH_PAGES: Final = 20
"""How many pages of entries to search for a call whose time is not known: about 20 MB, or 30,000 calls."""


def find_charged_call(
    client: "DynamoDBClient", table_name: str, account_id: str, call_key: str, started_at: str | None, now: datetime
) -> ChargedCall | None:
    """Find a call by its key, the latest with this key; None if there is none. With `started_at`, read it directly.

    Raises:
        InvalidValue: missing_field, the call is too old to be found without `started_at`.
    """
    if started_at is not None:
        return read_charged_call(client, table_name, account_id, started_at, call_key)
    low, high = keys.entry_range("", format_instant(now + timedelta(days=1)))
    query: dict[str, Any] = {
        "KeyConditionExpression": "PK = :pk AND SK BETWEEN :low AND :high",
        "ExpressionAttributeValues": {
            ":pk": {"S": keys.account_pk(account_id)},
            ":low": {"S": low},
            ":high": {"S": high},
        },
        "ProjectionExpression": "SK",
        "ScanIndexForward": False,
        "ConsistentRead": True,
    }
    for page in islice(read_pages(client, table_name, query), MAX_SEARCH_PAGES):
        for item in page["Items"]:
            happened_at, found = keys.call_of(item["SK"]["S"])
            if found == call_key:
                call = read_charged_call(client, table_name, account_id, happened_at, call_key)
                if call is not None:
                    return call
        if "LastEvaluatedKey" not in page:
            return None
    detail = "This account has too many calls to find one by its key; send started_at as GET /usage shows it."
    raise InvalidValue(ProblemCode.MISSING_FIELD, detail)
