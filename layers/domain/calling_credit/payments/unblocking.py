"""Unblocks a card for the operator: its number and its copies, and the rule that its dispute suspended."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from calling_credit.changes.actor import Actor
from calling_credit.errors import InvalidValue, NotFound, ProblemCode
from calling_credit.ids import is_topup_id
from calling_credit.payments.card_store import CardStore
from calling_credit.recharge import attempts
from calling_credit.recharge.attempts import State
from calling_credit.recharge.decision import StopReason
from calling_credit.recharge.store import RechargeStore
from calling_credit.recharge.suspensions import clear_disputes
from calling_credit.request_fields import read_text
from calling_credit.topups.parsing import parse_payment_method_id
from calling_credit.topups.store import TopUpStore
from calling_credit.topups.topup import Card, TopUp

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_REASON_CHARACTERS: Final = 200
PAGE: Final = 100


@dataclass(frozen=True, slots=True)
class UnblockRequest:
    """Which card to unblock, by its payment method or by one of its payments, and why."""

    payment_method_id: str | None
    topup_id: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Unblocked:
    """The card, whether it was blocked, and whether the account's rule resumes."""

    card: Card
    was_blocked: bool
    resumes: bool


def parse_unblock(body: dict[str, Any]) -> UnblockRequest:
    """Parse `{payment_method_id | top_up_id, reason}`.

    Raises:
        InvalidValue: missing_field, invalid_field, invalid_payment_method.
    """
    if ("payment_method_id" in body) == ("top_up_id" in body):
        raise InvalidValue(ProblemCode.MISSING_FIELD, "Send either payment_method_id or top_up_id.")
    reason = read_text(body, "reason", MAX_REASON_CHARACTERS)
    if "top_up_id" not in body:
        return UnblockRequest(parse_payment_method_id(body), None, reason)
    topup_id = body["top_up_id"]
    if not isinstance(topup_id, str) or not is_topup_id(topup_id):
        raise InvalidValue(ProblemCode.INVALID_FIELD, "top_up_id must be one that GET /top-ups lists.")
    return UnblockRequest(None, topup_id, reason)


def unblocked_view(unblocked: Unblocked) -> dict[str, Any]:
    """`{payment_method: {id, brand, last4}, was_blocked, auto_recharge_resumes}`."""
    card = unblocked.card
    return {
        "payment_method": {"id": card.payment_method_id, "brand": card.brand, "last4": card.last4},
        "was_blocked": unblocked.was_blocked,
        "auto_recharge_resumes": unblocked.resumes,
    }


def unblock_card(
    client: "DynamoDBClient", table_name: str, account_id: str, request: UnblockRequest, actor: Actor, now: datetime
) -> Unblocked:
    """Unblock a card of an account, record who did and why, and lift the suspension that its dispute caused. Every
    account may use the card again; only this account's rule resumes.

    Raises:
        NotFound: unknown_top_up, unknown_payment_method. Unavailable: the table did not answer; repeat the request.
    """
    topups, recharges = TopUpStore(client, table_name), RechargeStore(client, table_name)
    payments, rule = list(_payments(topups, account_id)), recharges.recharge(account_id).rule
    known = [payment.card for payment in payments if payment.has_card]
    if rule is not None:
        known.insert(0, Card(rule.payment_method_id, rule.brand, rule.last4, rule.fingerprint))
    method = request.payment_method_id or _method_of(payments, request.topup_id)
    numbers = {card.fingerprint for card in known if card.payment_method_id == method}
    if not numbers:
        raise NotFound(
            ProblemCode.UNKNOWN_PAYMENT_METHOD, "This account has no rule and no payment with this payment method."
        )
    copies = [card for card in dict.fromkeys(known) if card.fingerprint in numbers]
    copies.sort(key=lambda card: card.payment_method_id != method)
    cards = CardStore(client, table_name)
    was_blocked = [cards.unblock(card, now, (account_id, actor), request.reason) for card in copies]
    disputed = [payment.topup_id for payment in payments if payment.card.fingerprint in numbers]
    before = recharges.recharge(account_id).state
    after = recharges.change_rule(account_id, lambda rule, state: (rule, _after(state, disputed)), actor, now).state
    resumes = before.suspended_reason is not None and after.suspended_reason is None
    return Unblocked(copies[0], any(was_blocked), resumes or before.stopped == StopReason.CARD_BLOCKED != after.stopped)


def _after(state: State, disputed: list[str]) -> State:
    """The state after the operator cleared the card of these payments. A suspension by others continues."""
    cleared = clear_disputes(state, disputed)
    if cleared.suspended_reason is None and (cleared != state or cleared.stopped == StopReason.CARD_BLOCKED):
        return attempts.wake(cleared)
    return cleared


def _method_of(payments: list[TopUp], topup_id: str | None) -> str:
    for payment in payments:
        if payment.topup_id == topup_id and payment.has_card:
            return payment.card.payment_method_id
    raise NotFound(ProblemCode.UNKNOWN_TOP_UP, "This account has no such top-up; GET /top-ups lists them.")


def _payments(topups: TopUpStore, account_id: str) -> Iterator[TopUp]:
    after: str | None = None
    while True:
        page, after = topups.page(account_id, after, PAGE)
        yield from page
        if after is None:
            return
