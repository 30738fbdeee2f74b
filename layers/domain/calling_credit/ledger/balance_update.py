"""The one update of a balance by entries: posted, available, held, headroom, and what the change means to automatic
recharge.

The law: only calls spend toward a recharge. `calls_seen` grows by 1 in each transaction that charges a call for the
first time. Every other lowering of the balance (a reversal, an adjustment, a correction, a rerating) sets
`bought_back_at = calls_seen` in the same update. Until `calls_seen` is higher again, no recharge starts.

A second law: `charged_micros` is minus the sum of the call entries (charges, and charges taken back), so what calls
used between two moments is the difference of two of its values. `traced_micros` moves with the posted balance, so their
difference tells that an earlier release, which does not keep the sum, has moved credit.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from calling_credit.correlation import CORRELATION_ID
from calling_credit.dynamodb.attributes import to_attribute
from calling_credit.dynamodb.keys import balance_key
from calling_credit.dynamodb.transactions import update
from calling_credit.ledger.entries import UNARMED_MICROS, Entry, balance_change
from calling_credit.ledger.holds import Hold

LOWERED: Final = "bought_back_at = if_not_exists(calls_seen, :zero)"
"""The assignment by which an update of a balance records that something else than a call lowers it."""


def balance_action(
    table_name: str,
    entries: Sequence[Entry],
    holds: Collection[Hold] = (),
    *,
    unarms: bool = False,
    freed_micros: int = 0,
    needed_micros: int | None = None,
) -> dict[str, Any]:
    """The action that adds entries to the balance, only if it exists. Credit of released holds becomes available again.
    The balance keeps the correlation id of the last entry that has one.

    Args:
        unarms: whether the same transaction suspends automatic recharge, so that headroom is no longer measured.
        freed_micros: credit that was held for refunds and becomes available again.
        needed_micros: the credit that must be available, in an account that is not frozen. None: any.
    """
    change = balance_change(entries)
    sums = {"posted_micros": change, "available_micros": change, "traced_micros": change}
    assignments = ["updated_at = :at"]
    values = {":at": {"S": max(entry.recorded_at for entry in entries)}}
    cause = next((entry.correlation_id for entry in reversed(entries) if entry.correlation_id), None)
    if cause is not None:
        assignments.append(f"{CORRELATION_ID} = :cause")
        values[":cause"] = to_attribute(cause)
    if unarms:
        assignments.append("headroom_micros = posted_micros + :headroom")
        values[":headroom"] = to_attribute(change + UNARMED_MICROS)
    else:
        sums["headroom_micros"] = change
    if holds:
        freed = sum(hold.amount_micros for hold in holds)
        sums |= {"available_micros": change + freed, "held_micros": -freed, "live_holds": -len(holds)}
    if freed_micros:
        sums["available_micros"] += freed_micros
        sums["held_micros"] = sums.get("held_micros", 0) - freed_micros
    calls = any(entry.spends for entry in entries)
    lowers = balance_change(entry for entry in entries if not entry.spends) < 0
    if calls or lowers:
        sums["calls_seen"] = int(calls)
    if lowers:
        assignments.append(LOWERED)
        values[":zero"] = to_attribute(0)
    if charged := sum(entry.charged_micros for entry in entries):
        sums["charged_micros"] = charged
    placeholders = {name: f":{name.split('_', 1)[0]}" for name in sums}
    values |= {placeholders[name]: to_attribute(number) for name, number in sums.items()}
    additions = ", ".join(f"{name} {placeholder}" for name, placeholder in placeholders.items())
    expression = f"ADD {additions} SET {', '.join(assignments)}"
    condition = "attribute_exists(PK)"
    if needed_micros is not None:
        condition += " AND available_micros >= :needed AND attribute_not_exists(is_frozen)"
        values[":needed"] = to_attribute(needed_micros)
    return update(table_name, balance_key(entries[0].account_id), expression, condition, values)


def extend_balance_action(
    action: dict[str, Any], additions: Mapping[str, int], condition: str, values: Mapping[str, Any]
) -> None:
    """Let the action of a balance also add to other numbers of it, on a further condition.

    Args:
        values: plain values of the condition by placeholder; each begins with `:seen_`.
    """
    change = action["Update"]
    for name, number in additions.items():
        change["UpdateExpression"] = change["UpdateExpression"].replace("ADD ", f"ADD {name} :more_{name}, ", 1)
        change["ExpressionAttributeValues"][f":more_{name}"] = to_attribute(number)
    change["ConditionExpression"] += f" AND {condition}"
    change["ExpressionAttributeValues"] |= {name: to_attribute(value) for name, value in values.items()}


def hold_credit_action(
    table_name: str, account_id: str, amount_micros: int, at: str, *, must_be_available: bool
) -> Any:
    """The action that holds credit for something else than a call (a negative amount: makes it available again)."""
    values = {":amount": to_attribute(amount_micros), ":less": to_attribute(-amount_micros), ":at": {"S": at}}
    condition = "attribute_exists(PK)"
    if must_be_available:
        condition += " AND available_micros >= :amount"
    expression = "ADD held_micros :amount, available_micros :less SET updated_at = :at"
    return update(table_name, balance_key(account_id), expression, condition, values)
