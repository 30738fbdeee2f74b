"""Counts the e-mails that ask an address to confirm, for all accounts together, so that many accounts cannot flood one
address. The items hold no address.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from calling_credit.accounts.name_index import normalized_address
from calling_credit.accounts.recipients import too_many_confirmations
from calling_credit.dynamodb import index_keys
from calling_credit.dynamodb.attributes import from_attributes, to_attribute, to_attributes
from calling_credit.dynamodb.batch_get import read_many
from calling_credit.instants import format_instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ASKED_WITHIN: Final = timedelta(days=1)
MAX_ASKED: Final = 3
"""E-mails that ask one address within a day."""


def asked_actions(
    client: "DynamoDBClient", table_name: str, addresses: Iterable[str], now: datetime
) -> list[dict[str, Any]]:
    """The actions that count one e-mail to each address. They fail if another request counted one meanwhile.

    Raises:
        TooManyRequests: `too_many_confirmations`. Unavailable: the table throttles.
    """
    keys = [(index_keys.asked_pk(_hash(address)), index_keys.ASKED_SK) for address in addresses]
    stored = read_many(client, table_name, keys)
    actions = []
    for key in keys:
        before = from_attributes(stored[key])["asked_at"] if key in stored else None
        recent = [at for at in before or () if at > format_instant(now - ASKED_WITHIN)]
        if len(recent) >= MAX_ASKED:
            raise too_many_confirmations(datetime.fromisoformat(recent[0]) + ASKED_WITHIN, now)
        item: dict[str, Any] = {
            "PK": key[0],
            "SK": key[1],
            "asked_at": [*recent, format_instant(now)],
            "expires_at": int((now + ASKED_WITHIN).timestamp()),
        }
        put: dict[str, Any] = {"TableName": table_name, "Item": to_attributes(item)}
        if before is None:
            put["ConditionExpression"] = "attribute_not_exists(PK)"
        else:
            put["ConditionExpression"] = "asked_at = :read"
            put["ExpressionAttributeValues"] = {":read": to_attribute(before)}
        actions.append({"Put": put})
    return actions


def _hash(address: str) -> str:
    return hashlib.sha256(normalized_address(address).encode()).hexdigest()
