"""Asks for a larger budget, and raises budgets until the month ends, once for each request.

The law: a raise adds its amounts to the limits and to the rest, closes the request, marks the link that it came by, and
records the change, all in one transaction. So of two raises of one request, one acts. The limit of the next month is
the monthly amount, because each month has counters of its own.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from calling_credit.accounts.budget_request_forms import request_facts
from calling_credit.accounts.budget_requests import (
    BudgetRequest,
    amounts_to_raise,
    request_attributes,
)
from calling_credit.accounts.budgets_of_line import BudgetsOfLine, read_budgets_of_line
from calling_credit.accounts.freezing import account_frozen, unless_frozen_action
from calling_credit.budgets.thresholds import limit_action
from calling_credit.changes.actions import ChangeAction
from calling_credit.changes.actor import Actor
from calling_credit.changes.change import Change, change_action
from calling_credit.changes.sign_in import SignIn
from calling_credit.dynamodb import budget_keys, keys
from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.dynamodb.retries import retry_on_race
from calling_credit.dynamodb.transactions import put, transact, update
from calling_credit.errors import Conflict, ProblemCode
from calling_credit.instants import format_instant
from calling_credit.money import format_money

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_REQUEST: Final = "The budget is"
"""The subject of the error after losing every race with concurrent changes."""


class BudgetRequestStore:
    """Requests for larger budgets in the table."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def ask(
        self, account_id: str, line_id: str, note: str | None, actor: Actor, now: datetime, sign_in: SignIn | None
    ) -> BudgetRequest:
        """Store a request, and record who made it. It replaces an open one of an earlier day.

        Raises:
            NotFound: `unknown_account`, `unknown_line`. Forbidden: `signed_out`, `account_frozen`.
            Conflict: `account_closed`, `already_asked`, `budget_not_reached`.
            Unavailable: `busy`, or the table did not answer in time.
        """

        def attempt() -> BudgetRequest | None:
            found = read_budgets_of_line(self._client, self._table_name, account_id, line_id, now, sign_in)
            amounts = amounts_to_raise(found.line, found.user, found.counters, found.month)
            if found.request is not None and (found.request.asked_at, found.request.by) == (
                format_instant(now),
                actor.by,
            ):
                return found.request  # After a lost answer, the first try had stored it.
            counters = found.counters
            request = BudgetRequest.asked(found.account, found.line, amounts, counters, found.request, actor, note, now)
            _require_askable(found, request, now)
            facts = request_facts(request, counters)
            change = Change(
                ChangeAction.BUDGET_INCREASE_REQUESTED, f"line:{line_id}", f"asked-{request.request_id}", None, facts
            )
            actions = [
                unless_frozen_action(self._table_name, account_id),
                self._put(account_id, request, found.request),
                change_action(self._table_name, account_id, change, actor, now),
            ]
            failed = transact(self._client, actions)
            if 0 in failed:
                raise account_frozen()
            return None if failed else request

        return retry_on_race(_REQUEST, attempt)

    def raise_budgets(
        self,
        account_id: str,
        line_id: str,
        number: int | None,
        actor: Actor,
        now: datetime,
        sign_in: SignIn | None = None,
        also: Sequence[dict[str, Any]] = (),
    ) -> bool:
        """Raise what the month's open request names, until the month ends. Return whether this call raised it.

        Args:
            number: the request; None: the month's latest.
            also: further actions of the transaction. If a condition of theirs fails, everything is read again.

        Raises:
            NotFound: `unknown_account`, `unknown_line`. Forbidden: `signed_out`, `account_frozen`.
            Unavailable: `busy`, or the table did not answer in time; the same call is safe again.
        """

        def attempt() -> bool | None:
            found = read_budgets_of_line(self._client, self._table_name, account_id, line_id, now, sign_in)
            if not found.can_raise(number, now):
                # After a lost answer, the first try may have closed it.
                return found.request is not None and found.request.closed_at == format_instant(now)
            actions = [unless_frozen_action(self._table_name, account_id), *self._raise(found, actor, now), *also]
            failed = transact(self._client, actions)
            if 0 in failed:
                raise account_frozen()
            return None if failed else True

        return retry_on_race(_REQUEST, attempt)

    def _raise(self, found: BudgetsOfLine, actor: Actor, now: datetime) -> list[dict[str, Any]]:
        """The actions that raise the limits, close the request, and record the change."""
        request, account_id = found.request, found.account.account_id
        assert request is not None
        increases = request.remaining(found.counters)
        limits = {one.of: found.counters[one.counter].limit_micros or 0 for one in increases}
        raised = {one.of: limits[one.of] + one.amount_micros for one in increases}
        change = Change(
            ChangeAction.BUDGET_RAISED,
            f"line:{request.line_id}",
            f"raised-{request.request_id}",
            {of: format_money(limit) for of, limit in limits.items()},
            {of: format_money(limit) for of, limit in raised.items()} | {"month": request.month},
        )
        others = [f"{one.of}_micros" for one in request.increases() if one not in increases]
        close = update(
            self._table_name,
            self._key(account_id, request),
            "SET closed_at = :now" + (f" REMOVE {', '.join(others)}" if others else ""),
            "number_in_month = :number AND attribute_not_exists(closed_at)",
            to_attributes({":now": format_instant(now), ":number": request.number}),
        )
        raises = [limit_action(self._table_name, found.counters[one.counter], one.amount_micros) for one in increases]
        return [close, *raises, change_action(self._table_name, account_id, change, actor, now)]

    def _put(self, account_id: str, request: BudgetRequest, before: BudgetRequest | None) -> dict[str, Any]:
        """The action that stores a request in place of the one that was read."""
        action = put(self._table_name, to_attributes(request_attributes(account_id, request)))
        if before is not None:
            action["Put"] |= {
                "ConditionExpression": "number_in_month = :read AND attribute_"
                + ("not_exists(closed_at)" if before.closed_at is None else "exists(closed_at)"),
                "ExpressionAttributeValues": to_attributes({":read": before.number}),
            }
        return action

    def _key(self, account_id: str, request: BudgetRequest) -> dict[str, Any]:
        names = {"PK": keys.account_pk(account_id)}
        return to_attributes(names | {"SK": budget_keys.budget_request_sk(request.line_id, request.month)})


def _require_askable(found: BudgetsOfLine, request: BudgetRequest, now: datetime) -> None:
    """Refuse a request that adds nothing, or that was made today."""
    last = found.request
    if found.account.is_closed:
        raise Conflict(
            ProblemCode.ACCOUNT_CLOSED, "This account is closed; its lines make no calls. Contact your provider."
        )
    if found.account.is_frozen:
        raise account_frozen()
    is_open = last is not None and last.is_open(format_instant(now)) and bool(last.remaining(found.counters))
    if last is not None and is_open and last.asked_on == request.asked_on:
        raise Conflict(
            ProblemCode.ALREADY_ASKED,
            "A higher budget was requested for this line today. Wait for a billing admin's answer.",
        )
    if not any(True for _ in request.increases()):
        raise Conflict(
            ProblemCode.BUDGET_NOT_REACHED,
            "Neither the line nor its user has a budget that refused a call, or is used or held to 80 percent. "
            "Ask again then.",
        )


def nothing_to_raise() -> Conflict:
    """Return the error of a raise without an open request."""
    return Conflict(
        ProblemCode.NO_OPEN_REQUEST,
        "This line has no open request for a higher budget, or its budgets have changed since. Set the budget instead.",
    )
