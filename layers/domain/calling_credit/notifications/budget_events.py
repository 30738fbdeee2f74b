"""The events about budgets: their forms, and the changes of items that cause them. Sends nothing."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from pydantic import Field

from calling_credit.budgets.budget import BudgetAt
from calling_credit.budgets.thresholds import announced_percents
from calling_credit.dynamodb import spend_keys
from calling_credit.money import format_money
from calling_credit.notifications.announcement import Announcement
from calling_credit.notifications.event_data import Form, Money
from calling_credit.notifications.event_types import EventType

MONTH: Final = r"^\d{4}-(0[1-9]|1[0-2])$"


class Reached(Form):
    """A budget that is used to `percent` of its limit of a local month. `limit` includes what was raised until the
    month ends. One of `line_id` and `user_id` is null.
    """

    budget: Literal["line", "user"]
    line_id: str | None
    user_id: str | None
    month: str = Field(pattern=MONTH, description="Year and month in the account's time zone, such as 2034-11.")
    percent: Literal[80, 100]
    limit: Money
    spent: Money
    at: Literal["refuse", "tell"] = Field(description="Whether calls beyond it are refused, or only announced.")


class Increase(Form):
    """A budget that would be raised by `amount`, from `limit`, until the month ends."""

    budget: Literal["line", "user"]
    amount: Money
    limit: Money


class IncreaseAsked(Form):
    """A request to raise the budgets of a line and its user until the month ends. `by` is who asked."""

    request_id: str
    by: str = Field(description="`user:` and an id.")
    line_id: str
    month: str = Field(pattern=MONTH, description="Year and month in the account's time zone, such as 2034-11.")
    increases: list[Increase]


class BudgetReached(Announcement):
    """A budget of a line or user is used to 80 or 100 percent: once a month for each budget and percentage."""

    type: Literal[EventType.BUDGET_REACHED] = EventType.BUDGET_REACHED
    data: Reached


class BudgetIncreaseRequested(Announcement):
    """A user asks for a larger budget until the month ends."""

    type: Literal[EventType.BUDGET_INCREASE_REQUESTED] = EventType.BUDGET_INCREASE_REQUESTED
    data: IncreaseAsked


def increase_asked(change: Mapping[str, Any], recorded: dict[str, Any]) -> Iterator[tuple[type[Announcement], Any]]:
    """Yield the event of a recorded request."""
    names = ("request_id", "line_id", "month", "increases")
    yield BudgetIncreaseRequested, {"by": recorded["by"]} | {name: change["new"][name] for name in names}


def budgets_reached(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the data of each BudgetReached of a counter's change. Counters of a day belong to no budget."""
    letter, owner = spend_keys.letter_in(new["SK"]), spend_keys.owner_in(new["SK"])
    if letter not in (spend_keys.LINE, spend_keys.USER):
        return
    is_line = letter == spend_keys.LINE
    for percent in announced_percents(old, new):
        yield {
            "budget": "line" if is_line else "user",
            "line_id": owner if is_line else None,
            "user_id": None if is_line else owner,
            "month": spend_keys.period_in(new["SK"]),
            "percent": percent,
            "limit": format_money(new["limit_micros"]),
            "spent": format_money(new["spent_micros"]),
            "at": new.get("budget_at", BudgetAt.REFUSE),
        }
