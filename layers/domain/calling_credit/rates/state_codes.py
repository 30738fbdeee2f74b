"""What an operator must approve about the change of one number's state between two decks."""

from collections.abc import Iterable
from typing import Final

from calling_credit.rates.deck_codes import GuardCode
from calling_credit.rates.deck_states import COSTS_NOTHING, NumberState, StateKind

JUMP: Final = 10
"""A price that changes by this factor is a jump."""


def codes_of_change(old: NumberState | None, new: NumberState, *, is_home: bool) -> Iterable[GuardCode]:
    """Yield the codes of one change of state, apart from those of home. `old` is None for the first deck."""
    if not is_home and new.kind in COSTS_NOTHING and (old is None or old.kind not in COSTS_NOTHING):
        yield GuardCode.FREE_ABROAD
    if old is None:
        return
    if new.kind == StateKind.UNRATED:
        yield GuardCode.PREFIXES_LOST
    if is_jump(old, new):
        yield GuardCode.PRICE_JUMP


def is_jump(old: NumberState, new: NumberState) -> bool:
    """Return whether the price of some judged call jumps. A number that was free for any time, and is charged from its
    first minute on, does not.
    """
    if old.kind != new.kind and not (any(old.prices) and any(new.prices)):
        return False
    return any(a != b and (b >= JUMP * a or a >= JUMP * b) for a, b in zip(old.prices, new.prices, strict=True))
