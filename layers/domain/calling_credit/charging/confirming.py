"""Confirms a suspicious call: its duration is right, so it counts toward automatic recharge at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from calling_credit.changes.actions import ChangeAction
from calling_credit.changes.actor import Actor
from calling_credit.changes.change import Change, change_action
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.dynamodb.keys import balance_key
from calling_credit.dynamodb.partition import Partition
from calling_credit.dynamodb.retries import retry_on_race
from calling_credit.dynamodb.transactions import transact, update
from calling_credit.errors import Conflict, NotFound, ProblemCode
from calling_credit.instants import format_instant
from calling_credit.ledger.charge_reader import read_charged_call

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CONFIRMED: Final = "confirmed"
"""The outcome of a listed call that an operator confirmed."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A confirmed call. `counted_at` is None if it costs nothing, so that it counts toward nothing."""

    call_key: str
    started_at: str
    confirmed_at: str
    confirmed_by: str
    counted_at: str | None

    def view(self) -> dict[str, Any]:
        """The confirmation in the form of the API."""
        return {
            "call_key": self.call_key,
            "started_at": self.started_at,
            "confirmed_at": self.confirmed_at,
            "confirmed_by": self.confirmed_by,
            "counted_at": self.counted_at,
        }


def confirm_call(
    client: "DynamoDBClient", table_name: str, account_id: str, call_key: str, actor: Actor, now: datetime
) -> Confirmation:
    """Confirm a suspicious call once, and count it unless it is counted already. Return the first confirmation.

    Raises:
        NotFound: `unknown_call`, the account has no suspicious call with this key.
        Conflict: `call_corrected`, an operator has corrected the call instead.
        Unavailable: `busy`, or the table did not answer in time; the same request is safe again.
    """
    partition = Partition(client, table_name, keys.account_pk(account_id))

    def attempt() -> Confirmation | None:
        item = _find(partition, call_key)
        if item.get("outcome") == CONFIRMED:
            return _confirmation(item)
        if "sweep_pk" not in item:
            raise call_corrected()
        happened_at, _ = keys.call_of(item["SK"])
        call = read_charged_call(client, table_name, account_id, happened_at, call_key)
        counts = "counted_at" not in item and call is not None and call.charged_micros > 0
        actions = _actions(table_name, account_id, item, actor, now, counts=counts)
        return None if transact(client, actions) else _confirmation(_find(partition, call_key))

    return retry_on_race("The call is", attempt)


def call_corrected() -> Conflict:
    """The error of confirming a call that was corrected."""
    return Conflict(
        ProblemCode.CALL_CORRECTED,
        "This call was corrected or waived, so there is nothing to confirm; see its details.",
    )


def _find(partition: Partition, call_key: str) -> dict[str, Any]:
    """The listed call with a key, the newest first. An account has few suspicious calls."""
    low, high = keys.suspicious_sk("", ""), keys.suspicious_sk(keys.AFTER, "")
    for item in partition.query(low, high, consistent=True, newest_first=True):
        if keys.call_of(item["SK"])[1] == call_key:
            return item
    raise NotFound(
        ProblemCode.UNKNOWN_CALL, "This account has no suspicious call with this key; its usage marks suspicious calls."
    )


def _confirmation(item: Mapping[str, Any]) -> Confirmation:
    happened_at, call_key = keys.call_of(item["SK"])
    return Confirmation(call_key, happened_at, item["settled_at"], item["confirmed_by"], item.get("counted_at"))


def _actions(
    table_name: str, account_id: str, item: Mapping[str, Any], actor: Actor, now: datetime, *, counts: bool
) -> list[dict[str, Any]]:
    """The actions of a confirmation. The list loses the call, so the sweep does not count it again."""
    happened_at, call_key = keys.call_of(item["SK"])
    key = to_attributes({"PK": item["PK"], "SK": item["SK"]})
    values = {":confirmed": CONFIRMED, ":by": actor.by, ":now": format_instant(now)}
    condition = "attribute_exists(sweep_pk) AND attribute_" + ("not_exists" if "counted_at" not in item else "exists")
    expression = "SET outcome = :confirmed, settled_at = :now, confirmed_by = :by"
    if counts:
        expression += ", counted_at = :now"
    mark = update(
        table_name, key, f"{expression} REMOVE sweep_pk, sweep_sk", f"{condition}(counted_at)", to_attributes(values)
    )
    new = {"started_at": happened_at, "counted": counts or "counted_at" in item}
    change = Change(ChangeAction.CALL_CONFIRMED, f"call:{call_key}", f"confirmed-{call_key}", None, new)
    actions = [mark, change_action(table_name, account_id, change, actor, now)]
    if counts:
        one = to_attributes({":one": 1})
        expression = "ADD calls_seen :one, nudge :one"
        actions.append(update(table_name, balance_key(account_id), expression, "attribute_exists(PK)", one))
    return actions
