"""A move of money that a member of the staff or a client asks for. Does not read the table."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any, Final

from calling_credit.charging.corrections import CorrectionRequest, correction_id
from calling_credit.charging.goodwill import GoodwillRequest
from calling_credit.dynamodb import keys, lot_keys
from calling_credit.ledger.adjustments import Adjustment, adjustment_id
from calling_credit.ledger.claims import claim_id
from calling_credit.lots.promotion import PromotionRequest
from calling_credit.money import format_money
from calling_credit.payments.refunds import RefundRequest
from calling_credit.payments.transfers import TransferRequest

Request = Adjustment | CorrectionRequest | GoodwillRequest | TransferRequest | RefundRequest | PromotionRequest


class MoveKind(StrEnum):
    """The kinds of moves."""

    ADJUSTMENT = "adjustment"
    CORRECTION = "correction"
    GOODWILL = "goodwill"
    TRANSFER = "transfer"
    REFUND = "refund"
    PROMOTION = "promotion"


FORMS: Final[Mapping[MoveKind, type[Request]]] = {
    MoveKind.ADJUSTMENT: Adjustment,
    MoveKind.CORRECTION: CorrectionRequest,
    MoveKind.GOODWILL: GoodwillRequest,
    MoveKind.TRANSFER: TransferRequest,
    MoveKind.REFUND: RefundRequest,
    MoveKind.PROMOTION: PromotionRequest,
}
"""The form of the request of each kind."""
_PREFIXES: Final = {MoveKind.GOODWILL: "gw", MoveKind.TRANSFER: "tr", MoveKind.REFUND: "rf", MoveKind.PROMOTION: "prm"}


@dataclass(frozen=True, slots=True)
class Move:
    """A requested move of an account, under an Idempotency-Key. A transfer is one of its sender. A promotion is of no
    account, whose id is empty.
    """

    kind: MoveKind
    account_id: str
    key: str
    request: Request

    @property
    def move_id(self) -> str:
        """The id of every request of this kind with this account and key."""
        if self.kind is MoveKind.ADJUSTMENT:
            return adjustment_id(self.account_id, self.key)
        if self.kind is MoveKind.CORRECTION:
            return correction_id(self.account_id, self.key)
        return claim_id(_PREFIXES[self.kind], self.account_id, self.key)

    @property
    def partition(self) -> str:
        """The partition in which the changes of the move are recorded."""
        if isinstance(self.request, PromotionRequest):
            return lot_keys.promotion_pk(self.request.code)
        return keys.account_pk(self.account_id)

    @property
    def fields(self) -> dict[str, Any]:
        """The request in plain values, without None, as an approval stores it."""
        return {name: value for name, value in asdict(self.request).items() if value is not None}

    @property
    def reason(self) -> str:
        """Why the credit moves."""
        return self.request.reason

    def view(self) -> dict[str, Any]:
        """The request in the form of the API: amounts as money, ids as the routes name them."""
        view = {name: value for name, value in self.fields.items() if name not in ("account_id", "from_account_id")}
        names = {"topup_id": "top_up_id", "happened_at": "started_at", "suspends": "suspend_recharge"}
        view = {names.get(name, name): value for name, value in view.items()}
        for name in ("amount", "total"):
            if f"{name}_micros" in view:
                view[name] = format_money(view.pop(f"{name}_micros"))
        return view


def move_from_fields(kind: MoveKind, account_id: str, key: str, values: Mapping[str, Any]) -> Move:
    """The move that an approval stores."""
    form: Any = FORMS[kind]
    named = {field.name: values.get(field.name) for field in fields(form)}
    return Move(kind, account_id, key, form(**named))


def adjustment_move(account_id: str, key: str, adjustment: Adjustment) -> Move:
    """An adjustment as a move."""
    return Move(MoveKind.ADJUSTMENT, account_id, key, adjustment)


def correction_move(account_id: str, key: str, request: CorrectionRequest) -> Move:
    """A correction or waiver of a call as a move."""
    return Move(MoveKind.CORRECTION, account_id, key, request)
