"""What calls may still cost by the counters of spending in which they count: budgets of lines and users."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from calling_credit.admission.reasons import DenialReason
from calling_credit.dynamodb import spend_keys
from calling_credit.ledger.holds import Hold
from calling_credit.ledger.reserved_spending import spending_of


@dataclass(frozen=True, slots=True)
class SpendLimit:
    """A counter in which a call counts: why it refuses, its letter, and its rest. One that does not refuse
    only counts. Of the price of a call, `covers_micros` do not count. `counter` is the sort key of a budget's counter,
    and `was_refused` says that it is known to have refused a call.
    """

    reason: DenialReason
    letter: str
    left_micros: int
    refuses: bool
    covers_micros: int = 0
    counter: str = ""
    was_refused: bool = False


def refusing(limits: Sequence[SpendLimit]) -> Collection[str]:
    """The letters of the counters that refuse calls."""
    return frozenset(limit.letter for limit in limits if limit.refuses)


def spending_left(limits: Sequence[SpendLimit], hold: Hold | None) -> Iterator[tuple[DenialReason, int]]:
    """Yield what the whole call may cost by each counter that refuses, in the order of the reasons. What the hold of
    the call has taken from a counter is left for it.
    """
    for limit in sorted(limits, key=lambda limit: spend_keys.LETTERS.index(limit.letter)):
        if limit.refuses:
            taken = 0 if hold is None else spending_of(hold, limit.letter)
            yield limit.reason, limit.left_micros + limit.covers_micros + taken


def counted_hold(hold: Hold, limits: Sequence[SpendLimit], counted_on: str, user_id: str) -> Hold:
    """The hold of a call with the letters of its counters beside those that it has, and the local date and user that
    name them; a hold without a counter unchanged.
    """
    young = _young_part(hold, limits)
    counted = (limit.letter for limit in limits if limit.letter != spend_keys.YOUNG or young)
    letters = spend_keys.in_order(hold.counted + "".join(counted))
    if not letters:
        return hold
    user = user_id if spend_keys.USER in letters else ""
    date, user = hold.counted_on or counted_on, hold.user_id or user
    return replace(hold, counted=letters, counted_on=date, user_id=user, young_micros=young)


def _young_part(hold: Hold, limits: Sequence[SpendLimit]) -> int:
    """The part of a hold that young money pays. It only grows: what an extension finds of older money is not taken by
    the part of before.
    """
    covers = next((limit.covers_micros for limit in limits if limit.letter == spend_keys.YOUNG), hold.amount_micros)
    return max(hold.young_micros, hold.amount_micros - covers)


def relies_on_older_money(limits: Sequence[SpendLimit]) -> bool:
    """Whether a decision counts on older money, which no other hold may have taken meanwhile."""
    return any(limit.covers_micros > 0 for limit in limits)
