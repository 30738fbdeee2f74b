"""Stores the reasons of refused calls that are announced: one item for each account, written at most
once an hour for each reason, so that a thousand refused calls are one event and one write.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from calling_credit.admission.decision import Ask
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import to_attribute
from calling_credit.dynamodb.transactions import transact, update
from calling_credit.instants import format_instant
from calling_credit.numbering import masked

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ANNOUNCED_EVERY: Final = timedelta(hours=1)


def announce_denial(
    client: "DynamoDBClient", table_name: str, ask: Ask, reason: str, known: dict[str, Any], now: datetime
) -> bool:
    """Keep that a call was refused, unless the same was kept of the account within the hour (`known` is the item as it
    was read); whether this call kept it. The table's stream tells the rest.

    Raises:
        Unavailable: the table did not take it in time.
    """
    announced: dict[str, str] = known.get("announced", {})
    if announced.get(reason, "") > format_instant(now - ANNOUNCED_EVERY):
        return False
    at, count = format_instant(now), known.get("denials", 0)
    said = {
        "announced": announced | {reason: at},
        "denials": count + 1,
        "reason": reason,
        "denied_at": at,
        "call_id": ask.call_id,
        "line_id": ask.line_id,
        "to": masked(ask.dialled_number),
    }
    values = {f":{name}": to_attribute(value) for name, value in said.items()}
    condition = "attribute_not_exists(PK)"
    if count:
        condition = "denials = :seen"
        values[":seen"] = to_attribute(count)
    keep = update(
        table_name,
        {"PK": {"S": keys.account_pk(ask.account_id)}, "SK": {"S": keys.denial_sk()}},
        "SET " + ", ".join(f"#{name} = :{name}" for name in said),
        condition,
        values,
        {f"#{name}": name for name in said},
    )
    return not transact(client, [keep])
