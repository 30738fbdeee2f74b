"""Counts the e-mails that ask an address to confirm, for all accounts together, so that many accounts cannot flood one
mailbox. The items hold no address.
"""

import hashlib
from collections import Counter
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
"""E-mails that ask one mailbox within a day."""


def asked_actions(
    client: "DynamoDBClient", table_name: str, addresses: Iterable[str], now: datetime
) -> list[dict[str, Any]]:
    """The actions that count one e-mail to each address; addresses of one mailbox are counted together. They fail if
    another request counted one meanwhile.

    Raises:
        TooManyRequests: `too_many_confirmations`. Unavailable: the table throttles.
    """
    mails = Counter((index_keys.asked_pk(_hash(address)), index_keys.ASKED_SK) for address in addresses)
    stored = read_many(client, table_name, list(mails))
    actions = []
    for key, number in mails.items():
        before = from_attributes(stored[key])["asked_at"] if key in stored else None
        recent = [at for at in before or () if at > format_instant(now - ASKED_WITHIN)]
        if len(recent) + number > MAX_ASKED:
            oldest = datetime.fromisoformat(recent[0]) if recent else now
            raise too_many_confirmations(oldest + ASKED_WITHIN, now)
        item: dict[str, Any] = {
            "PK": key[0],
            "SK": key[1],
            "asked_at": [*recent, *[format_instant(now)] * number],
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


def mailbox(address: str) -> str:
    """The mailbox that most providers deliver an address to: what follows a plus sign only sorts mail, and some ignore
    dots before the at sign. It only limits e-mails, so it may take two mailboxes for one.
    """
    local, _, domain = normalized_address(address).rpartition("@")
    plain = local.partition("+")[0].replace(".", "")
    return f"{plain or local}@{domain}"


def _hash(address: str) -> str:
    return hashlib.sha256(mailbox(address).encode()).hexdigest()
