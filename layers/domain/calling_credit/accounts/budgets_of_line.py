"""What a request for more budget of a line depends on, read together."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from calling_credit.accounts.account import Account, Line, account_from_item
from calling_credit.accounts.budget_requests import BudgetRequest, request_from_item
from calling_credit.accounts.freezing import unknown_account
from calling_credit.accounts.line_items import line_from_item
from calling_credit.accounts.user import User, user_from_item
from calling_credit.budgets.counters import SpendCounter, read_spend_counters
from calling_credit.budgets.view import budget_view
from calling_credit.changes.sign_in import SignIn
from calling_credit.changes.sign_in_reader import read_signed_in
from calling_credit.dynamodb import budget_keys, keys, spend_keys
from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.dynamodb.batch_get import read_many
from calling_credit.errors import NotFound, ProblemCode
from calling_credit.instants import format_instant, local_month

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class BudgetsOfLine:
    """What a request for a line depends on: its account, the line and its user with their budgets, the counters of the
    running month by their sort keys, and the month's latest request.
    """

    account: Account
    line: Line
    user: User | None
    month: str
    counters: Mapping[str, SpendCounter]
    request: BudgetRequest | None

    @property
    def raised_view(self) -> dict[str, Any] | None:
        """The budget that the latest request raised, as the API shows it: the line's, else its user's."""
        request = self.request
        if request is None or request.line_micros is not None or self.user is None:
            return budget_view(self.line.budget, self.counters.get(self._line_counter), self.month)
        return budget_view(self.user.budget, self.counters.get(self._user_counter), self.month)

    @property
    def _line_counter(self) -> str:
        return spend_keys.line_sk(self.month, self.line.line_id)

    @property
    def _user_counter(self) -> str:
        return spend_keys.user_sk(self.month, self.line.user_id)

    def can_raise(self, number: int | None, now: datetime) -> bool:
        """Whether a raise of the month's request acts now. `number` names the request of a link, which a freeze of the
        account ends; None: the latest request, by a billing admin.
        """
        request = self.request
        if request is None or (number is not None and self.account.was_frozen_since(request.asked_at)):
            return False
        return (
            number in (None, request.number)
            and request.is_open(format_instant(now))
            and not self.account.is_closed
            and request.agrees_with(self.line, self.user)
            and all(one.counter in self.counters for one in request.increases())
            and bool(request.remaining(self.counters))
        )


def read_budgets_of_line(
    client: "DynamoDBClient",
    table_name: str,
    account_id: str,
    line_id: str,
    now: datetime,
    sign_in: SignIn | None = None,
) -> BudgetsOfLine:
    """Read what a request for a line depends on, strongly consistent.

    Raises:
        NotFound: `unknown_account`, `unknown_line`. Forbidden: `signed_out`.
        Unavailable: the table throttles.
    """
    pk = keys.account_pk(account_id)
    wanted = [(pk, keys.account_sk()), (pk, keys.line_sk(line_id))]
    account, line = map(read_signed_in(client, table_name, wanted, sign_in).get, wanted)
    if account is None:
        raise unknown_account()
    if line is None or "closes_at" in line:
        raise NotFound(ProblemCode.UNKNOWN_LINE, "This account has no line with this id; GET /lines lists them.")
    found, own = account_from_item(from_attributes(account)), line_from_item(from_attributes(line))
    month = local_month(now, found.time_zone)
    wanted = [(pk, keys.user_sk(own.user_id)), (pk, budget_keys.budget_request_sk(line_id, month))]
    user, request = map(read_many(client, table_name, wanted).get, wanted)
    names = (spend_keys.line_sk(month, line_id), spend_keys.user_sk(month, own.user_id))
    counters = read_spend_counters(client, table_name, [(account_id, name) for name in names])
    return BudgetsOfLine(
        found,
        own,
        None if user is None else user_from_item(from_attributes(user)),
        month,
        {name: counter for (_, name), counter in counters.items()},
        None if request is None else request_from_item(from_attributes(request)),
    )
