"""Announces denied calls through one item per account, which is written at most once an hour for each reason.

The table's stream turns each write into an event, so a thousand denied calls give one event.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from calling_credit.admission.decision import AdmissionRequest
from calling_credit.correlation import CORRELATION_ID, stored_correlation
from calling_credit.dynamodb import keys, refusal_keys
from calling_credit.dynamodb.attributes import to_attribute
from calling_credit.dynamodb.transactions import transact, update
from calling_credit.instants import format_instant
from calling_credit.masking import masked

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ANNOUNCED_EVERY: Final = timedelta(hours=1)


def announce_denial(
    client: "DynamoDBClient",
    table_name: str,
    request: AdmissionRequest,
    reason: str,
    item: dict[str, Any],
    now: datetime,
) -> bool:
    """Announce a denied call, unless the account's `item` shows the same reason within the last hour.

    Returns:
        Whether this call announced it.

    Raises:
        Unavailable: The table did not accept the write in time.
    """
    announced: dict[str, str] = item.get("announced", {})
    if announced.get(reason, "") > format_instant(now - ANNOUNCED_EVERY):
        return False
    at, count = format_instant(now), item.get("denials", 0)
    values_by_name = {
        "announced": announced | {reason: at},
        "denials": count + 1,
        "reason": reason,
        "denied_at": at,
        "call_id": request.call_key,
        "line_id": request.line_id,
        "to": masked(request.dialled_number),
        CORRELATION_ID: stored_correlation(),
    }
    values = {f":{name}": to_attribute(value) for name, value in values_by_name.items()}
    condition = "attribute_not_exists(PK)"
    if count:
        condition = "denials = :seen"
        values[":seen"] = to_attribute(count)
    announce = update(
        table_name,
        {"PK": {"S": keys.account_pk(request.account_id)}, "SK": {"S": refusal_keys.denial_sk()}},
        "SET " + ", ".join(f"#{name} = :{name}" for name in values_by_name),
        condition,
        values,
        {f"#{name}": name for name in values_by_name},
    )
    return not transact(client, [announce])
