"""What a person or a client may still move on one day (UTC), stored as what is left.

The law: the counter and the move that it counts are one transaction. DynamoDB's conditions have no arithmetic, so the
counter stores what is left of the limit, and a move takes its amount on the condition that enough is left.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from calling_credit.changes.actor import Actor, ActorKind
from calling_credit.dynamodb import move_keys
from calling_credit.dynamodb.attributes import to_attribute
from calling_credit.dynamodb.transactions import update

RETENTION: Final = timedelta(days=40)
"""How long the counter of a day is stored."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """The counter of one holder on one day. It has `limit_micros` before its first move."""

    holder_pk: str
    day: str
    limit_micros: int
    expires_at: int = 0

    @property
    def key(self) -> dict[str, Any]:
        """The item key of the counter."""
        return {"PK": {"S": self.holder_pk}, "SK": {"S": move_keys.moved_sk(self.day)}}


def allowance_of(actor: Actor, limit_micros: int, now: datetime) -> Allowance:
    """The counter of a member of the staff or of a client, today."""
    holder = move_keys.staff_pk(actor.id) if actor.kind is ActorKind.STAFF else move_keys.client_pk(actor.id)
    return Allowance(holder, now.astimezone(UTC).date().isoformat(), limit_micros, int((now + RETENTION).timestamp()))


def take_action(table_name: str, allowance: Allowance, amount_micros: int) -> dict[str, Any]:
    """The action that takes an amount, if that much is left."""
    condition = "left_micros >= :amount"
    if amount_micros <= allowance.limit_micros:
        condition = f"attribute_not_exists(PK) OR {condition}"
    return _lower(table_name, allowance, amount_micros, condition)


def count_action(table_name: str, allowance: Allowance, amount_micros: int) -> dict[str, Any]:
    """The action that takes an amount that a second person has approved. What is left may become negative."""
    return _without_condition(_lower(table_name, allowance, amount_micros, ""))


def return_action(table_name: str, allowance: Allowance, amount_micros: int) -> dict[str, Any]:
    """The action that returns the amount of a move that came to nothing. A counter that is gone is not needed."""
    values = {":amount": to_attribute(amount_micros), ":at": to_attribute(allowance.expires_at)}
    expression = "ADD left_micros :amount SET expires_at = if_not_exists(expires_at, :at)"
    return _without_condition(update(table_name, allowance.key, expression, "", values))


def _lower(table_name: str, allowance: Allowance, amount_micros: int, condition: str) -> dict[str, Any]:
    values = {
        ":amount": to_attribute(amount_micros),
        ":limit": to_attribute(allowance.limit_micros),
        ":at": to_attribute(allowance.expires_at),
    }
    expression = "SET left_micros = if_not_exists(left_micros, :limit) - :amount, expires_at = :at"
    return update(table_name, allowance.key, expression, condition, values)


def _without_condition(action: dict[str, Any]) -> dict[str, Any]:
    del action["Update"]["ConditionExpression"]
    return action
