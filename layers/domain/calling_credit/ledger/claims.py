"""Claims of Idempotency-Keys: the item that lets a move of money happen once, and that answers a repeated request."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from calling_credit.changes.actor import Actor
from calling_credit.dynamodb import keys, move_keys
from calling_credit.dynamodb.attributes import Plain, to_attributes
from calling_credit.dynamodb.transactions import put
from calling_credit.errors import Conflict, ProblemCode
from calling_credit.instants import format_instant
from calling_credit.ledger.posting_plan import ActionName

CLAIM: Final[ActionName] = ("claim",)
"""The action that claims an Idempotency-Key."""


def claim_id(prefix: str, account_id: str, idempotency_key: str) -> str:
    """The id of every request with this account and key: a hash with framed lengths, so no two pairs collide."""
    framed = f"{len(account_id)}:{account_id}{idempotency_key}"
    return f"{prefix}_{hashlib.sha256(framed.encode()).hexdigest()[:32]}"


def claim_action(
    table_name: str, account_id: str, move_id: str, facts: Mapping[str, Plain], actor: Actor, at: datetime
) -> dict[str, Any]:
    """The action that claims a move, with the facts of its request."""
    item = {
        "PK": keys.account_pk(account_id),
        "SK": move_keys.move_sk(move_id),
        **facts,
        "by": actor.by,
        "recorded_at": format_instant(at),
    }
    return put(table_name, to_attributes(item))


def check_same(claimed: Mapping[str, Any], facts: Mapping[str, Plain]) -> None:
    """Check that a repeated request states the same facts.

    Raises:
        Conflict: `idempotency_key_reused`.
    """
    if any(claimed.get(name) != value for name, value in facts.items()):
        raise Conflict(
            ProblemCode.IDEMPOTENCY_KEY_REUSED,
            "This Idempotency-Key was used with another request; use a new key for a new request.",
        )
