"""Posts an operator's adjustment exactly once per Idempotency-Key. The claim of the key, the entry, the day, the
balance, and the recorded change are one transaction, so a repeated request finds the claim and adds no second credit.
The caller may extend that transaction, as by the lot of credit that is given on terms.
"""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from calling_credit.changes.actions import ChangeAction
from calling_credit.changes.actor import Actor
from calling_credit.changes.change import Change, change_action
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import from_attributes, to_attributes
from calling_credit.dynamodb.partition import Partition
from calling_credit.dynamodb.retries import busy, retry_on_race
from calling_credit.errors import Conflict, InvalidValue, NotFound, ProblemCode
from calling_credit.ledger.credit_terms import CreditKind, parse_expiry, parse_kind, parse_lot_id
from calling_credit.ledger.entries import adjustment_entry
from calling_credit.ledger.permits import Permit, add_permit, check_permitted, unlimited
from calling_credit.ledger.posting import posting_plan
from calling_credit.ledger.posting_plan import BALANCE, ActionName, Plan
from calling_credit.money import MICROS_PER_DOLLAR, format_money, parse_money
from calling_credit.request_fields import read_text

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


MAX_ADJUSTMENT_MICROS: Final = 100_000 * MICROS_PER_DOLLAR
MAX_REASON_CHARACTERS: Final = 200
CLAIM: Final[ActionName] = ("claim",)
"""The action that claims an Idempotency-Key."""
CHANGE: Final[ActionName] = ("change",)
"""The action that records the change."""
Extension = Callable[[Plan], None]
"""Adds actions to the transaction, from what it reads for each attempt."""


@dataclass(frozen=True, slots=True)
class Adjustment:
    """Credit that the operator gives (positive) or takes (negative), and the reason. Credit that is given on terms has
    a kind and may expire; other credit is like bought credit. `lot_id`: the given credit from which it takes back.
    """

    amount_micros: int
    reason: str
    kind: str | None = None
    expires_at: str | None = None
    lot_id: str | None = None

    @property
    def has_terms(self) -> bool:
        """Whether the credit is kept apart until it is used."""
        return self.kind is not None


def parse_adjustment(body: dict[str, Any]) -> Adjustment:
    """Parse an adjustment from `{amount, reason[, kind][, expires_at][, lot_id]}`. Credit with an expiry is granted by
    default.

    Raises:
        InvalidValue: missing_field, invalid_amount, amount_out_of_range, invalid_field, invalid_timestamp.
    """
    if "amount" not in body:
        raise InvalidValue(
            ProblemCode.MISSING_FIELD, 'amount is missing; send a signed decimal string such as "-2.50".'
        )
    amount = parse_money(body["amount"], decimals=4)
    if amount == 0 or abs(amount) > MAX_ADJUSTMENT_MICROS:
        limit = format_money(MAX_ADJUSTMENT_MICROS)
        raise InvalidValue(
            ProblemCode.AMOUNT_OUT_OF_RANGE, f"amount must be between -{limit} and {limit}, and not zero."
        )
    kind, expires_at, lot_id = parse_kind(body), parse_expiry(body), parse_lot_id(body)
    if amount < 0 and (kind is not None or expires_at is not None):
        raise InvalidValue(
            ProblemCode.INVALID_FIELD,
            "kind and expires_at are terms of given credit; send a positive amount with them.",
        )
    if amount > 0 and lot_id is not None:
        raise InvalidValue(
            ProblemCode.INVALID_FIELD, "lot_id names the credit that is taken back; send a negative amount with it."
        )
    if kind is None and expires_at is not None:
        kind = CreditKind.GRANTED
    return Adjustment(amount, read_text(body, "reason", MAX_REASON_CHARACTERS), kind, expires_at, lot_id)


def adjustment_id(account_id: str, idempotency_key: str) -> str:
    """The id of every request with this account and key: a hash with framed lengths, so no two pairs collide."""
    framed = f"{len(account_id)}:{account_id}{idempotency_key}"
    return f"adj_{hashlib.sha256(framed.encode()).hexdigest()[:32]}"


def adjust_balance(
    client: "DynamoDBClient",
    table_name: str,
    account_id: str,
    idempotency_key: str,
    adjustment: Adjustment,
    time_zone: str,
    actor: Actor,
    now: datetime,
    sleep: Callable[[float], None] = time.sleep,
    permit: Permit = unlimited,
    extension: Extension | None = None,
) -> str:
    """Post an adjustment. Return its id, also if an earlier request with the same key posted it. An extended adjustment
    is tried again if it lost a race.

    Raises:
        Conflict: `idempotency_key_reused`, the key was used with another amount, reason, or terms; those of the
            extension.
        NotPermitted: the permit of the credit that the adjustment gives does not hold.
        NotFound: `unknown_account`.
        Unavailable: the table did not answer in time, or `busy`; the same request is safe again.
    """

    def attempt() -> str | None:
        return _post(
            client, table_name, account_id, idempotency_key, adjustment, time_zone, actor, now, sleep, permit, extension
        )

    return retry_on_race("The account is", attempt)


def _post(
    client: "DynamoDBClient",
    table_name: str,
    account_id: str,
    idempotency_key: str,
    adjustment: Adjustment,
    time_zone: str,
    actor: Actor,
    now: datetime,
    sleep: Callable[[float], None],
    permit: Permit,
    extension: Extension | None,
) -> str | None:
    """Post an adjustment; None if an extended one lost a race."""
    identifier = adjustment_id(account_id, idempotency_key)
    entry = adjustment_entry(
        account_id,
        identifier,
        adjustment.amount_micros,
        adjustment.reason,
        time_zone,
        actor.by,
        now,
        adjustment.lot_id,
    )
    plan = posting_plan(table_name, [entry])
    plan.add(CLAIM, _claim_action(table_name, account_id, identifier, adjustment, entry.recorded_at))
    add_permit(plan, permit, adjustment.amount_micros)
    new = {"amount": format_money(adjustment.amount_micros), "reason": adjustment.reason}
    terms = (("kind", adjustment.kind), ("expires_at", adjustment.expires_at), ("lot_id", adjustment.lot_id))
    new |= {name: value for name, value in terms if value}
    change = Change(ChangeAction.ADJUSTMENT_POSTED, f"adjustment:{identifier}", identifier, new=new)
    plan.add(CHANGE, change_action(table_name, account_id, change, actor, now))
    if extension is not None:
        extension(plan)
    failed = plan.write(client, sleep=sleep)
    if CLAIM in failed:
        _check_same(from_attributes(failed[CLAIM]), adjustment)
        return identifier
    check_permitted(failed, adjustment.amount_micros)
    if failed and extension is not None:
        return None
    if failed and BALANCE not in failed:
        raise busy("The account is")
    if failed:
        raise NotFound(ProblemCode.UNKNOWN_ACCOUNT, "This account does not exist; create it first.")
    return identifier


def _claim_action(
    table_name: str, account_id: str, identifier: str, adjustment: Adjustment, recorded_at: str
) -> dict[str, Any]:
    claim: dict[str, Any] = {
        "PK": keys.account_pk(account_id),
        "SK": keys.adjustment_sk(identifier),
        "amount_micros": adjustment.amount_micros,
        "reason": adjustment.reason,
        "recorded_at": recorded_at,
        **_terms(adjustment),
    }
    return {
        "Put": {
            "TableName": table_name,
            "Item": to_attributes(claim),
            "ConditionExpression": "attribute_not_exists(PK)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
    }


def stored_adjustment(
    client: "DynamoDBClient", table_name: str, account_id: str, key: str, adjustment: Adjustment
) -> str | None:
    """The id of the adjustment that an earlier request with the same key posted; None without one.

    Raises:
        Conflict: `idempotency_key_reused`.
    """
    identifier = adjustment_id(account_id, key)
    claimed = Partition(client, table_name, keys.account_pk(account_id)).get(keys.adjustment_sk(identifier))
    if claimed is None:
        return None
    _check_same(claimed, adjustment)
    return identifier


def _check_same(claimed: dict[str, Any], adjustment: Adjustment) -> None:
    terms = {name: claimed[name] for name in ("kind", "ends_at", "lot_id") if name in claimed}
    stored = claimed["amount_micros"], claimed["reason"], terms
    if stored != (adjustment.amount_micros, adjustment.reason, _terms(adjustment)):
        raise Conflict(
            ProblemCode.IDEMPOTENCY_KEY_REUSED,
            "This Idempotency-Key was used with another adjustment; use a new key for a new adjustment.",
        )


def _terms(adjustment: Adjustment) -> dict[str, str]:
    """The terms of given credit, or the credit that is taken back, as the claim stores them."""
    terms = {"kind": adjustment.kind, "ends_at": adjustment.expires_at, "lot_id": adjustment.lot_id}
    return {name: str(value) for name, value in terms.items() if value is not None}
