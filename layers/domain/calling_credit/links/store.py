"""Stores issued links by the hash of their token. An unstored link does nothing, even if signed."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from calling_credit.accounts.freeze_times import last_unfreezing
from calling_credit.accounts.freezing import read_item
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.dynamodb.errors import AWS_ERRORS, is_condition_failed, translate_error
from calling_credit.dynamodb.pages import query_pages
from calling_credit.instants import format_instant
from calling_credit.links.link import NEVER_UNFROZEN, Link, LinkPurpose

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class LinkStore:
    """Reads and writes issued links."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def store(self, link: Link, token_hash: str, now: datetime) -> None:
        """Store an issued link. A revoked link stays revoked.

        Raises:
            Unavailable: the table did not accept the write in time.
        """
        item: dict[str, Any] = {
            **_key(link.account_id, token_hash),
            "purpose": link.purpose,
            "target": link.target,
            "handed_out_at": format_instant(now),
            "freeze_links_after": self._links_after(link),
            "expires_at": int(datetime.fromisoformat(link.expires_at).timestamp()),
        }
        try:
            self._client.put_item(
                TableName=self._table_name,
                Item=to_attributes(item),
                ConditionExpression="attribute_not_exists(PK)",
            )
        except AWS_ERRORS as error:
            if not is_condition_failed(error):
                raise translate_error(error) from error

    def _links_after(self, link: Link) -> str | None:
        """The last unfreezing before a freeze link is handed out: only a later one withdraws the link, even
        in the same instant.
        """
        if link.purpose is not LinkPurpose.FREEZE_ACCOUNT:
            return None
        try:
            account = read_item(self._client, self._table_name, link.account_id, keys.account_sk())
        except AWS_ERRORS as error:
            raise translate_error(error) from error
        return last_unfreezing(account or {}) or NEVER_UNFROZEN

    def is_active(self, link: Link, token_hash: str) -> bool:
        """Return whether a link was issued and is not revoked.

        Raises:
            Unavailable: the table did not answer in time.
        """
        key = to_attributes(_key(link.account_id, token_hash))
        try:
            answer = self._client.get_item(TableName=self._table_name, Key=key, ConsistentRead=True)
        except AWS_ERRORS as error:
            raise translate_error(error) from error
        return "Item" in answer and "withdrawn_at" not in answer["Item"]


def withdraw_links(client: "DynamoDBClient", table_name: str, account_id: str, now: datetime) -> int:
    """Revoke every link of an account and return how many there were. DynamoDB removes them after their expiry."""
    low, high = keys.link_range()
    query = {
        "KeyConditionExpression": "PK = :pk AND SK BETWEEN :low AND :high",
        "FilterExpression": "attribute_not_exists(withdrawn_at)",
        "ExpressionAttributeValues": to_attributes({":pk": keys.account_pk(account_id), ":low": low, ":high": high}),
        "ConsistentRead": True,
    }
    sort_keys = [item["SK"]["S"] for item in query_pages(client, table_name, query)]
    for sort_key in sort_keys:
        client.update_item(
            TableName=table_name,
            Key=to_attributes({"PK": keys.account_pk(account_id), "SK": sort_key}),
            UpdateExpression="SET withdrawn_at = :now",
            ConditionExpression="attribute_exists(PK)",
            ExpressionAttributeValues=to_attributes({":now": format_instant(now)}),
        )
    return len(sort_keys)


def _key(account_id: str, token_hash: str) -> dict[str, str]:
    return {"PK": keys.account_pk(account_id), "SK": keys.link_sk(token_hash)}
