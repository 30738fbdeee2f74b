"""Stores holds: as an item, and the actions that write, extend, and release them with the balance.

The balance and the hold change in one transaction, so held credit always equals the sum of live holds.
"""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from calling_credit.dynamodb import keys, sweep_keys
from calling_credit.dynamodb.attributes import drop_if_large, from_attributes, to_attribute, to_attributes
from calling_credit.dynamodb.transactions import MAX_ATTEMPTS, put, transact, update
from calling_credit.dynamodb.unreadable import decoder
from calling_credit.instants import format_instant
from calling_credit.ledger.holds import HOLD_GRACE, HOLD_RETENTION, Hold, HoldEnd, HoldStatus
from calling_credit.ledger.reserved_seconds import return_seconds, take_seconds
from calling_credit.rates.stored_rows import row_attributes, row_from_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

HOLD_KIND: Final = "hold"
GROWTH_BYTES: Final = 104
"""By how much requests may enlarge a hold: longer numbers, why it was limited, and when it was asked for again."""


def hold_key(account_id: str, call_key: str) -> dict[str, Any]:
    """The item key of a hold."""
    return {"PK": {"S": keys.account_pk(account_id)}, "SK": {"S": keys.hold_sk(call_key)}}


def hold_item(hold: Hold, grace: timedelta = HOLD_GRACE) -> dict[str, Any]:
    """The item of a live hold, at most 1,024 bytes (one write unit); an unusual call id is kept if it fits. It has no
    `expires_at` while it is live, because DynamoDB must not delete held money.
    """
    item = to_attributes(
        {
            "PK": keys.account_pk(hold.account_id),
            "SK": keys.hold_sk(hold.call_key),
            "call_id": hold.call_id if hold.call_id != hold.call_key else None,
            "status": hold.status,
            "amount_micros": hold.amount_micros,
            "max_seconds": hold.max_seconds,
            "line_id": hold.line_id,
            "to": hold.dialled_number,
            "dialled_from": hold.origin,
            "deck": hold.deck_version,
            "authorized_at": hold.authorized_at,
            "asked_at": hold.asked_at,
            "asked_seconds": hold.asked_seconds,
            "limited_by": hold.limited_by,
            "covered_seconds": hold.covered_seconds or None,
            "bundle": hold.bundle or None,
            "deck_minute": hold.deck_minute or None,
            **row_attributes(hold.row),
            **_sweep_keys(hold, grace),
        }
    )
    return drop_if_large(item, "call_id", GROWTH_BYTES)


def _sweep_keys(hold: Hold, grace: timedelta) -> dict[str, str]:
    return {
        "sweep_pk": sweep_keys.sweep_pk(HOLD_KIND, hold.account_id),
        "sweep_sk": f"{hold.live_until(grace)}#{hold.account_id}#{hold.call_key}",
    }


@decoder
def hold_from_item(attributes: dict[str, Any]) -> Hold:
    """The hold of an item."""
    item = from_attributes(attributes)
    for name in ("authorized_at", "asked_at"):
        datetime.fromisoformat(item[name])
    if min(item["amount_micros"], item["max_seconds"], item["asked_seconds"]) < 0:
        raise ValueError("a hold takes no credit and no time away")
    return Hold(
        account_id=keys.account_of(item["PK"]),
        call_key=keys.id_of(item["SK"]),
        call_id=item.get("call_id", keys.id_of(item["SK"])),
        line_id=item["line_id"],
        dialled_number=item["to"],
        origin=item["dialled_from"],
        status=HoldStatus(item["status"]),
        amount_micros=item["amount_micros"],
        max_seconds=item["max_seconds"],
        deck_version=item["deck"],
        row=row_from_item(item),
        authorized_at=item["authorized_at"],
        asked_at=item["asked_at"],
        asked_seconds=item["asked_seconds"],
        limited_by=item.get("limited_by"),
        ended_as=item.get("ended_as"),
        repeated_at=item.get("repeated_at", ""),
        covered_seconds=item.get("covered_seconds", 0),
        bundle=item.get("bundle", ""),
        deck_minute=item.get("deck_minute", 0),
    )


def hold_actions(
    table_name: str, before: Hold | None, hold: Hold, posted: int, max_held: int, max_holds: int, grace: timedelta
) -> list[Any]:
    """The actions that hold credit for a new call, or more credit for a call in progress (`before`). A hold that ended
    with an unanswered call is replaced by that of the new attempt.

    The conditions: the credit is available, the account holds at most `max_held` micro-dollars, a new call finds fewer
    than `max_holds` holds, and the account is not frozen. The posted balance must still be `posted`, because a call
    charged since then has ended its hold but counts toward the day's spend. Included minutes must be left. A call that
    they cover wholly needs no credit.
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
    covered = hold.covered_seconds - (0 if before is None or is_new else before.covered_seconds)
    return [first, credit, *take_seconds(table_name, hold, covered)]


def release_actions(table_name: str, holds: Collection[Hold], status: HoldStatus, at: str) -> list[Any]:
    """The actions that end live holds of one account and return their credit and minutes; the balance last."""
    return [
        *(release_action(table_name, hold, status, at) for hold in holds),
        *return_seconds(table_name, holds),
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
        ":sweep": to_attribute(_sweep_keys(hold, grace)["sweep_sk"]),
        ":live": to_attribute(HoldStatus.LIVE),
        ":held": to_attribute(before.amount_micros),
        ":granted": to_attribute(before.max_seconds),
    }
    covered = ", covered_seconds = :covered" if hold.covered_seconds else ""
    if hold.covered_seconds:
        values[":covered"] = to_attribute(hold.covered_seconds)
    limit = " REMOVE repeated_at, limited_by"
    if hold.limited_by is not None:
        limit = ", limited_by = :limit REMOVE repeated_at"
        values[":limit"] = to_attribute(hold.limited_by)
    return update(
        table_name,
        hold_key(hold.account_id, hold.call_key),
        "SET amount_micros = :amount, max_seconds = :seconds, asked_at = :at, asked_seconds = :asked, "
        f"sweep_sk = :sweep{covered}{limit}",
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
