"""A budget as the API shows it."""

from typing import Any, Final

from calling_credit.budgets.budget import Budget
from calling_credit.budgets.counters import SpendCounter
from calling_credit.money import format_money

NO_BUDGET: Final[dict[str, Any]] = {"monthly": None}
"""The answer to a request that ends a budget."""


def budget_view(budget: Budget | None, counter: SpendCounter | None, month: str) -> dict[str, Any] | None:
    """`{monthly, at, state, month, limit, spent, held, left}` of a budget in a local month (`yyyy-mm`); None without a
    budget. `limit` includes what was raised until the month ends. Until the month has a counter, nothing is spent.
    `refused` says that it refused a call since its limit changed last; only then it is there.
    """
    if budget is None or budget.monthly_micros is None:
        return None
    limit = budget.monthly_micros if counter is None or counter.limit_micros is None else counter.limit_micros
    spent, held = (0, 0) if counter is None else (counter.spent_micros, counter.held_micros)
    was_refused = budget.refuses and counter is not None and counter.was_refused
    return {
        "monthly": format_money(budget.monthly_micros),
        "at": budget.at,
        "state": "counting" if counter is not None and counter.is_counting else "counted",
        "month": month,
        "limit": format_money(limit),
        "spent": format_money(spent),
        "held": format_money(held),
        "left": format_money(limit - spent - held),
        **({"refused": True} if was_refused else {}),
    }
