"""Requests for a larger budget of a line, and of its user, until the month ends. Stores nothing.

A line has one request a month, which the next one replaces. It names what a raise adds to each budget: the monthly
amount again. A raise closes it, so that one request raises once.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Self

from calling_credit.accounts.account import Account, Line
from calling_credit.accounts.user import User
from calling_credit.budgets.budget import Budget
from calling_credit.budgets.counters import SpendCounter
from calling_credit.budgets.thresholds import may_ask
from calling_credit.changes.actor import Actor
from calling_credit.dynamodb import budget_keys, keys, spend_keys
from calling_credit.dynamodb.unreadable import decoder
from calling_credit.instants import format_instant, local_date, zone

MAX_NOTE_CHARACTERS: Final = 200
LINK_LIFETIME: Final = timedelta(days=7)
"""How long the link in the mail about a request acts, unless the month ends before."""
_REMAINS: Final = timedelta(days=35)
"""How long after its month a request remains in the table."""


class BudgetOf(StrEnum):
    """Whose budget it is."""

    LINE = "line"
    USER = "user"


@dataclass(frozen=True, slots=True)
class Increase:
    """What a raise adds to one budget: to the counter with this sort key. `limit_micros` is the limit that was asked
    for; None if the request did not store it.
    """

    of: BudgetOf
    counter: str
    amount_micros: int
    limit_micros: int | None = None


@dataclass(frozen=True, slots=True)
class BudgetRequest:
    """The latest request for a line in a local month. `number` counts the month's requests. `by` is the stored actor,
    `user_id` the line's user at that time. `line_micros` and `user_micros` are added to the budgets, which leads to
    `line_limit_micros` and `user_limit_micros`; None: that budget is not raised. Once raised, `closed_at` says when.
    """

    line_id: str
    month: str
    number: int
    asked_at: str
    asked_on: str
    by: str
    by_name: str | None
    note: str | None
    user_id: str
    line_micros: int | None
    user_micros: int | None
    open_until: str
    closed_at: str | None = None
    line_limit_micros: int | None = None
    user_limit_micros: int | None = None

    @property
    def request_id(self) -> str:
        """The id: the line, the month, and the number."""
        return f"{self.line_id}-{self.month}-{self.number}"

    @property
    def target(self) -> str:
        """What its link names."""
        return f"{self.line_id}#{self.month}#{self.number}"

    def is_open(self, at: str) -> bool:
        """Whether the request may still be granted at an instant."""
        return self.closed_at is None and at < self.open_until

    @property
    def link_expires_at(self) -> str:
        """When its link expires."""
        return min(self.open_until, format_instant(datetime.fromisoformat(self.asked_at) + LINK_LIFETIME))

    def increases(self) -> Iterator[Increase]:
        """What the request asks for."""
        of_line, of_user = spend_keys.line_sk(self.month, self.line_id), spend_keys.user_sk(self.month, self.user_id)
        if self.line_micros is not None:
            yield Increase(BudgetOf.LINE, of_line, self.line_micros, self.line_limit_micros)
        if self.user_micros is not None:
            yield Increase(BudgetOf.USER, of_user, self.user_micros, self.user_limit_micros)

    def remaining(self, counters: Mapping[str, SpendCounter]) -> list[Increase]:
        """What a raise adds now: nothing to a budget whose limit is already as high as the request asked for, because
        the request for another line of the same user was granted.

        Args:
            counters: those of the month, by their sort keys.
        """
        limits = {one: (counters[one].limit_micros or 0) for one in counters}
        return [
            one for one in self.increases() if one.limit_micros is None or limits.get(one.counter, 0) < one.limit_micros
        ]

    def agrees_with(self, line: Line, user: User | None) -> bool:
        """Whether the budgets that a raise changes, and whose they are, are still those of the request."""
        of_line, of_user = _monthly(line.budget), None if user is None else _monthly(user.budget)
        has_user = self.user_micros is None or (line.user_id, of_user) == (self.user_id, self.user_micros)
        return has_user and self.line_micros in (None, of_line)

    @classmethod
    def asked(
        cls,
        account: Account,
        line: Line,
        amounts: tuple[int | None, int | None],
        counters: Mapping[str, SpendCounter],
        before: Self | None,
        actor: Actor,
        note: str | None,
        now: datetime,
    ) -> Self:
        """The request that a user makes now, after the last one of the month."""
        today = local_date(now, account.time_zone)
        number = 1 if before is None else before.number + 1
        names = spend_keys.line_sk(today[:7], line.line_id), spend_keys.user_sk(today[:7], line.user_id)
        of_line, of_user = (
            None if amount is None else amount + (counters[name].limit_micros or 0)
            for amount, name in zip(amounts, names, strict=True)
        )
        return cls(
            line.line_id,
            today[:7],
            number,
            format_instant(now),
            today,
            actor.by,
            actor.name or None,
            note,
            line.user_id,
            *amounts,
            end_of_month(now, account.time_zone),
            line_limit_micros=of_line,
            user_limit_micros=of_user,
        )


def amounts_to_raise(
    line: Line, user: User | None, counters: Mapping[str, SpendCounter], month: str
) -> tuple[int | None, int | None]:
    """What a raise would add to the budget of a line and of its user: the monthly amount of each that refuses calls and
    has refused one, or of which 80 percent are spent or held; None for the others.

    Args:
        counters: those of the month, by their sort keys.
    """
    user_counter = counters.get(spend_keys.user_sk(month, line.user_id))
    return (
        _to_raise(line.budget, counters.get(spend_keys.line_sk(month, line.line_id))),
        None if user is None else _to_raise(user.budget, user_counter),
    )


def _to_raise(budget: Budget | None, counter: SpendCounter | None) -> int | None:
    if budget is None or not budget.refuses or counter is None or not may_ask(counter):
        return None
    return budget.monthly_micros or None


def _monthly(budget: Budget | None) -> int | None:
    return budget.monthly_micros if budget is not None and budget.refuses else None


def end_of_month(now: datetime, time_zone: str) -> str:
    """The instant at which the running local month ends."""
    today = date.fromisoformat(local_date(now, time_zone))
    following = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    return format_instant(datetime(following.year, following.month, 1, tzinfo=zone(time_zone)))


def request_attributes(account_id: str, request: BudgetRequest) -> dict[str, Any]:
    """The plain item of a request, which DynamoDB removes some weeks after its month."""
    ends = datetime.fromisoformat(request.open_until) + _REMAINS
    return {
        "PK": keys.account_pk(account_id),
        "SK": budget_keys.budget_request_sk(request.line_id, request.month),
        "number_in_month": request.number,
        "asked_at": request.asked_at,
        "asked_on": request.asked_on,
        "by": request.by,
        "by_name": request.by_name,
        "note": request.note,
        "user_id": request.user_id,
        "line_micros": request.line_micros,
        "user_micros": request.user_micros,
        "line_limit_micros": request.line_limit_micros,
        "user_limit_micros": request.user_limit_micros,
        "open_until": request.open_until,
        "expires_at": int(ends.timestamp()),
    }


@decoder
def request_from_item(item: Mapping[str, Any]) -> BudgetRequest:
    """The request of an item in plain values."""
    datetime.fromisoformat(item["asked_at"])
    return BudgetRequest(
        budget_keys.line_in(item["SK"]),
        budget_keys.month_in(item["SK"]),
        item["number_in_month"],
        item["asked_at"],
        item["asked_on"],
        item["by"],
        item.get("by_name"),
        item.get("note"),
        item["user_id"],
        item.get("line_micros"),
        item.get("user_micros"),
        item["open_until"],
        item.get("closed_at"),
        item.get("line_limit_micros"),
        item.get("user_limit_micros"),
    )
