"""Moves credit for members of the staff and clients, within the limit of their day.

A repeated request is answered first: limits judge only new ones. A member of the staff moves up to `approval_micros` a
day alone; above it the request waits for another member of the finance group. A client moves up to `maximum_micros` a
day; above it the request is refused. Days are those of UTC.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from calling_credit.accounts.reader import AccountReader
from calling_credit.api.caller import Operator
from calling_credit.changes.actor import Actor
from calling_credit.dynamodb.unreadable import OnUnreadable, ignore_unreadable
from calling_credit.errors import Conflict, Forbidden, ProblemCode, TooManyRequests
from calling_credit.ledger.allowances import allowance_of, take_action
from calling_credit.ledger.claims import check_same
from calling_credit.ledger.permits import PERMIT, NotPermitted, Permit
from calling_credit.ledger.posting_plan import ActionName
from calling_credit.money import format_money
from calling_credit.moves.approval import (
    Approval,
    ApprovalStatus,
    approval_view,
    new_approval,
    not_waiting,
    own_request,
    unknown_approval,
    waiting_view,
)
from calling_credit.moves.approval_store import ApprovalStore
from calling_credit.moves.move import Move, MoveKind

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Poster(Protocol):
    """Posts one kind of move."""

    def posted(self, move: Move) -> dict[str, Any] | None:
        """The answer to a request that was posted before; None if it was not.

        Raises:
            Conflict: `idempotency_key_reused`.
        """

    def post(self, move: Move, actor: Actor, permit: Permit) -> dict[str, Any]:
        """Post a move, unless it was posted before. Return the answer.

        Raises:
            NotPermitted: the permit does not hold. CallingCreditError: the move is not possible.
        """


@dataclass(frozen=True, slots=True)
class Limits:
    """What a member of the staff moves alone, and what a client moves at most, on one day, in micro-dollars."""

    approval_micros: int
    maximum_micros: int


@dataclass(frozen=True, slots=True)
class MoveAnswer:
    """The HTTP status and the body of an answer: 201 for a posted move, 202 for one that waits."""

    status: int
    body: dict[str, Any]


class MoveDesk:
    """Submits moves, and decides those that wait. `on_limited` is called when a client's day is used up."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table_name: str,
        posters: Mapping[MoveKind, Poster],
        limits: Limits,
        now: datetime,
        on_limited: Callable[[], None] = lambda: None,
        on_unreadable: OnUnreadable = ignore_unreadable,
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._posters = posters
        self._limits = limits
        self._now = now
        self._on_limited = on_limited
        self._approvals = ApprovalStore(client, table_name, on_unreadable)

    def submit(self, move: Move, operator: Operator) -> MoveAnswer:
        """Post a move, or let it wait for a second person.

        Raises:
            TooManyRequests: `daily_adjustments`, the day of a client is used up.
            Conflict: `approval_decided`, `approval_expired`, the same request was rejected or not approved in time;
                `idempotency_key_reused`.
            CallingCreditError: the move is not possible.
            Unavailable: the table did not answer in time; the same request is safe again.
        """
        poster = self._posters[move.kind]
        posted = poster.posted(move)
        if posted is not None:
            return MoveAnswer(201, posted)
        approval = self._approvals.read(move.move_id)
        if approval is not None:
            return self._repeated(approval, move)
        try:
            return MoveAnswer(201, poster.post(move, operator.actor, self._permit(operator)))
        except NotPermitted as refused:
            if not operator.is_staff:
                self._on_limited()
                raise self._daily_adjustments() from refused
            new = new_approval(move, refused.amount_micros, operator.actor, self._now)
        return self._repeated(self._approvals.create(new, self._now), move)

    def approve(self, approval_id: str, operator: Operator) -> dict[str, Any]:
        """Approve a request, which posts its move under its own id. A repeated approval answers the same.

        Raises:
            NotFound: `unknown_approval`. Forbidden: `own_request`, `staff_required`.
            Conflict: `approval_decided`, `approval_expired`, `account_closed`, or the move is not possible any longer.
        """
        approval = self._to_decide(approval_id, operator)
        poster = self._posters[approval.move.kind]
        if approval.status_at(self._now) is ApprovalStatus.WAITING:
            self._check_open(approval)
            permit = self._approvals.permit(approval, operator.actor, self._limits.approval_micros, self._now)
            with suppress(NotPermitted):  # Someone else has decided meanwhile.
                poster.post(approval.move, approval.actor, permit)
            approval = self._approvals.read(approval_id) or approval
        if approval.status is not ApprovalStatus.APPROVED:
            raise not_waiting(approval.status_at(self._now))
        return approval_view(approval, self._now) | {"result": poster.posted(approval.move)}

    def reject(self, approval_id: str, operator: Operator) -> dict[str, Any]:
        """Reject a request. A repeated rejection answers the same.

        Raises:
            NotFound: `unknown_approval`. Forbidden: `own_request`, `staff_required`.
            Conflict: `approval_decided` (it was approved), `approval_expired`.
        """
        approval = self._to_decide(approval_id, operator)
        if approval.status_at(self._now) is ApprovalStatus.WAITING:
            self._approvals.reject(approval, operator.actor, self._now)
            approval = self._approvals.read(approval_id) or approval
        if approval.status is not ApprovalStatus.REJECTED:
            raise not_waiting(approval.status_at(self._now))
        return approval_view(approval, self._now)

    def approvals(self, limit: int) -> list[dict[str, Any]]:
        """The latest requests that needed a second person, newest first."""
        return [approval_view(approval, self._now) for approval in self._approvals.newest(limit)]

    def _permit(self, operator: Operator) -> Permit:
        limit = self._limits.approval_micros if operator.is_staff else self._limits.maximum_micros
        allowance = allowance_of(operator.actor, limit, self._now)

        def actions(amount_micros: int) -> Mapping[ActionName, Any]:
            return {PERMIT: take_action(self._table_name, allowance, amount_micros)} if amount_micros else {}

        return actions

    def _repeated(self, approval: Approval, move: Move) -> MoveAnswer:
        """Answer a request whose approval is stored."""
        check_same(approval.move.fields, move.fields)
        check_same(move.fields, approval.move.fields)
        status = approval.status_at(self._now)
        if status is ApprovalStatus.WAITING:
            return MoveAnswer(202, waiting_view(approval))
        posted = self._posters[move.kind].posted(move) if status is ApprovalStatus.APPROVED else None
        if posted is None:
            raise not_waiting(status)
        return MoveAnswer(201, posted)

    def _to_decide(self, approval_id: str, operator: Operator) -> Approval:
        approval = self._approvals.read(approval_id)
        if approval is None:
            raise unknown_approval()
        if not operator.is_staff:
            raise Forbidden(ProblemCode.STAFF_REQUIRED, "Only a person of the finance group may decide on a request.")
        if approval.is_of(operator.actor):
            raise own_request()
        return approval

    def _check_open(self, approval: Approval) -> None:
        if approval.move.kind is MoveKind.PROMOTION:
            return
        account = AccountReader(self._client, self._table_name, approval.move.account_id).account()
        if account.is_closed:
            raise Conflict(ProblemCode.ACCOUNT_CLOSED, "The account was closed since; reject this request.")

    def _daily_adjustments(self) -> TooManyRequests:
        day = self._now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        seconds = int((day + timedelta(days=1) - self._now).total_seconds()) + 1
        limit = format_money(self._limits.maximum_micros)
        return TooManyRequests(
            ProblemCode.DAILY_ADJUSTMENTS,
            f"This client may give at most {limit} of credit a day (UTC). Send it tomorrow, or let a member of the "
            "finance group do it at the desk.",
            seconds,
        )
