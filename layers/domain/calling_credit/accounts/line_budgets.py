"""What lists of lines show about budgets: those of the lines and of their users, and the open requests for more.

Counters and requests are read only for lines that have a budget, or whose user has one: all in one batch.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from calling_credit.accounts.account import Line, line_view
from calling_credit.accounts.budget_request_forms import request_view
from calling_credit.accounts.budget_requests import request_from_item
from calling_credit.accounts.user import User
from calling_credit.budgets.budget import Budget
from calling_credit.budgets.counters import SpendCounter, counter_from_item
from calling_credit.budgets.view import budget_view
from calling_credit.dynamodb import budget_keys, keys, spend_keys
from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.dynamodb.batch_get import read_many
from calling_credit.dynamodb.unreadable import OnUnreadable, readable
from calling_credit.instants import format_instant, local_month

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def has_budget(budget: Budget | None) -> bool:
    """Whether a line or user has a budget now."""
    return budget is not None and budget.monthly_micros is not None


def shows_budget(line: Line, user: User | None) -> bool:
    """Whether the view of a line and of its user has a budget, so that the table must be read for it."""
    return has_budget(line.budget) or (user is not None and has_budget(user.budget))


def view_without_budget(line: Line, user: User | None) -> dict[str, Any]:
    """A line as `GET /lines` shows it, if it shows no budget."""
    return _view(line, user, "", {}, None)


def read_line_views(
    client: "DynamoDBClient",
    table_name: str,
    account_id: str,
    time_zone: str,
    lines: Iterable[Line],
    users: Mapping[str, User],
    now: datetime,
    on_unreadable: OnUnreadable,
) -> list[dict[str, Any]]:
    """Lines as `GET /lines` shows them: `line_view` with `budget`, `user.budget`, and `budget_requests`: the request
    that can still be granted.

    Raises:
        Unavailable: the table throttles.
    """
    month, own = local_month(now, time_zone), list(lines)
    names = _names(own, users, month)
    pk = keys.account_pk(account_id)
    items = read_many(client, table_name, [(pk, name) for name in names]) if names else {}
    requests_kind = keys.kind_of(budget_keys.budget_request_sk("", ""))
    asked = [item for (_, name), item in items.items() if keys.kind_of(name) == requests_kind]
    counted = [item for (_, name), item in items.items() if keys.kind_of(name) != requests_kind]
    counters = {one.sort_key: one for one in readable(counted, counter_from_item, on_unreadable)}
    requests = readable(asked, lambda item: request_from_item(from_attributes(item)), on_unreadable)
    at, by_id = format_instant(now), {line.line_id: line for line in own}
    views = {
        one.line_id: request_view(one)
        for one in requests
        if one.is_open(at)
        and one.agrees_with(by_id[one.line_id], users.get(by_id[one.line_id].user_id))
        and one.remaining(counters)
    }
    return [_view(line, users.get(line.user_id), month, counters, views.get(line.line_id)) for line in own]


def _names(lines: Iterable[Line], users: Mapping[str, User], month: str) -> list[str]:
    """The distinct sort keys of the counters and requests of lines with a budget."""
    names: dict[str, None] = {}
    for line in lines:
        user = users.get(line.user_id)
        of_line, of_user = has_budget(line.budget), user is not None and has_budget(user.budget)
        if of_line:
            names[spend_keys.line_sk(month, line.line_id)] = None
        if of_user:
            names[spend_keys.user_sk(month, line.user_id)] = None
        if of_line or of_user:
            names[budget_keys.budget_request_sk(line.line_id, month)] = None
    return list(names)


def _view(
    line: Line,
    user: User | None,
    month: str,
    counters: Mapping[str, SpendCounter],
    request: dict[str, Any] | None,
) -> dict[str, Any]:
    view = line_view(line, None if user is None else user.name)
    of_user = counters.get(spend_keys.user_sk(month, line.user_id))
    view["user"]["budget"] = None if user is None else budget_view(user.budget, of_user, month)
    view["budget"] = budget_view(line.budget, counters.get(spend_keys.line_sk(month, line.line_id)), month)
    return view | {"budget_requests": [] if request is None else [request]}
