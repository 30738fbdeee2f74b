"""Lists calls for operators: unrated calls with all their fields until a deck covers them, and charged
calls that are stray, suspicious, or of another line than their number.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from calling_credit.accounts.number_history import LineName
from calling_credit.calls import Call
from calling_credit.correlation import CORRELATION_ID
from calling_credit.dynamodb import desk_keys, keys, sweep_keys
from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.dynamodb.errors import AWS_ERRORS, is_condition_failed
from calling_credit.dynamodb.transactions import transact
from calling_credit.errors import Unavailable
from calling_credit.instants import format_instant
from calling_credit.ledger.entries import same_facts

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

UNRATED: Final = "unrated"
STRAY: Final = "stray"
SUSPICIOUS: Final = "suspicious"
LINE_MISMATCH: Final = "line_mismatch"


class ListOutcome(StrEnum):
    """The outcome of listing a call."""

    LISTED = "listed"
    REPLAYED = "replayed"
    CONFLICT = "conflict"
    NOT_LISTED = "not_listed"


def list_unrated_call(
    client: "DynamoDBClient",
    table_name: str,
    call: Call,
    now: datetime,
    seconds_left: Callable[[], float],
    sleep: Callable[[float], None] = time.sleep,
) -> ListOutcome:
    """List a call that no deck row covers, unless it is listed or charged already.

    The check of the entry and the put are one transaction, so a redelivery of a charged call is not listed after a
    deck lost its destination.
    """
    pk = {"S": keys.account_pk(call.account_id)}
    entry = {"PK": pk, "SK": {"S": keys.entry_sk(call.happened_at, call.call_key)}}
    condition = {"ConditionExpression": "attribute_not_exists(PK)", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    actions: list[Any] = [
        {"ConditionCheck": {"TableName": table_name, "Key": entry, **condition}},
        {"Put": {"TableName": table_name, "Item": _unrated_item(call, now), **condition}},
    ]
    if seconds_left() <= 0:
        return ListOutcome.NOT_LISTED
    try:
        failed = transact(client, actions, seconds_left, sleep)
    except Unavailable:
        return ListOutcome.NOT_LISTED
    if not failed:
        return ListOutcome.LISTED
    is_replay = any(same_facts(item, call) for item in failed.values())
    return ListOutcome.REPLAYED if is_replay else ListOutcome.CONFLICT


def list_unrated_calls(
    client: "DynamoDBClient",
    table_name: str,
    calls: Sequence[Call],
    now: datetime,
    seconds_left: Callable[[], float],
    threads: int = 1,
) -> dict[tuple[str, str, str], ListOutcome]:
    """List several calls in parallel. Return the outcome of each by the call's key."""
    with ThreadPoolExecutor(max(1, min(threads, len(calls)))) as pool:
        outcomes = pool.map(lambda call: list_unrated_call(client, table_name, call, now, seconds_left), calls)
        return {call.key: outcome for call, outcome in zip(calls, outcomes, strict=True)}


def list_calls(client: "DynamoDBClient", table_name: str, items: Iterable[dict[str, Any]]) -> None:
    """List charged calls for an operator, unless they are listed already."""
    for item in items:
        try:
            client.put_item(TableName=table_name, Item=item, ConditionExpression="attribute_not_exists(PK)")
        except AWS_ERRORS as error:
            if not is_condition_failed(error):
                raise


def stray_item(call: Call, now: datetime) -> dict[str, Any]:
    """The item of a charged call whose line is unknown or has international calling off."""
    return to_attributes(
        {
            "PK": keys.account_pk(call.account_id),
            "SK": keys.stray_sk(call.happened_at, call.call_key),
            "line_id": call.line_id,
            "user_id": call.user_id,
            **_sweep_keys(STRAY, call, now),
        }
    )


def mismatch_item(call: Call, line: LineName, now: datetime) -> dict[str, Any]:
    """The item of a charged call whose number belonged to another line."""
    return to_attributes(
        {
            "PK": keys.account_pk(call.account_id),
            "SK": desk_keys.mismatch_sk(call.happened_at, call.call_key),
            "line_id": call.line_id,
            "user_id": call.user_id,
            "number_account_id": line.account_id,
            "number_line_id": line.line_id,
            **_sweep_keys(LINE_MISMATCH, call, now),
        }
    )


def is_waiting(item: Mapping[str, Any]) -> bool:
    """Whether an unrated call still waits for a price."""
    return "sweep_pk" in item


def suspicious_item(call: Call, granted_seconds: int | None, now: datetime) -> dict[str, Any]:
    """The item of a charged call whose duration is hard to believe."""
    return to_attributes(
        {
            "PK": keys.account_pk(call.account_id),
            "SK": keys.suspicious_sk(call.happened_at, call.call_key),
            "line_id": call.line_id,
            "user_id": call.user_id,
            "duration_seconds": call.duration_seconds,
            "granted_seconds": granted_seconds,
            **_sweep_keys(SUSPICIOUS, call, now),
        }
    )


def _unrated_item(call: Call, now: datetime) -> dict[str, Any]:
    return to_attributes(
        {
            "PK": keys.account_pk(call.account_id),
            "SK": keys.unrated_sk(call.happened_at, call.call_key),
            "call_id": call.call_id if call.call_id != call.call_key else None,
            "line_id": call.line_id,
            "user_id": call.user_id,
            "direction": "outbound",
            "from": call.calling_number,
            "origin": call.origin,
            "to": call.dialled_number,
            "ended_at": call.ended_at,
            "duration_seconds": call.duration_seconds,
            "disposition": "answered",
            "facts_hash": call.facts_hash,
            "facts_version": call.facts_version,
            CORRELATION_ID: call.correlation_id,
            **_sweep_keys(UNRATED, call, now),
        }
    )


def _sweep_keys(kind: str, call: Call, now: datetime) -> dict[str, str]:
    return {
        "recorded_at": format_instant(now),
        "sweep_pk": sweep_keys.sweep_pk(kind, call.account_id),
        "sweep_sk": f"{call.happened_at}#{call.account_id}#{call.call_key}",
    }
