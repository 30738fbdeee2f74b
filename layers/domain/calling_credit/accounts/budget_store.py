"""Sets and ends budgets of lines and users, and records each change in its transaction."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from calling_credit.accounts.budget_requests import BudgetOf
from calling_credit.accounts.budget_settings import line_budget_actions, user_budget_actions
from calling_credit.accounts.freezing import account_frozen, unknown_account, unless_frozen_action
from calling_credit.accounts.line_items import line_from_item
from calling_credit.accounts.loosening import budget_loosens
from calling_credit.accounts.user import user_from_item
from calling_credit.budgets.budget import Budget, BudgetAt, budget_facts, change_budget
from calling_credit.budgets.counters import read_spend_counters
from calling_credit.budgets.view import budget_view
from calling_credit.changes.actions import ChangeAction
from calling_credit.changes.actor import Actor
from calling_credit.changes.change import Change, change_action, difference
from calling_credit.changes.sign_in import SignIn
from calling_credit.changes.sign_in_reader import read_signed_in
from calling_credit.dynamodb import keys, spend_keys
from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.dynamodb.retries import retry_on_race
from calling_credit.dynamodb.transactions import transact
from calling_credit.errors import NotFound, ProblemCode
from calling_credit.instants import local_month

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class BudgetStore:
    """The budgets of one account's lines and users. `sign_in` is that of the person who changes them."""

    def __init__(
        self, client: "DynamoDBClient", table_name: str, account_id: str, actor: Actor, sign_in: SignIn | None
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._account_id = account_id
        self._actor = actor
        self._sign_in = sign_in

    def store(
        self, of: BudgetOf, owner_id: str, monthly_micros: int | None, at: BudgetAt, now: datetime
    ) -> dict[str, Any] | None:
        """Set a budget, or end it (None). Return its view as it is now; None without a budget. A budget that is as
        asked already is not written.

        Raises:
            NotFound: `unknown_account`, `unknown_line`, `no_such_user`.
            Forbidden: `signed_out`; `account_frozen`, if the change allows more than before.
            Unavailable: `busy`, or the table did not answer in time.
        """

        def attempt() -> tuple[Budget | None, str] | None:
            account, item = self._read(of, owner_id)
            before = _budget(of, item)
            after = change_budget(before, monthly_micros, at, now, account["time_zone"])
            if after is None or after == before:
                return after, account["time_zone"]
            actions = [*self._actions(of, account, item, after, now), self._record(of, owner_id, item, after, now)]
            loosens = budget_loosens(before, after)
            if loosens:
                actions.append(unless_frozen_action(self._table_name, self._account_id))
            failed = transact(self._client, actions)
            if loosens and len(actions) - 1 in failed:
                raise account_frozen()
            return None if failed else (after, account["time_zone"])

        budget, time_zone = retry_on_race("The budget is", attempt)
        month = local_month(now, time_zone)
        name = spend_keys.line_sk(month, owner_id) if of is BudgetOf.LINE else spend_keys.user_sk(month, owner_id)
        key = (self._account_id, name)
        return budget_view(budget, read_spend_counters(self._client, self._table_name, [key]).get(key), month)

    def _read(self, of: BudgetOf, owner_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """The items of the account and of the line or user, as plain values."""
        sort_key = keys.line_sk(owner_id) if of is BudgetOf.LINE else keys.user_sk(owner_id)
        names = [(keys.account_pk(self._account_id), name) for name in (keys.account_sk(), sort_key)]
        account, item = map(read_signed_in(self._client, self._table_name, names, self._sign_in).get, names)
        if account is None:
            raise unknown_account()
        if item is None or "closes_at" in item:
            raise _unknown_line() if of is BudgetOf.LINE else _no_such_user()
        return from_attributes(account), from_attributes(item)

    def _actions(
        self, of: BudgetOf, account: dict[str, Any], item: dict[str, Any], after: Budget, now: datetime
    ) -> list[dict[str, Any]]:
        if of is BudgetOf.USER:
            return user_budget_actions(self._client, self._table_name, account, item, after, now)
        zone = account["time_zone"]
        return line_budget_actions(self._client, self._table_name, item, after, zone, self._actor, now)

    def _record(
        self, of: BudgetOf, owner_id: str, item: dict[str, Any], after: Budget, now: datetime
    ) -> dict[str, Any]:
        """The action that records the change. The count of the item's changes is part of its id."""
        before = _budget(of, item)
        old, new = difference(budget_facts(before), budget_facts(after))
        count = line_from_item(item).version if of is BudgetOf.LINE else int(item.get("changes", 0))
        loosened = ("budget",) if budget_loosens(before, after) else ()
        change_id = f"budget-{owner_id}-{count + 1:06d}"
        change = Change(ChangeAction.BUDGET_CHANGED, f"{of}:{owner_id}", change_id, old, new, loosened)
        return change_action(self._table_name, self._account_id, change, self._actor, now)


def _budget(of: BudgetOf, item: Mapping[str, Any]) -> Budget | None:
    return line_from_item(dict(item)).budget if of is BudgetOf.LINE else user_from_item(item).budget


def _unknown_line() -> NotFound:
    return NotFound(ProblemCode.UNKNOWN_LINE, "This account has no line with this id; GET /lines lists them.")


def _no_such_user() -> NotFound:
    return NotFound(ProblemCode.NO_SUCH_USER, "This account has no user with this id; GET /lines names the users.")
