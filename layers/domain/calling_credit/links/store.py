"""Stores issued links by the hash of their token. An unstored link does nothing, even if signed."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from calling_credit.accounts.freeze_times import last_unfreezing
from calling_credit.accounts.freezing import read_item
from calling_credit.changes.actions import ChangeAction
from calling_credit.changes.actor import Actor
from calling_credit.changes.change import Change, change_action
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.dynamodb.errors import AWS_ERRORS, is_condition_failed, translate_error
from calling_credit.dynamodb.pages import query_pages
from calling_credit.dynamodb.retries import retry_on_race
from calling_credit.dynamodb.transactions import transact, update
from calling_credit.instants import format_instant
from calling_credit.links.link import NEVER_UNFROZEN, Link, LinkPurpose

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


LINKS_AT_ONCE: Final = 90
"""The links of one transaction, which has at most 100 actions."""


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


def withdraw_links(client: "DynamoDBClient", table_name: str, account_id: str, actor: Actor, now: datetime) -> int:
    """Revoke every link of an account, record who did, and return how many there were. DynamoDB removes them after
    their expiry.

    Raises:
        Unavailable: `busy`, or the table did not answer in time; the same call is safe again.
    """
    links = _active_links(client, table_name, account_id)

    def attempt() -> bool | None:
        left = _active_links(client, table_name, account_id)
        for start in range(0, len(left), LINKS_AT_ONCE):
            part = left[start : start + LINKS_AT_ONCE]
            change_id = f"links-{keys.id_of(part[0])[:12]}"
            change = Change(ChangeAction.LINKS_WITHDRAWN, "links", change_id, new={"links": len(part)})
            actions = [_withdraw_action(table_name, account_id, sort_key, now) for sort_key in part]
            if transact(client, [*actions, change_action(table_name, account_id, change, actor, now)]):
                return None
        return True

    if links:
        retry_on_race("The links are", attempt)
    return len(links)


def _active_links(client: "DynamoDBClient", table_name: str, account_id: str) -> list[str]:
    """The sort keys of the links that are not withdrawn."""
    low, high = keys.link_sk(""), keys.link_sk(keys.AFTER)
    query = {
        "KeyConditionExpression": "PK = :pk AND SK BETWEEN :low AND :high",
        "FilterExpression": "attribute_not_exists(withdrawn_at)",
        "ExpressionAttributeValues": to_attributes({":pk": keys.account_pk(account_id), ":low": low, ":high": high}),
        "ConsistentRead": True,
    }
    return [item["SK"]["S"] for item in query_pages(client, table_name, query)]


def _withdraw_action(table_name: str, account_id: str, sort_key: str, now: datetime) -> dict[str, Any]:
    return update(
        table_name,
        to_attributes({"PK": keys.account_pk(account_id), "SK": sort_key}),
        "SET withdrawn_at = :now",
        "attribute_exists(PK) AND attribute_not_exists(withdrawn_at)",
        to_attributes({":now": format_instant(now)}),
    )


def _key(account_id: str, token_hash: str) -> dict[str, str]:
    return {"PK": keys.account_pk(account_id), "SK": keys.link_sk(token_hash)}
