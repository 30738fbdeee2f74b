"""Stores the backup card of an account, with the record of each change, in the account's own item."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from calling_credit.accounts.account import account_from_item
from calling_credit.accounts.freezing import account_frozen
from calling_credit.changes.actions import ChangeAction
from calling_credit.changes.actor import Actor
from calling_credit.changes.change import Change, change_action
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import from_attributes, to_attributes
from calling_credit.dynamodb.retries import retry_on_race
from calling_credit.dynamodb.transactions import transact, update
from calling_credit.errors import NotFound, ProblemCode
from calling_credit.recharge.backup import BACKUP, backup_from_item, backup_to_item
from calling_credit.recharge.rule_changes import card_facts
from calling_credit.topups.topup import Card

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BACKUP_CARD: Final = "The account's backup card is"
"""The subject of the error after losing every race with concurrent changes."""


class BackupStore:
    """The backup cards in the table. One of two concurrent changes reads again, so each is recorded."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def choose(self, account_id: str, card: Card, actor: Actor, now: datetime) -> bool:
        """Make a card the backup card. Return whether this call changed anything.

        Raises:
            NotFound: `unknown_account`. Forbidden: `account_frozen`. Unavailable: `busy`, or the table did not answer.
        """
        return self._change(account_id, lambda _: card, actor, now, loosens=True)

    def clear(
        self,
        account_id: str,
        payment_method_ids: Collection[str],
        actor: Actor,
        now: datetime,
        *,
        fingerprint: str | None = None,
    ) -> bool:
        """End the use of these payment methods, or of this number, as the backup card. Return whether this call changed
        anything.

        Raises:
            NotFound: `unknown_account`. Unavailable: `busy`, or the table did not answer.
        """

        def is_meant(backup: Card) -> bool:
            return backup.payment_method_id in payment_method_ids or backup.fingerprint == fingerprint

        return self._change(
            account_id, lambda backup: None if backup is None or is_meant(backup) else backup, actor, now
        )

    def lose(self, account_id: str, actor: Actor, now: datetime) -> bool:
        """The account's customer is lost at Stripe, and its backup card, if any, with it. Return whether this call
        changed anything.

        Raises:
            NotFound: `unknown_account`. Unavailable: `busy`, or the table did not answer.
        """
        return self._change(account_id, lambda _: None, actor, now)

    def refresh(self, account_id: str, card: Card, actor: Actor, now: datetime) -> bool:
        """Store what the bank has renewed of the backup card, or its newer payment method, if it is this card.

        Raises:
            NotFound: `unknown_account`. Unavailable: `busy`, or the table did not answer.
        """

        def renewed(backup: Card | None) -> Card | None:
            is_same = backup is not None and card.fingerprint == backup.fingerprint
            return card if is_same or (backup and backup.payment_method_id == card.payment_method_id) else backup

        return self._change(account_id, renewed, actor, now)

    def _change(
        self,
        account_id: str,
        change: Callable[[Card | None], Card | None],
        actor: Actor,
        now: datetime,
        *,
        loosens: bool = False,
    ) -> bool:
        def attempt() -> bool | None:
            item = self._read(account_id)
            before = backup_from_item(item)
            after = change(before)
            if after == before:
                return False
            if loosens and account_from_item(item).is_frozen:
                raise account_frozen()
            return None if transact(self._client, self._actions(account_id, item, after, actor, now)) else True

        return retry_on_race(BACKUP_CARD, attempt)

    def _read(self, account_id: str) -> dict[str, Any]:
        answer = self._client.get_item(TableName=self._table_name, Key=_key(account_id), ConsistentRead=True)
        if "Item" not in answer:
            raise NotFound(ProblemCode.UNKNOWN_ACCOUNT, "This account does not exist; the operator creates accounts.")
        return from_attributes(answer["Item"])

    def _actions(
        self, account_id: str, item: dict[str, Any], after: Card | None, actor: Actor, now: datetime
    ) -> list[dict[str, Any]]:
        """The change and its record. A freeze since the read also ends the attempt, which reads again then."""
        version = int(item.get("backup_version", 0))
        values: dict[str, Any] = {":next": version + 1} | ({":seen": version} if version else {})
        expression = "SET backup_version = :next"
        if after is None:
            expression += f" REMOVE {BACKUP}"
        else:
            expression += f", {BACKUP} = :card"
            values[":card"] = backup_to_item(after)
        condition = "backup_version = :seen"
        if not version:
            condition = "attribute_exists(PK) AND attribute_not_exists(backup_version)"
        if "frozen_at" not in item:
            condition += " AND attribute_not_exists(frozen_at)"
        change_id = f"backup-{version + 1:06d}"
        old, new = ({BACKUP: _facts(card)} for card in (backup_from_item(item), after))
        recorded = Change(ChangeAction.BACKUP_CARD_CHANGED, BACKUP, change_id, old, new)
        return [
            update(self._table_name, _key(account_id), expression, condition, to_attributes(values)),
            change_action(self._table_name, account_id, recorded, actor, now),
        ]


def _facts(card: Card | None) -> dict[str, str] | None:
    return None if card is None else card_facts(card.payment_method_id, card.brand, card.last4)


def _key(account_id: str) -> dict[str, Any]:
    return {"PK": {"S": keys.account_pk(account_id)}, "SK": {"S": keys.account_sk()}}
