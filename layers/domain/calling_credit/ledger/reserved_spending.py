"""What holds take from counters of spending, and what their release returns.

The law: a hold and what it takes from its counters are one transaction, and so are its release and what that returns.
A hold stores the letters of its counters (`spend_keys`), so `held_micros` of a counter is the sum of the live holds
that name it. Only a hold may need a rest to be left; posting adds without a condition.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from calling_credit.dynamodb import keys, spend_keys
from calling_credit.dynamodb.attributes import to_attribute
from calling_credit.dynamodb.transactions import update
from calling_credit.ledger.holds import Hold
from calling_credit.ledger.posting_plan import CounterChange, Counters, Plan, hold_name


def spending_of(hold: Hold, letter: str) -> int:
    """The micro-dollars that a hold has taken from the counter of a letter: all it holds, or the part that young money
    pays.
    """
    amount = hold.young_micros if letter == spend_keys.YOUNG else hold.amount_micros
    return amount if letter in hold.counted else 0


def counter_of(hold: Hold, letter: str) -> str:
    """The sort key of a hold's counter."""
    [sort_key] = spend_keys.counters_of(letter, hold.counted_on, hold.line_id, hold.user_id, hold.row.country)
    return sort_key


def take_spending(
    table_name: str, before: Hold | None, hold: Hold, refusing: Collection[str] = ()
) -> list[dict[str, Any]]:
    """The actions that take for a hold from its counters what it has more than `before`. The counters of the letters
    `refusing` must have that much left.
    """
    actions, free = [], Plan()
    for letter in hold.counted:
        amount = spending_of(hold, letter) - (0 if before is None else spending_of(before, letter))
        if not amount:
            continue
        change = _change(hold, letter, amount)
        if letter not in refusing:
            name = ("take", letter)
            free.actions[name] = None
            free.add_counters(table_name, {name: (change,)})
            del free.actions[name]
            continue
        key = {"PK": {"S": change.partition_key}, "SK": {"S": change.sort_key}}
        values = {":amount": to_attribute(amount), ":less": to_attribute(-amount)}
        expression = "ADD held_micros :amount, left_micros :less"
        actions.append(update(table_name, key, expression, "left_micros >= :amount", values))
    return [*actions, *free.actions.values()]


def returned_spending(holds: Iterable[Hold]) -> Counters:
    """What the release of each hold returns, by the name of the release."""
    returned: dict[tuple[str, ...], tuple[CounterChange, ...]] = {}
    for hold in holds:
        changes = tuple(
            _change(hold, letter, -amount) for letter in hold.counted if (amount := spending_of(hold, letter))
        )
        if changes:
            returned[hold_name(hold.call_key)] = changes
    return returned


def _change(hold: Hold, letter: str, held_micros: int) -> CounterChange:
    deltas: Mapping[str, int] = {"held_micros": held_micros, "left_micros": -held_micros}
    sort_key = counter_of(hold, letter)
    return CounterChange(keys.account_pk(hold.account_id), sort_key, deltas, spend_keys.expires_at(sort_key))
