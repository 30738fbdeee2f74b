"""A transfer of credit between two accounts: its request, and its two entries. Does not read the table.

The entries of a transfer sum to zero. A transfer takes at most the available credit, only between open accounts that
are not frozen, and never money of a blocked card.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from calling_credit.categories import TRANSFER
from calling_credit.errors import InvalidValue, ProblemCode
from calling_credit.ids import check_id
from calling_credit.instants import format_instant
from calling_credit.ledger.entries import Entry, EntryKind, local_date_of
from calling_credit.money import MICROS_PER_DOLLAR, format_money, parse_money
from calling_credit.request_fields import read_text

MAX_TRANSFER_MICROS: Final = 100_000 * MICROS_PER_DOLLAR
MAX_REASON_CHARACTERS: Final = 200


@dataclass(frozen=True, slots=True)
class TransferRequest:
    """What staff ask for: credit of one account for another."""

    from_account_id: str
    to_account_id: str
    amount_micros: int
    reason: str

    @property
    def facts(self) -> dict[str, str | int]:
        """What a repeated request must state again."""
        return {
            "kind": "transfer",
            "to_account_id": self.to_account_id,
            "amount_micros": self.amount_micros,
            "reason": self.reason,
        }


def parse_transfer(body: Mapping[str, Any]) -> TransferRequest:
    """Parse a transfer from `{from_account_id, to_account_id, amount, reason}`.

    Raises:
        InvalidValue: missing_field, invalid_id, invalid_field (to the same account), invalid_amount,
            amount_out_of_range.
    """
    for field in ("from_account_id", "to_account_id", "amount"):
        if field not in body:
            raise InvalidValue(ProblemCode.MISSING_FIELD, f"{field} is missing; send it.")
    sender, receiver = (_account_id(body, field) for field in ("from_account_id", "to_account_id"))
    if sender == receiver:
        raise InvalidValue(ProblemCode.INVALID_FIELD, "to_account_id must name another account than from_account_id.")
    amount = parse_money(body["amount"], decimals=2)
    if not 0 < amount <= MAX_TRANSFER_MICROS:
        limit = format_money(MAX_TRANSFER_MICROS)
        raise InvalidValue(ProblemCode.AMOUNT_OUT_OF_RANGE, f"amount must be between 0.01 and {limit}.")
    return TransferRequest(sender, receiver, amount, read_text(dict(body), "reason", MAX_REASON_CHARACTERS))


def _account_id(body: Mapping[str, Any], field: str) -> str:
    value = body[field]
    if not isinstance(value, str):
        raise InvalidValue(ProblemCode.INVALID_ID, f"{field} must be text, the id of an account.")
    return check_id(value, field)


def transfer_entries(
    request: TransferRequest, transfer_id: str, zones: tuple[str, str], now: datetime
) -> tuple[Entry, Entry]:
    """The entries of the sender and of the receiver, on the local day of each. They sum to zero."""
    sides = (
        (request.from_account_id, request.to_account_id, EntryKind.TRANSFER_SENT, -request.amount_micros),
        (request.to_account_id, request.from_account_id, EntryKind.TRANSFER_RECEIVED, request.amount_micros),
    )
    at = format_instant(now)
    sent, received = (
        Entry(
            account_id=account_id,
            happened_at=at,
            cause_id=transfer_id,
            kind=kind,
            category=TRANSFER,
            amount_micros=amount,
            local_date=local_date_of(at, time_zone),
            recorded_at=at,
            facts_hash=transfer_id,
            explanation={"reason": request.reason, "other_account_id": other_id},
        )
        for (account_id, other_id, kind, amount), time_zone in zip(sides, zones, strict=True)
    )
    return sent, received


def transfer_view(request: TransferRequest, transfer_id: str, balances: tuple[int, int]) -> dict[str, str]:
    """A transfer in the form of the API, with the posted balances of both accounts."""
    return {
        "id": transfer_id,
        "from_account_id": request.from_account_id,
        "to_account_id": request.to_account_id,
        "amount": format_money(request.amount_micros),
        "from_balance": format_money(balances[0]),
        "to_balance": format_money(balances[1]),
    }
