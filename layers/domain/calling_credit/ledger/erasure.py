"""Erases a person's number or address from an account's calls and recorded changes. Entries never change otherwise;
amounts, keys, days, and the balance remain.

The country and the last two digits of a number remain. The hash of the call's facts is erased too, because the number
could be guessed from it. A later redelivery is therefore reported as a conflict, and never charged again.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from calling_credit.changes.actions import ChangeAction
from calling_credit.changes.actor import Actor
from calling_credit.changes.change import Change, change_action
from calling_credit.changes.erasure import mask_actions
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.pages import query_pages
from calling_credit.dynamodb.transactions import transact, update
from calling_credit.masking import masked, masked_address

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ERASED: Final = "erased"


def erase_number(
    client: "DynamoDBClient", table_name: str, account_id: str, number: str, actor: Actor, now: datetime
) -> Iterator[str]:
    """Erase an E.164 number from every entry, listed call, and recorded change of an account. Yield the sort key of
    each changed item. The transaction of the first one records the erasure.

    A repetition changes only items that still hold the number.
    """
    mask = masked(number)
    query = {
        "KeyConditionExpression": "PK = :pk",
        "FilterExpression": "#to = :number OR #from = :number",
        "ExpressionAttributeNames": {"#to": "to", "#from": "from"},
        "ExpressionAttributeValues": {":pk": {"S": keys.account_pk(account_id)}, ":number": {"S": number}},
        "ConsistentRead": True,
    }
    calls = (_mask_action(table_name, item, number) for item in query_pages(client, table_name, query))
    changes = mask_actions(client, table_name, account_id, number, mask)
    erasure = ChangeAction.NUMBER_ERASED, "number", mask
    yield from _erase(client, table_name, account_id, chain(calls, changes), erasure, actor, now)


def erase_address(
    client: "DynamoDBClient", table_name: str, account_id: str, address: str, actor: Actor, now: datetime
) -> Iterator[str]:
    """Erase an e-mail address from every recorded change of an account, as `erase_number` erases a number."""
    mask = masked_address(address)
    erasure = ChangeAction.ADDRESS_ERASED, "address", mask
    actions = mask_actions(client, table_name, account_id, address, mask)
    yield from _erase(client, table_name, account_id, actions, erasure, actor, now)


def _erase(
    client: "DynamoDBClient",
    table_name: str,
    account_id: str,
    actions: Iterator[tuple[str, dict[str, Any]]],
    erasure: tuple[ChangeAction, str, str],
    actor: Actor,
    now: datetime,
) -> Iterator[str]:
    is_recorded = False
    for sort_key, action in actions:
        records = []
        if not is_recorded:
            name, subject, mask = erasure
            change_id = f"erased-{hashlib.sha256(sort_key.encode()).hexdigest()[:12]}"
            change = Change(name, subject, change_id, new={subject: mask})
            records.append(change_action(table_name, account_id, change, actor, now))
        if not transact(client, [action, *records]):
            is_recorded = True
            yield sort_key


def _mask_action(table_name: str, item: dict[str, Any], number: str) -> tuple[str, dict[str, Any]]:
    fields = [name for name in ("to", "from") if item.get(name) == {"S": number}]
    action = update(
        table_name,
        {"PK": item["PK"], "SK": item["SK"]},
        "SET facts_hash = :erased, " + ", ".join(f"#{name} = :masked" for name in fields),
        "attribute_exists(PK)",
        {":erased": {"S": ERASED}, ":masked": {"S": masked(number)}},
        {f"#{name}": name for name in fields},
    )
    return item["SK"]["S"], action
