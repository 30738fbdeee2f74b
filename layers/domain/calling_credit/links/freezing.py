"""Freezes an account by a link, once. The freeze and the mark on the link commit together, so that of two presses one
acts, and a link that froze nothing is not spent.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from calling_credit.accounts.freezing import ACCOUNT, account_key, freeze_actions, read_item
from calling_credit.changes.actor import Actor, ActorKind
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.dynamodb.errors import AWS_ERRORS, translate_error
from calling_credit.dynamodb.retries import retry_on_race
from calling_credit.dynamodb.transactions import transact, update
from calling_credit.instants import format_instant
from calling_credit.links.link import FreezeLink, FreezeLinkState, Link, freeze_link_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def read_freeze_link(client: "DynamoDBClient", table_name: str, link: Link, token_hash: str) -> FreezeLink:
    """Read the state of a freeze link.

    Raises:
        Unavailable: the table did not answer in time.
    """
    account, stored = _read(client, table_name, link, token_hash)
    return freeze_link_of(account, stored, token_hash)


def freeze_by_link(
    client: "DynamoDBClient", table_name: str, link: Link, token_hash: str, now: datetime, address: str
) -> FreezeLink:
    """Freeze the link's account if the link may act. Return its state afterwards: `frozen` if it acted, now or before.
    `address` is the IP address of the request.

    Raises:
        Unavailable: the table did not answer in time; the same call is safe again.
    """

    def attempt() -> FreezeLink | None:
        account, stored = _read(client, table_name, link, token_hash)
        before = freeze_link_of(account, stored, token_hash)
        if before.state is not FreezeLinkState.ACTIVE:
            return before
        actor = Actor(ActorKind.LINK, token_hash, address)
        actions = _actions(client, table_name, link, account, actor, now)
        return None if transact(client, actions) else FreezeLink(FreezeLinkState.FROZEN, is_frozen=True)

    return retry_on_race(ACCOUNT, attempt)


def _actions(
    client: "DynamoDBClient",
    table_name: str,
    link: Link,
    account: Mapping[str, Any],
    actor: Actor,
    now: datetime,
) -> list[dict[str, Any]]:
    """The freeze, on the condition that the account was not unfrozen since it was read, and the mark on the link."""
    has_rule = read_item(client, table_name, link.account_id, keys.auto_recharge_sk()) is not None
    actions = freeze_actions(table_name, account, actor, now, has_rule=has_rule, link=actor.id)
    after, freeze = account.get("freeze_links_after"), actions[0]["Update"]
    freeze["ConditionExpression"] += (
        " AND attribute_not_exists(freeze_links_after)" if after is None else " AND freeze_links_after = :after"
    )
    freeze["ExpressionAttributeValues"] |= to_attributes({":after": after})
    mark = update(
        table_name,
        account_key(link.account_id) | {"SK": {"S": keys.link_sk(actor.id)}},
        "SET used_at = :now, used_from = :from",
        "attribute_exists(PK) AND attribute_not_exists(used_at) AND attribute_not_exists(withdrawn_at)",
        to_attributes({":now": format_instant(now), ":from": actor.address}),
    )
    return [*actions, mark]


def _read(
    client: "DynamoDBClient", table_name: str, link: Link, token_hash: str
) -> tuple[Mapping[str, Any], Mapping[str, Any] | None]:
    """The account's item ({} if there is none) and the link's."""
    try:
        stored = read_item(client, table_name, link.account_id, keys.link_sk(token_hash))
        return read_item(client, table_name, link.account_id, keys.account_sk()) or {}, stored
    except AWS_ERRORS as error:
        raise translate_error(error) from error
