"""A budget of a line or a user: its amount a month, what happens at it, its stored form, and its view.

A budget that is ended limits nothing, but its counters keep counting until `counts_until`. So a budget that begins
again in the same month continues with what the month has cost, and counts no entry twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from calling_credit.errors import InvalidValue, ProblemCode
from calling_credit.instants import format_instant, local_month
from calling_credit.money import format_money, parse_money

COUNTS_AFTER: Final = timedelta(minutes=2)
"""How long after a budget is switched on every posting function knows it: they cache accounts for a minute."""
COUNTED_AFTER: Final = timedelta(minutes=2)
"""How long after that a posting that began before is certainly over, so that the month's entries can be counted."""
AHEAD: Final = timedelta(days=3)
"""How far ahead the month of an entry may be: a call may begin a day ahead, and a time zone may change by 26 hours."""
_FIELDS: Final = frozenset({"monthly", "at"})
_STORED: Final = ("budget_micros", "budget_at", "budget_from", "budget_until", "budget_month")


class BudgetAt(StrEnum):
    """What happens at a budget: calls are refused, or only announced."""

    REFUSE = "refuse"
    TELL = "tell"


@dataclass(frozen=True, slots=True)
class Budget:
    """A budget in micro-dollars a month; `monthly_micros` is None once it is ended.

    From the instant `counts_from` on, every entry is marked that counts. `from_month` is the first local month that is
    counted (`yyyy-mm`), `counts_until` the last one of an ended budget.
    """

    monthly_micros: int | None
    at: BudgetAt = BudgetAt.REFUSE
    counts_from: str = ""
    counts_until: str = ""
    from_month: str = ""

    @property
    def refuses(self) -> bool:
        """Whether calls beyond the budget are refused."""
        return self.monthly_micros is not None and self.at == BudgetAt.REFUSE

    def counts(self, month: str) -> bool:
        """Whether entries and holds of a local month count."""
        return self.from_month <= month and (self.monthly_micros is not None or month <= self.counts_until)


def parse_budget(body: Mapping[str, Any]) -> tuple[int | None, BudgetAt]:
    """Parse `{monthly, at?}`: the amount a month (null: no budget), and what happens at it.

    Raises:
        InvalidValue: missing_field, invalid_field, invalid_amount, amount_out_of_range.
    """
    if unknown := sorted(set(body) - _FIELDS):
        raise InvalidValue(ProblemCode.INVALID_FIELD, f"{unknown[0]} is no field of a budget; send monthly and at.")
    if "monthly" not in body:
        raise InvalidValue(ProblemCode.MISSING_FIELD, 'monthly is missing; send an amount such as "20.00", or null.')
    at = body.get("at", BudgetAt.REFUSE)
    if at not in list(BudgetAt):
        raise InvalidValue(ProblemCode.INVALID_FIELD, "at must be refuse or tell.")
    if body["monthly"] is None:
        return None, BudgetAt(at)
    micros = parse_money(body["monthly"], field="monthly", decimals=2)
    if micros < 0:
        raise InvalidValue(ProblemCode.AMOUNT_OUT_OF_RANGE, "monthly must be between 0.00 and 999999999.99.")
    return micros, BudgetAt(at)


def counted_months(now: datetime, time_zone: str) -> tuple[str, ...]:
    """The local months in which entries posted now may lie: the running one, and near its end also the next."""
    return tuple(sorted({local_month(moment, time_zone) for moment in (now, now + AHEAD)}))


def change_budget(
    before: Budget | None, monthly_micros: int | None, at: BudgetAt, now: datetime, time_zone: str
) -> Budget | None:
    """The budget after a change. One that begins counts from `now` + 2 minutes on, unless the running month is still
    counted; one that ends keeps counting to the end of the month. None if there is none and was none.
    """
    months = counted_months(now, time_zone)
    if monthly_micros is None:
        if before is None or before.monthly_micros is None:
            return before
        return replace(before, monthly_micros=None, counts_until=months[-1])
    if before is not None and before.counts(months[0]):
        return replace(before, monthly_micros=monthly_micros, at=at, counts_until="")
    return Budget(monthly_micros, at, format_instant(now + COUNTS_AFTER), "", months[0])


def budget_attributes(budget: Budget | None) -> dict[str, Any]:
    """The attributes of a line's or a user's item; None for those that it does not have."""
    if budget is None:
        return dict.fromkeys(_STORED)
    return {
        "budget_micros": budget.monthly_micros,
        "budget_at": budget.at,
        "budget_from": budget.counts_from,
        "budget_until": budget.counts_until or None,
        "budget_month": budget.from_month,
    }


def budget_from_item(item: Mapping[str, Any]) -> Budget | None:
    """The budget of a line's or a user's item in plain values; None if it never had one."""
    if "budget_from" not in item:
        return None
    datetime.fromisoformat(item["budget_from"])
    return Budget(
        item.get("budget_micros"),
        BudgetAt(item["budget_at"]),
        item["budget_from"],
        item.get("budget_until", ""),
        item["budget_month"],
    )


def budget_facts(budget: Budget | None) -> dict[str, Any]:
    """What a recorded change says of a budget: `{budget, budget_at}`; None without a budget."""
    if budget is None or budget.monthly_micros is None:
        return {"budget": None, "budget_at": None}
    return {"budget": format_money(budget.monthly_micros), "budget_at": budget.at}
