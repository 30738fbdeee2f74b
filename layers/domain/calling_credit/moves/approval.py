"""A move that waits for a second person: waiting -> approved | rejected, or expired after a day. Reads no table.

A member of the staff whose day goes above the limit asks; another member of the finance group decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from calling_credit.changes.actor import Actor, ActorKind
from calling_credit.dynamodb import move_keys, sweep_keys
from calling_credit.dynamodb.attributes import from_attributes, to_attributes
from calling_credit.dynamodb.unreadable import decoder
from calling_credit.errors import Conflict, Forbidden, NotFound, ProblemCode
from calling_credit.instants import format_instant
from calling_credit.money import format_money
from calling_credit.moves.move import Move, MoveKind, move_from_fields

APPROVAL_KIND: Final = "approval"
LIFETIME: Final = timedelta(days=1)
"""How long a request may be approved."""
RETENTION: Final = timedelta(days=90)
"""How long a request is listed. The recorded changes of the account remain."""


class ApprovalStatus(StrEnum):
    """The state of a request that needs a second person."""

    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Approval:
    """A move, the credit that it gives, who asked for it, and who decided."""

    move: Move
    amount_micros: int
    actor: Actor
    created_at: str
    ends_at: str
    status: ApprovalStatus = ApprovalStatus.WAITING
    decided_by: str | None = None
    decided_name: str | None = None
    decided_at: str | None = None

    @property
    def approval_id(self) -> str:
        """The id: that of the move."""
        return self.move.move_id

    def is_of(self, actor: Actor) -> bool:
        """Whether this person asked: the same subject, or a second sign-in with the same e-mail address."""
        return self.actor.by == actor.by or (bool(actor.name) and self.actor.name.lower() == actor.name.lower())

    def status_at(self, now: datetime) -> ApprovalStatus:
        """The state at a time: a request that waits expires."""
        is_over = self.status is ApprovalStatus.WAITING and self.ends_at <= format_instant(now)
        return ApprovalStatus.EXPIRED if is_over else self.status


def new_approval(move: Move, amount_micros: int, actor: Actor, now: datetime) -> Approval:
    """A request that waits for a second person from now on."""
    return Approval(move, amount_micros, actor, format_instant(now), format_instant(now + LIFETIME))


def approval_item(approval: Approval) -> dict[str, Any]:
    """The item of a new approval in attribute values. The sweep index lists it by time."""
    move, created_at = approval.move, approval.created_at
    return to_attributes(
        {
            "PK": move_keys.approval_pk(approval.approval_id),
            "SK": move_keys.APPROVAL,
            "kind": str(move.kind),
            "account_id": move.account_id,
            "key": move.key,
            "request": move.fields,
            "amount_micros": approval.amount_micros,
            "status": str(approval.status),
            "by": approval.actor.by,
            "by_name": approval.actor.name or None,
            "from": approval.actor.address or None,
            "created_at": created_at,
            "ends_at": approval.ends_at,
            "expires_at": int((datetime.fromisoformat(created_at) + RETENTION).timestamp()),
            "sweep_pk": sweep_keys.sweep_pk(APPROVAL_KIND, move.account_id),
            "sweep_sk": f"{created_at}#{approval.approval_id}",
        }
    )


@decoder
def approval_from_item(attributes: Mapping[str, Any]) -> Approval:
    """The approval of an item."""
    item = from_attributes(attributes)
    kind, _, identifier = item["by"].partition(":")
    return Approval(
        move_from_fields(MoveKind(item["kind"]), item["account_id"], item["key"], item["request"]),
        item["amount_micros"],
        Actor(ActorKind(kind), identifier, item.get("from", ""), item.get("by_name", "")),
        item["created_at"],
        item["ends_at"],
        ApprovalStatus(item["status"]),
        item.get("decided_by"),
        item.get("decided_name"),
        item.get("decided_at"),
    )


def waiting_view(approval: Approval) -> dict[str, str]:
    """The answer to a request that waits."""
    return {"id": approval.approval_id, "status": ApprovalStatus.WAITING, "expires_at": approval.ends_at}


def approval_view(approval: Approval, now: datetime) -> dict[str, Any]:
    """A request in the form of the API: who asked for what, until when, and who decided."""
    decided = None
    if approval.decided_by is not None:
        decided = {"by": _person(approval.decided_by, approval.decided_name), "at": approval.decided_at}
    return {
        "id": approval.approval_id,
        "kind": str(approval.move.kind),
        "status": str(approval.status_at(now)),
        "account_id": approval.move.account_id or None,
        "amount": format_money(approval.amount_micros),
        "request": approval.move.view(),
        "by": _person(approval.actor.by, approval.actor.name),
        "created_at": approval.created_at,
        "expires_at": approval.ends_at,
        "decided": decided,
    }


def _person(by: str, name: str | None) -> dict[str, str | None]:
    return {"kind": by.partition(":")[0], "name": name or None}


def unknown_approval() -> NotFound:
    """The error of an unknown id."""
    return NotFound(ProblemCode.UNKNOWN_APPROVAL, "No request has this id; GET /operator/approvals lists them.")


def own_request() -> Forbidden:
    """The error of someone who decides on their own request."""
    return Forbidden(ProblemCode.OWN_REQUEST, "You asked for this yourself; ask another member of the finance group.")


def not_waiting(status: ApprovalStatus) -> Conflict:
    """The error of a request that can no longer be decided or repeated. One that still waits after its approval asked
    for a promotion code that exists by now.
    """
    if status is ApprovalStatus.WAITING:
        return Conflict(ProblemCode.PROMOTION_EXISTS, "Another request has created this code; reject this one.")
    if status is ApprovalStatus.EXPIRED:
        return Conflict(
            ProblemCode.APPROVAL_EXPIRED,
            "This request was not approved within a day; send it again with a new Idempotency-Key.",
        )
    return Conflict(
        ProblemCode.APPROVAL_DECIDED, f"This request was {status}; send a new one with a new Idempotency-Key."
    )
