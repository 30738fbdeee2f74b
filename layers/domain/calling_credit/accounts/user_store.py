"""Creates and renames the users of an account, with the words by which they are found."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from calling_credit.accounts.freezing import read_item, unknown_account
from calling_credit.accounts.name_index import index_actions, name_items
from calling_credit.accounts.recorded_changes import user_change
from calling_credit.accounts.user import User, user_from_item
from calling_credit.budgets.budget import budget_attributes, budget_from_item
from calling_credit.changes.actor import Actor
from calling_credit.changes.change import change_action
from calling_credit.changes.sign_in import SignIn
from calling_credit.changes.sign_in_reader import read_item_signed_in
from calling_credit.dynamodb import index_keys, keys
from calling_credit.dynamodb.attributes import Item, to_attributes
from calling_credit.dynamodb.retries import retry_on_race
from calling_credit.dynamodb.transactions import transact
from calling_credit.instants import format_instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class UserStore:
    """The users in the table."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def name(self, account_id: str, user_id: str, sign_in: SignIn | None = None) -> str | None:
        """Read a user's name; None if the user is unknown. Refuse an ended sign-in: Forbidden `signed_out`."""
        key = (keys.account_pk(account_id), keys.user_sk(user_id))
        item = read_item_signed_in(self._client, self._table_name, key, sign_in)
        return None if item is None else str(item["name"])

    def user(self, account_id: str, user_id: str) -> User | None:
        """Read a user; None if there is none."""
        item = read_item(self._client, self._table_name, account_id, keys.user_sk(user_id))
        return None if item is None else user_from_item(item)

    def store(self, account_id: str, user: User, actor: Actor, now: datetime, sign_in: SignIn | None = None) -> bool:
        """Create or rename a user, and record who did. Return whether the user is new.

        Raises:
            NotFound: `unknown_account`. Forbidden: `signed_out`.
            Unavailable: `busy`, or the table did not answer in time.
        """
        owner = index_keys.of_user(user.user_id)

        def attempt() -> bool | None:
            key = (keys.account_pk(account_id), keys.user_sk(user.user_id))
            item = read_item_signed_in(self._client, self._table_name, key, sign_in)
            before = None if item is None else str(item["name"])
            former, named = (name_items(account_id, owner, name) for name in (before, user.name))
            actions = [self._account_exists(account_id), self._put(account_id, user, item, now)]
            change = user_change(user, before, _changes(item))
            if change is not None:
                actions.append(change_action(self._table_name, account_id, change, actor, now))
            failed = transact(self._client, [*actions, *index_actions(self._table_name, former, named)])
            if 0 in failed:
                raise unknown_account()
            return None if failed else before is None

        return retry_on_race("The user is", attempt)

    def _put(self, account_id: str, user: User, before: dict[str, Any] | None, now: datetime) -> dict[str, Any]:
        """The action that stores a user whose name is still as it was read."""
        item: Item = {
            "PK": keys.account_pk(account_id),
            "SK": keys.user_sk(user.user_id),
            "name": user.name,
            "changed_at": format_instant(now),
            "changes": _changes(before) + (before is None or before["name"] != user.name),
            **budget_attributes(None if before is None else budget_from_item(before)),
        }
        put: dict[str, Any] = {"TableName": self._table_name, "Item": to_attributes(item)}
        if before is None:
            return {"Put": put | {"ConditionExpression": "attribute_not_exists(PK)"}}
        condition = {
            "ConditionExpression": "#name = :read AND "
            + ("changes = :changes" if "changes" in before else "attribute_not_exists(changes)"),
            "ExpressionAttributeNames": {"#name": "name"},
            "ExpressionAttributeValues": to_attributes({":read": before["name"], ":changes": before.get("changes")}),
        }
        return {"Put": put | condition}

    def _account_exists(self, account_id: str) -> dict[str, Any]:
        return {
            "ConditionCheck": {
                "TableName": self._table_name,
                "Key": {"PK": {"S": keys.account_pk(account_id)}, "SK": {"S": keys.account_sk()}},
                "ConditionExpression": "attribute_exists(PK)",
            }
        }


def _changes(item: dict[str, Any] | None) -> int:
    """The number of changes of a user recorded so far."""
    return 0 if item is None else int(item.get("changes", 0))
