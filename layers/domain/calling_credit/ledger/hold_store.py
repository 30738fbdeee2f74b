"""The actions that write, extend, and release holds with the balance.

The balance and the hold change in one transaction, so held credit always equals the sum of live holds.
"""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import to_attribute
from calling_credit.dynamodb.transactions import MAX_ATTEMPTS, put, transact, update
from calling_credit.instants import format_instant
from calling_credit.ledger.hold_items import hold_item, hold_key, hold_sweep_keys, spending_attributes
from calling_credit.ledger.holds import HOLD_RETENTION, Hold, HoldEnd, HoldStatus
from calling_credit.ledger.reserved_seconds import take_seconds
from calling_credit.ledger.reserved_spending import take_spending
from calling_credit.ledger.returned_reserves import return_actions

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def hold_actions(
    table_name: str,
    before: Hold | None,
    hold: Hold,
    posted: int,
    max_held: int,
    max_holds: int,
    grace: timedelta,
    refusing: Collection[str] = (),
) -> list[Any]:
    """The actions that hold credit for a new call, or more credit for a call in progress (`before`). A hold that ended
    with an unanswered call is replaced by that of the new attempt.

    The conditions: the credit is available, the account holds at most `max_held` micro-dollars, a new call finds fewer
    than `max_holds` holds, and the account is not frozen. The posted balance must still be `posted`, because a call
    charged since then has ended its hold but counts toward the day's spend. Included minutes must be left, and spending
    in the counters of the letters `refusing`. A call that minutes cover wholly needs no credit.
    """
    condition = "posted_micros = :posted AND attribute_not_exists(is_frozen)"
    is_new = before is None or before.is_of_unanswered_call
    if before is None or is_new:
        amount, count = hold.amount_micros, 1
        item = put(table_name, hold_item(hold, grace))
        first = item if before is None else _next_attempt(item, before)
        condition += " AND live_holds < :holds"
    else:
        amount, count = hold.amount_micros - before.amount_micros, 0
        first = _extension(table_name, before, hold, grace)
    values = {":posted": to_attribute(posted)}
    if hold.amount_micros or not hold.covered_seconds:
        condition += " AND available_micros >= :amount AND held_micros <= :max_held"
        values |= {":amount": to_attribute(amount), ":max_held": to_attribute(max_held)}
    if is_new:
        values[":holds"] = to_attribute(max_holds)
    credit = _move_credit(table_name, hold.account_id, amount, count, hold.asked_at, condition, values)
    extended = None if is_new else before
    covered = hold.covered_seconds - (0 if extended is None else extended.covered_seconds)
    spending = take_spending(table_name, extended, hold, refusing)
    return [first, credit, *take_seconds(table_name, hold, covered), *spending]


def release_actions(table_name: str, holds: Collection[Hold], status: HoldStatus, at: str) -> list[Any]:
    """The actions that end live holds of one account and return their credit, minutes, and spending; the
    balance last."""
    return [
        *(release_action(table_name, hold, status, at) for hold in holds),
        *return_actions(table_name, holds),
        release_balance_action(table_name, holds, at),
    ]


def release_balance_action(table_name: str, holds: Collection[Hold], at: str) -> dict[str, Any]:
    """The action that returns the credit of ended holds of one account to its balance."""
    [account_id] = {hold.account_id for hold in holds}
    amount = sum(hold.amount_micros for hold in holds)
    return _move_credit(table_name, account_id, -amount, -len(holds), at, "attribute_exists(PK)", {})


def release_action(table_name: str, hold: Hold, status: HoldStatus, at: str) -> dict[str, Any]:
    """The action that ends one hold, if it is live and unchanged. DynamoDB deletes it after the retention time."""
    values = {
        ":status": to_attribute(status),
        ":at": to_attribute(at),
        ":delete_at": to_attribute(int((datetime.fromisoformat(at) + HOLD_RETENTION).timestamp())),
        ":live": to_attribute(HoldStatus.LIVE),
        ":amount": to_attribute(hold.amount_micros),
        ":granted": to_attribute(hold.max_seconds),
        ":asked": to_attribute(hold.asked_at),
    }
    changes = "#status = :status, ended_at = :at, expires_at = :delete_at"
    if hold.ended_as is not None:
        changes += ", ended_as = :ended"
        values[":ended"] = to_attribute(hold.ended_as)
    repeated = "attribute_not_exists(repeated_at)"
    if hold.repeated_at:
        repeated, values[":repeated"] = "repeated_at = :repeated", to_attribute(hold.repeated_at)
    action = update(
        table_name,
        hold_key(hold.account_id, hold.call_key),
        f"SET {changes} REMOVE sweep_pk, sweep_sk",
        f"#status = :live AND amount_micros = :amount AND max_seconds = :granted AND asked_at = :asked AND {repeated}",
        values,
        {"#status": "status"},
    )
    action["Update"]["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    return action


def _next_attempt(action: dict[str, Any], before: Hold) -> dict[str, Any]:
    """The action that puts a hold in place of that of an unanswered call, if no other attempt has replaced it."""
    action["Put"]["ConditionExpression"] = "ended_as = :unanswered AND authorized_at = :authorized"
    action["Put"]["ExpressionAttributeValues"] = {
        ":unanswered": to_attribute(HoldEnd.UNANSWERED),
        ":authorized": to_attribute(before.authorized_at),
    }
    return action


def _extension(table_name: str, before: Hold, hold: Hold, grace: timedelta) -> dict[str, Any]:
    values = {
        ":amount": to_attribute(hold.amount_micros),
        ":seconds": to_attribute(hold.max_seconds),
        ":at": to_attribute(hold.asked_at),
        ":asked": to_attribute(hold.asked_seconds),
        ":sweep": to_attribute(hold_sweep_keys(hold, grace)["sweep_sk"]),
        ":live": to_attribute(HoldStatus.LIVE),
        ":held": to_attribute(before.amount_micros),
        ":granted": to_attribute(before.max_seconds),
    }
    more: dict[str, Any] = spending_attributes(hold) | (
        {"covered_seconds": hold.covered_seconds} if hold.covered_seconds else {}
    )
    values |= {f":{name}": to_attribute(value) for name, value in more.items()}
    also = "".join(f", {name} = :{name}" for name in more)
    limit = " REMOVE repeated_at, limited_by"
    if hold.limited_by is not None:
        limit = ", limited_by = :limit REMOVE repeated_at"
        values[":limit"] = to_attribute(hold.limited_by)
    return update(
        table_name,
        hold_key(hold.account_id, hold.call_key),
        "SET amount_micros = :amount, max_seconds = :seconds, asked_at = :at, asked_seconds = :asked, "
        f"sweep_sk = :sweep{also}{limit}",
        "#status = :live AND amount_micros = :held AND max_seconds = :granted",
        values,
        {"#status": "status"},
    )


def _move_credit(
    table_name: str, account_id: str, amount: int, count: int, at: str, condition: str, values: dict[str, Any]
) -> dict[str, Any]:
    """The action that moves credit from available to held, and counts the holds."""
    changes = {
        ":held": to_attribute(amount),
        ":free": to_attribute(-amount),
        ":count": to_attribute(count),
        ":at": to_attribute(at),
    }
    expression = "ADD held_micros :held, available_micros :free, live_holds :count SET updated_at = :at"
    key = {"PK": {"S": keys.account_pk(account_id)}, "SK": {"S": keys.balance_sk()}}
    return update(table_name, key, expression, condition, changes | values)


def expire_hold(
    client: "DynamoDBClient", table_name: str, hold: Hold, now: datetime, seconds_left: Callable[[], float]
) -> bool:
    """Expire a hold of the sweep index. Return False if it was released or extended meanwhile: the index may lag.

    Raises:
        Unavailable: the table did not answer in time; the next round tries again.
    """
    actions = release_actions(table_name, [hold], HoldStatus.EXPIRED, format_instant(now))
    return not transact(client, actions, seconds_left, max_attempts=MAX_ATTEMPTS)
