"""Shortens the numbers of old entries, which never change otherwise. Amounts, keys, days, and the balance remain.

The last four digits of the number go. The hash of the call's facts is replaced by one that covers the shortened number,
because the missing digits could be guessed from it. A call that is delivered again is still recognized as a replay.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from calling_credit.calls import shortened_facts, shortened_number
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import from_attributes, to_attributes
from calling_credit.dynamodb.errors import AWS_ERRORS, is_condition_failed
from calling_credit.dynamodb.pages import read_pages
from calling_credit.dynamodb.unreadable import OnUnreadable, raise_unreadable, readable
from calling_credit.instants import format_instant
from calling_credit.ledger.entries import SHORTENED_AT
from calling_credit.ledger.erasure import ERASED

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_NUMBERS: Final[tuple[str, ...]] = ("to", "from")
_READ: Final = ("PK", "SK", *_NUMBERS, "facts_hash", "duration_seconds", SHORTENED_AT)


def shorten_entries(
    client: "DynamoDBClient",
    table_name: str,
    account_id: str,
    since: str,
    until: str,
    now: datetime,
    pool: Executor,
    on_unreadable: OnUnreadable = raise_unreadable,
) -> Iterator[int]:
    """Shorten the numbers of an account's entries that happened from `since` up to, not including, `until`. Yield the
    number of changed entries after each page. A repetition changes nothing.

    Raises:
        ClientError, BotoCoreError: the table did not answer; the same call is safe again.
    """
    low, high = keys.entry_range(since, until)
    query = {
        "KeyConditionExpression": "PK = :pk AND SK BETWEEN :low AND :high",
        "ProjectionExpression": ", ".join(f"#{name}" for name in _READ),
        "ExpressionAttributeNames": {f"#{name}": name for name in _READ},
        "ExpressionAttributeValues": to_attributes({":pk": keys.account_pk(account_id), ":low": low, ":high": high}),
    }
    shorten = partial(_shorten, client, table_name, now)
    for page in read_pages(client, table_name, query):
        yield sum(pool.map(lambda item: sum(readable([item], shorten, on_unreadable)), page["Items"]))


def _shorten(client: "DynamoDBClient", table_name: str, now: datetime, attributes: Mapping[str, Any]) -> bool:
    """Shorten one entry. Return whether it changed."""
    item = from_attributes(attributes)
    changed: dict[str, str] = {name: shortened_number(item[name]) for name in _NUMBERS if name in item}
    changed = {name: number for name, number in changed.items() if number != item[name]}
    if not changed:
        return False
    changed[SHORTENED_AT] = format_instant(now)
    cause = keys.cause_of(item["SK"])
    if "to" in changed and "#" not in cause and item["facts_hash"] != ERASED:
        place = keys.account_of(item["PK"]), cause, item["to"], keys.happened_at_of(item["SK"])
        changed["facts_hash"] = shortened_facts(*place, str(item["duration_seconds"]))
    before = {name: item[name] for name in changed if name in item}
    try:
        client.update_item(
            TableName=table_name,
            Key={"PK": attributes["PK"], "SK": attributes["SK"]},
            UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in changed),
            ConditionExpression=" AND ".join(f"#{name} = :was_{name}" for name in before),
            ExpressionAttributeNames={f"#{name}": name for name in changed},
            ExpressionAttributeValues=to_attributes(
                {f":{name}": value for name, value in changed.items()}
                | {f":was_{name}": value for name, value in before.items()}
            ),
        )
    except AWS_ERRORS as error:
        if not is_condition_failed(error):
            raise
        return False  # The number was erased meanwhile.
    return True
