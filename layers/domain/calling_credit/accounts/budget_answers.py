"""Answers customers' requests about budgets: setting one, asking for more, and raising it until the month ends."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from calling_credit import ids
from calling_credit.accounts.budget_request_forms import parse_budget_request
from calling_credit.accounts.budget_request_store import BudgetRequestStore, nothing_to_raise
from calling_credit.accounts.budget_requests import BudgetOf
from calling_credit.accounts.budget_store import BudgetStore
from calling_credit.accounts.budgets_of_line import read_budgets_of_line
from calling_credit.api.caller import Caller, require_admin
from calling_credit.budgets.budget import parse_budget
from calling_credit.budgets.view import NO_BUDGET

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class BudgetAnswers:
    """The requests of one caller, who comes from an address.

    Raises:
        Forbidden: someone else than a billing admin sets or raises a budget.
        InvalidValue: an id or a field of the body is not valid.
        NotFound: unknown_line, no_such_user.
        Conflict: a request that the account, its budgets, or the latest request does not allow.
        Unavailable: the table did not answer in time.
    """

    client: "DynamoDBClient"
    table_name: str
    caller: Caller
    address: str

    def put(self, of: BudgetOf, owner_id: str, body: Callable[[], dict[str, Any]], now: datetime) -> dict[str, Any]:
        """Set or end a budget, and return its current state. The role is checked before the body is read."""
        ids.check_id(owner_id, "line_id" if of == BudgetOf.LINE else "user_id")
        require_admin(self.caller)
        monthly, at = parse_budget(body())
        actor, sign_in = self.caller.actor(self.address), self.caller.sign_in
        store = BudgetStore(self.client, self.table_name, self.caller.account_id, actor, sign_in)
        return store.store(of, owner_id, monthly, at, now) or NO_BUDGET

    def request(self, line_id: str, body: dict[str, Any], now: datetime) -> tuple[dict[str, Any], int]:
        """Ask for more, or raise what an open request asks for. Return the answer and its status."""
        request, requests = parse_budget_request(body), BudgetRequestStore(self.client, self.table_name)
        account_id, actor, sign_in = self.caller.account_id, self.caller.actor(self.address), self.caller.sign_in
        if not request.raises:
            asked = requests.ask(account_id, line_id, request.note, actor, now, sign_in)
            return {"id": asked.request_id, "at": asked.asked_at, "state": "open"}, 201
        require_admin(self.caller)
        if not requests.raise_budgets(account_id, line_id, None, actor, now, sign_in):
            raise nothing_to_raise()
        return read_budgets_of_line(
            self.client, self.table_name, account_id, line_id, now
        ).raised_view or NO_BUDGET, 200
