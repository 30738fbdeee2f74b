"""What permits a move of credit by an operator: the actions that its transaction must contain.

A direct move takes its amount from what is left of the operator's day. An approved one ends its approval. Both happen
in the transaction of the move, so a crash never leaves one without the other.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from calling_credit.ledger.posting_plan import ActionName, Plan

Permit = Callable[[int], Mapping[ActionName, Any]]
"""Returns the actions that permit to give this amount in micro-dollars."""
PERMIT: Final[ActionName] = ("permit",)
"""The action whose condition is the permission."""


class NotPermitted(Exception):  # noqa: N818 - it says what happened
    """The permission of a move does not hold: its amount is above what is left, or its approval has ended."""

    def __init__(self, amount_micros: int) -> None:
        super().__init__(f"{amount_micros} micro-dollars are not permitted")
        self.amount_micros = amount_micros


def unlimited(_amount_micros: int) -> Mapping[ActionName, Any]:
    """The permit of the operator's own commands, which no limit bounds."""
    return {}


def add_permit(plan: Plan, permit: Permit, amount_micros: int) -> None:
    """Add the actions of a permit. Taking credit back, or moving nothing, needs none."""
    for name, action in permit(max(0, amount_micros)).items():
        plan.add(name, action)


def check_permitted(failed: Mapping[ActionName, Any], amount_micros: int) -> None:
    """Raise NotPermitted if only the permission of a move failed."""
    if set(failed) == {PERMIT}:
        raise NotPermitted(max(0, amount_micros))
