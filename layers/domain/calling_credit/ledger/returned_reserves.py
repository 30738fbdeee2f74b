"""What the release of holds returns beside credit: included minutes, and spending of counters."""

from collections.abc import Collection, Mapping
from typing import Any

from calling_credit.ledger.holds import Hold
from calling_credit.ledger.posting_plan import ActionName, Counters, Plan, counter_name, hold_name
from calling_credit.ledger.reserved_seconds import returned_seconds
from calling_credit.ledger.reserved_spending import returned_spending


def returned_reserves(holds: Collection[Hold]) -> Counters:
    """What the release of each hold returns, by the name of the release."""
    return with_changes(returned_seconds(holds), returned_spending(holds))


def with_returned_reserves(counters: Counters, holds: Collection[Hold]) -> Counters:
    """Counters, and what the releases of these holds return."""
    return with_changes(counters, returned_reserves(holds))


def return_actions(table_name: str, holds: Collection[Hold]) -> list[dict[str, Any]]:
    """The actions that return the reserves of released holds: one for each counter."""
    plan = Plan({hold_name(hold.call_key): None for hold in holds})
    plan.add_counters(table_name, returned_reserves(holds))
    return [action for action in plan.actions.values() if action is not None]


def counter_items(holds: Mapping[Any, Hold], key: Any) -> set[ActionName]:
    """The names of the counters that the release of a hold changes."""
    changes = returned_reserves([holds[key]]) if key in holds else {}
    return {counter_name(change) for of_hold in changes.values() for change in of_hold}


def with_changes(counters: Counters, more: Counters) -> Counters:
    """The changes of both, by the name of the action they go with."""
    if not more:
        return counters
    return {**counters, **{name: (*counters.get(name, ()), *changes) for name, changes in more.items()}}
