"""Creates and confirms intents, and repeats a request once where that is safe.

After no answer the key stays the same. After a server fault it changes, because Stripe repeats the stored fault for as
long as it keeps the key.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

import stripe

from calling_credit.errors import NotFound, Unavailable
from calling_credit.payment_names import MethodType
from calling_credit.payments import intents
from calling_credit.payments.cards import read_own_card
from calling_credit.payments.confirm_gate import ConfirmGate
from calling_credit.payments.intents import StripeResult, parse_request
from calling_credit.payments.stripe_client import TIMEOUT_SECONDS, NoAnswer, Refused
from calling_credit.topups.declines import Decline, FailureCode
from calling_credit.topups.store import TopUpStore
from calling_credit.topups.topup import Intent, TopUp, TopUpKind

NO_MANDATE: Final = frozenset({"payment_intent_mandate_invalid", "invalid_request"})
"""The codes of a confirmation that Stripe refuses because a bank account has no mandate: of its own, or none."""
NO_TIME: Final = NoAnswer("no_time")
NOT_CREATED: Final = Refused("not_made")


def create_intent(client: stripe.StripeClient, topup: TopUp, seconds_left: Callable[[], float]) -> StripeResult:
    """Create a top-up's intent. Without an answer, ask once more under the same key.

    After a server fault, find the intent among the customer's instead: the same key would repeat the fault, and another
    key could create a second intent. Return NOT_CREATED if there is none.
    """
    request, key = parse_request(topup.create_request), f"{topup.topup_id}:create"
    result = intents.create(client, request, key)
    if isinstance(result, NoAnswer) and not result.is_fault and seconds_left() > 2 * TIMEOUT_SECONDS:
        result = intents.create(client, request, key)
    if not isinstance(result, NoAnswer) or not result.is_fault:
        return result
    created_at = datetime.fromisoformat(topup.created_at)
    existing = intents.find(client, topup.customer_id, created_at, topup.topup_id)
    if isinstance(existing, NoAnswer):
        return existing
    return existing[0] if existing else NOT_CREATED


def confirm_intent(
    client: stripe.StripeClient,
    topups: TopUpStore,
    gate: ConfirmGate,
    topup: TopUp,
    now: datetime,
    seconds_left: Callable[[], float],
) -> tuple[TopUp, StripeResult]:
    """Confirm a top-up's intent. Return the top-up with its last stored confirmation, and the result.

    Without an answer, retrieve the intent, and confirm once more only if it still requires confirmation. The gate is
    asked before each confirmation; the intent that it refuses is canceled.
    """
    intent_id = topup.intent_id or ""
    result: StripeResult = NO_TIME
    for _ in range(2):
        if seconds_left() < TIMEOUT_SECONDS:
            return topup, NO_TIME
        if gate.refuses(topup, now, on_session=topup.kind == TopUpKind.MANUAL):
            return topup, intents.cancel(client, intent_id)
        result = intents.confirm(client, intent_id, parse_request(topup.confirm_request), confirm_key(topup))
        gate.give_back_unless_decided(topup, result, now)
        if isinstance(result, Intent):
            return topup, result
        current = intents.retrieve(client, intent_id)
        if not isinstance(current, Intent):
            return topup, result
        if current.status != "requires_confirmation":
            return topup, current
        if isinstance(result, Refused):
            return _after_refusal(client, topups, topup, result, now)
        if result.is_fault:
            stored = topups.store_confirmation(topup, topup.confirm_request, now)
            topup = stored or topups.read(topup.account_id, topup.topup_id) or topup
    return topup, result


def confirm_present(client: stripe.StripeClient, gate: ConfirmGate, topup: TopUp, now: datetime) -> StripeResult:
    """Confirm an intent once, now that its customer is present. The intent that the gate refuses is canceled."""
    intent_id = topup.intent_id or ""
    if gate.refuses(topup, now, on_session=True):
        return intents.cancel(client, intent_id)
    result = intents.confirm(client, intent_id, parse_request(topup.confirm_request), confirm_key(topup))
    gate.give_back_unless_decided(topup, result, now)
    return result


def _after_refusal(
    client: stripe.StripeClient, topups: TopUpStore, topup: TopUp, result: Refused, now: datetime
) -> tuple[TopUp, StripeResult]:
    """Handle a refused confirmation. If the card was removed, or a bank account no longer has a mandate, store that
    decline and cancel the intent. A dispute ends the mandate (docs.stripe.com/payments/ach-direct-debit).
    """
    if is_card_gone(client, topup, result):
        decline = Decline(FailureCode.CARD_REMOVED)
    elif topup.card.type is MethodType.BANK_ACCOUNT and result.code in NO_MANDATE:
        decline = Decline(FailureCode.DEBIT_NOT_AUTHORIZED)
    else:
        return topup, result
    stored = topups.store_decline(topup, decline, now) or topup
    return stored, intents.cancel(client, topup.intent_id or "")


def is_card_gone(client: stripe.StripeClient, topup: TopUp, result: Refused) -> bool:
    """Whether Stripe refused a request because the card was removed. Stripe does not always name the parameter, so the
    card itself is read.
    """
    if result.is_of_card:
        return True
    try:
        read_own_card(client, topup.customer_id, topup.card.payment_method_id)
    except NotFound:
        return True
    except Unavailable:
        return False
    return False


def confirm_key(topup: TopUp) -> str:
    """The idempotency key of a top-up's current confirmation."""
    return f"{topup.topup_id}:confirm:{topup.confirm_number}"
