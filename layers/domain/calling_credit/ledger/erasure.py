"""Erases a person's number from an account's calls, and from the reasons that operators gave. Entries never change
otherwise; amounts, keys, days, and the balance remain.

The country and the last two digits remain. The hash of the call's facts is erased too, because the number could be
guessed from it. A later redelivery is therefore reported as a conflict, and never charged again.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from calling_credit.changes.erasure import ErasureRecord
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.pages import query_pages
from calling_credit.dynamodb.transactions import update
from calling_credit.masking import masked, without_number

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ERASED: Final = "erased"
_NUMBERS: Final = ("to", "from")
_TEXTS: Final = ("reason", "closed_reason")
_SWITCHED_OFF: Final = "switched_off"
"""Who switched the rule off, and the `reason`."""


def erase_number(
    client: "DynamoDBClient", table_name: str, account_id: str, number: str, record: ErasureRecord
) -> Iterator[str]:
    """Erase an E.164 number from every entry, listed call, and reason of an account. Yield the sort key of each changed
    item. A repetition changes only items that still hold the number.
    """
    names = ("PK", "SK", *_NUMBERS, *_TEXTS, _SWITCHED_OFF)
    query = {
        "KeyConditionExpression": "PK = :pk",
        "ProjectionExpression": ", ".join(f"#{name}" for name in names),
        "ExpressionAttributeNames": {f"#{name}": name for name in names},
        "ExpressionAttributeValues": {":pk": {"S": keys.account_pk(account_id)}},
        "ConsistentRead": True,
    }
    for item in query_pages(client, table_name, query):
        changed = _changed(item, number)
        sort_key = str(item["SK"]["S"])
        if changed and record.write(client, sort_key, [_mask_action(table_name, item, changed)]):
            yield sort_key


def _changed(item: Mapping[str, Any], number: str) -> dict[str, Any]:
    """The attributes that hold the number, masked."""
    changed: dict[str, Any] = {name: {"S": masked(number)} for name in _NUMBERS if item.get(name) == {"S": number}}
    for name in _TEXTS:
        text = item.get(name, {}).get("S", "")
        if (without := without_number(text, number)) != text:
            changed[name] = {"S": without}
    switched_off = item.get(_SWITCHED_OFF, {}).get("M", {})
    text = switched_off.get("reason", {}).get("S", "")
    if (without := without_number(text, number)) != text:
        changed[_SWITCHED_OFF] = {"M": {**switched_off, "reason": {"S": without}}}
    return changed


def _mask_action(table_name: str, item: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    is_call = any(name in changed for name in _NUMBERS)
    conditions = [f"#{name} = :was_{name}" for name in changed]
    return update(
        table_name,
        {"PK": item["PK"], "SK": item["SK"]},
        "SET " + is_call * "facts_hash = :erased, " + ", ".join(f"#{name} = :{name}" for name in changed),
        " AND ".join(conditions),
        {f":{name}": value for name, value in changed.items()}
        | {f":was_{name}": item[name] for name in changed}
        | ({":erased": {"S": ERASED}} if is_call else {}),
        {f"#{name}": name for name in changed},
    )
