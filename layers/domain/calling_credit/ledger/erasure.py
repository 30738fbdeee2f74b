"""Erases a person's number from an account's calls. Entries never change otherwise; amounts, keys, days, and the
balance remain.

The country and the last two digits remain. The hash of the call's facts is erased too, because the number could be
guessed from it. A later redelivery is therefore reported as a conflict, and never charged again.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from calling_credit.changes.erasure import ErasureRecord
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.pages import query_pages
from calling_credit.dynamodb.transactions import update
from calling_credit.masking import masked

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ERASED: Final = "erased"


def erase_number(
    client: "DynamoDBClient", table_name: str, account_id: str, number: str, record: ErasureRecord
) -> Iterator[str]:
    """Erase an E.164 number from every entry and listed call of an account. Yield the sort key of each changed item.

    A repetition changes only items that still hold the number.
    """
    query = {
        "KeyConditionExpression": "PK = :pk",
        "FilterExpression": "#to = :number OR #from = :number",
        "ExpressionAttributeNames": {"#to": "to", "#from": "from"},
        "ExpressionAttributeValues": {":pk": {"S": keys.account_pk(account_id)}, ":number": {"S": number}},
        "ConsistentRead": True,
    }
    for item in query_pages(client, table_name, query):
        sort_key = str(item["SK"]["S"])
        if record.write(client, sort_key, [_mask_action(table_name, item, number)]):
            yield sort_key


def _mask_action(table_name: str, item: dict[str, Any], number: str) -> dict[str, Any]:
    fields = [name for name in ("to", "from") if item.get(name) == {"S": number}]
    return update(
        table_name,
        {"PK": item["PK"], "SK": item["SK"]},
        "SET facts_hash = :erased, " + ", ".join(f"#{name} = :masked" for name in fields),
        "attribute_exists(PK)",
        {":erased": {"S": ERASED}, ":masked": {"S": masked(number)}},
        {f"#{name}": name for name in fields},
    )
