"""The percentages of a budget that are announced, once a month each, and changes of a limit that keep them so.

A counter stores nothing while its limit stays and its spending grows: it reaches a percentage, or it does not. A change
of the limit stores in `warned` the highest percentage that was reached before it. So a raised limit announces nothing
again, and a lowered one announces only what it newly reaches. What gives spending back stores the percentages that were
reached before it as flags, because it adds to a counter without a condition, and a flag is never unset.
"""

from collections.abc import Mapping
from typing import Any, Final

from calling_credit.budgets.budget import BudgetAt
from calling_credit.budgets.counters import SpendCounter, counter_key
from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.dynamodb.transactions import update

PERCENTS: Final = (80, 100)
"""The percentages, in order. From the first one on, a user may ask for more."""


def reached_percents(limit_micros: int | None, spent_micros: int) -> tuple[int, ...]:
    """The percentages of a limit that spending has reached. Without a limit or without spending, none."""
    if limit_micros is None or spent_micros <= 0:
        return ()
    return tuple(percent for percent in PERCENTS if 100 * spent_micros >= percent * limit_micros)


def announced_percents(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[int, ...]:
    """The percentages that a change of a counter's item, given as plain images ({}: there was none), announces."""
    if "ended" in new:
        return ()
    before = () if "ended" in old else _reached(old)
    warned = int(new.get("warned", 0))
    return tuple(
        percent
        for percent in _reached(new)
        if percent not in before and percent > warned and told_flag(percent) not in new
    )


def told_flag(percent: int) -> str:
    """The attribute of a counter whose percentage was announced before spending was given back."""
    return f"told_{percent}"


def told_flags(counter: SpendCounter) -> tuple[str, ...]:
    """The flags that a change which gives spending back stores on a counter as it was read. An ended budget announced
    nothing.
    """
    if counter.is_ended:
        return ()
    return tuple(told_flag(percent) for percent in reached_percents(counter.limit_micros, counter.spent_micros))


def limit_action(
    table_name: str, counter: SpendCounter, more_micros: int, *, at: BudgetAt | None = None, is_ended: bool = False
) -> dict[str, Any]:
    """The action that adds to the limit of a counter as it was read, and to its rest; negative: takes from both.

    It stores the highest percentage that was announced until now. Its condition fails if the counter has another limit,
    or reached another percentage, since it was read: read it again then.

    Args:
        at: what happens at the budget from now on; None: as before.
        is_ended: whether the budget ends. An ended one announces nothing until a later change begins it again.
    """
    reached = () if counter.is_ended else reached_percents(counter.limit_micros, counter.spent_micros)
    warned = max((counter.warned, *reached))
    condition = "limit_micros = :limit AND " + _same_state(counter)
    values: dict[str, Any] = {":limit": counter.limit_micros, ":more": more_micros, ":warned": warned}
    following = [] if counter.is_ended else [percent for percent in PERCENTS if percent not in reached]
    if following and counter.limit_micros is not None:
        values[":next"] = max(1, -(-following[0] * counter.limit_micros // 100))
        condition += " AND (attribute_not_exists(spent_micros) OR spent_micros < :next)"
    expression = "ADD limit_micros :more, left_micros :more SET warned = :warned"
    if at is not None:
        expression += ", budget_at = :at"
        values[":at"] = at
    expression += ", ended = :ended REMOVE refused_at" if is_ended else " REMOVE ended, refused_at"
    values |= {":ended": True} if is_ended else {}
    return update(
        table_name, counter_key((counter.account_id, counter.sort_key)), expression, condition, to_attributes(values)
    )


def may_ask(counter: SpendCounter) -> bool:
    """Whether a user may ask for more: the budget refused a call, or spent and held money together have reached the
    first percentage.
    """
    return counter.was_refused or bool(
        reached_percents(counter.limit_micros, counter.spent_micros + counter.held_micros)
    )


def _same_state(counter: SpendCounter) -> str:
    return "attribute_exists(ended)" if counter.is_ended else "attribute_not_exists(ended)"


def _reached(image: Mapping[str, Any]) -> tuple[int, ...]:
    return reached_percents(image.get("limit_micros"), int(image.get("spent_micros", 0)))
