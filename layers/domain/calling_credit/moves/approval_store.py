"""Stores approvals, and lists them.

The law: a request is approved in the transaction that posts its move, so it is approved exactly when it is posted.
"""

from collections.abc import Mapping
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from calling_credit.accounts.freezing import account_key
from calling_credit.changes.actions import ChangeAction
from calling_credit.changes.actor import Actor
from calling_credit.changes.change import Change, change_item
from calling_credit.dynamodb import move_keys, sweep_keys
from calling_credit.dynamodb.attributes import to_attribute
from calling_credit.dynamodb.pages import query_pages
from calling_credit.dynamodb.transactions import put, transact, update
from calling_credit.dynamodb.unreadable import OnUnreadable, ignore_unreadable, readable
from calling_credit.errors import Conflict, ProblemCode
from calling_credit.instants import format_instant
from calling_credit.ledger.allowances import allowance_of, count_action
from calling_credit.ledger.permits import PERMIT, Permit
from calling_credit.ledger.posting_plan import ActionName
from calling_credit.money import format_money
from calling_credit.moves.approval import (
    APPROVAL_KIND,
    Approval,
    ApprovalStatus,
    approval_from_item,
    approval_item,
)
from calling_credit.moves.move import MoveKind

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


CHECKED_OTHERWISE: Final = frozenset({MoveKind.TRANSFER, MoveKind.PROMOTION})
"""A transfer checks both of its accounts itself, and a promotion is of no account."""


class ApprovalStore:
    """The approvals in the table."""

    def __init__(
        self, client: "DynamoDBClient", table_name: str, on_unreadable: OnUnreadable = ignore_unreadable
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._on_unreadable = on_unreadable

    def read(self, approval_id: str) -> Approval | None:
        """Read an approval; None if there is none with this id."""
        key = move_keys.approval_key(approval_id)
        item = self._client.get_item(TableName=self._table_name, Key=key, ConsistentRead=True).get("Item")
        return approval_from_item(item) if item else None

    def create(self, approval: Approval, now: datetime) -> Approval:
        """Store a request that waits. Return the stored one if it exists already."""
        change = _change(approval, ChangeAction.APPROVAL_REQUESTED)
        actions = [
            put(self._table_name, approval_item(approval)),
            self._record(approval, change, approval.actor, now),
        ]
        if not transact(self._client, actions):
            return approval
        return self.read(approval.approval_id) or approval

    def reject(self, approval: Approval, by: Actor, now: datetime) -> bool:
        """Reject a request that waits. Return whether this call did."""
        change = _change(approval, ChangeAction.APPROVAL_REJECTED)
        actions = [
            self._decide_action(approval, ApprovalStatus.REJECTED, by, now),
            self._record(approval, change, by, now),
        ]
        return not transact(self._client, actions)

    def permit(self, approval: Approval, by: Actor, limit_micros: int, now: datetime) -> Permit:
        """The permit by which a move that was approved is posted: it approves the request, counts the amount in the
        day of the person who asked, and requires that the account is still open.
        """

        def actions(amount_micros: int) -> Mapping[ActionName, Any]:
            if amount_micros > approval.amount_micros:
                raise Conflict(
                    ProblemCode.CHANGED_MEANWHILE,
                    "The call was charged again since, so more credit would move than was asked for. Reject this "
                    "request, and send a new one.",
                )
            account_id = approval.move.account_id
            change = _change(approval, ChangeAction.APPROVAL_APPROVED)
            counted = allowance_of(approval.actor, limit_micros, now)
            actions: dict[ActionName, Any] = {
                PERMIT: self._decide_action(approval, ApprovalStatus.APPROVED, by, now),
                ("approval_change",): self._record(approval, change, by, now),
                ("allowance", counted.holder_pk, counted.day): count_action(self._table_name, counted, amount_micros),
            }
            if approval.move.kind not in CHECKED_OTHERWISE:
                actions["account", account_id] = self._open_action(account_id)
            return actions

        return actions

    def newest(self, limit: int) -> list[Approval]:
        """The latest requests, newest first."""
        found = [self._newest_of(partition, limit) for partition in sweep_keys.sweep_partitions(APPROVAL_KIND)]
        newest = merge(*found, key=lambda one: (one.created_at, one.approval_id), reverse=True)
        return list(islice(newest, limit))

    def _newest_of(self, partition: str, limit: int) -> list[Approval]:
        query: dict[str, Any] = {
            "IndexName": sweep_keys.SWEEP_INDEX,
            "KeyConditionExpression": "sweep_pk = :kind",
            "ExpressionAttributeValues": {":kind": {"S": partition}},
            "ScanIndexForward": False,
            "Limit": limit,
        }
        items = islice(query_pages(self._client, self._table_name, query), limit)
        return list(readable(items, approval_from_item, self._on_unreadable))

    def _record(self, approval: Approval, change: Change, actor: Actor, now: datetime) -> dict[str, Any]:
        """The action that records a change where the move belongs."""
        recorded = change_item(approval.move.account_id, change, actor, now)
        return put(self._table_name, recorded | {"PK": {"S": approval.move.partition}})

    def _decide_action(self, approval: Approval, status: ApprovalStatus, by: Actor, now: datetime) -> dict[str, Any]:
        values = {
            ":status": to_attribute(status),
            ":waiting": to_attribute(ApprovalStatus.WAITING),
            ":by": to_attribute(by.by),
            ":name": to_attribute(by.name),
            ":at": to_attribute(format_instant(now)),
        }
        return update(
            self._table_name,
            move_keys.approval_key(approval.approval_id),
            "SET #status = :status, decided_by = :by, decided_name = :name, decided_at = :at",
            "#status = :waiting AND ends_at > :at",
            values,
            {"#status": "status"},
        )

    def _open_action(self, account_id: str) -> dict[str, Any]:
        return {
            "ConditionCheck": {
                "TableName": self._table_name,
                "Key": account_key(account_id),
                "ConditionExpression": "#status = :open",
                "ExpressionAttributeNames": {"#status": "status"},
                "ExpressionAttributeValues": {":open": to_attribute("open")},
            }
        }


def _change(approval: Approval, action: ChangeAction) -> Change:
    new = {
        "kind": str(approval.move.kind),
        "amount": format_money(approval.amount_micros),
        "reason": approval.move.reason,
    }
    return Change(action, f"approval:{approval.approval_id}", f"{approval.approval_id}.{action}", new=new)
