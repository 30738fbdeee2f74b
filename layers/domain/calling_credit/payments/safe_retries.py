"""Asks Stripe to make and to confirm an intent, and asks once more where that is safe: under the same key after
silence, under the next one after a server fault, which Stripe repeats for as long as it remembers the key.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

import stripe

from calling_credit.errors import NotFound, Unavailable
from calling_credit.payments import intents
from calling_credit.payments.cards import own_card
from calling_credit.payments.intents import Said, request_of
from calling_credit.payments.stripe_client import SECONDS, NoAnswer, Refused
from calling_credit.topups.declines import CARD_REMOVED, Decline
from calling_credit.topups.store import TopUps
from calling_credit.topups.topup import Intent, TopUp

NO_TIME: Final = NoAnswer("no_time")
NOT_MADE: Final = Refused("not_made")


def ask_to_create(client: stripe.StripeClient, topup: TopUp, seconds_left: Callable[[], float]) -> Said:
    """Make the intent of a top-up; without an answer ask once more, under the same key.

    A server fault is repeated under that key and another key might make another intent, so the one that was made is
    looked for among the customer's; `NOT_MADE` if there is none.
    """
    request, key = request_of(topup.create_request), f"{topup.topup_id}:create"
    said = intents.create(client, request, key)
    if isinstance(said, NoAnswer) and not said.is_fault and seconds_left() > 2 * SECONDS:
        said = intents.create(client, request, key)
    if not isinstance(said, NoAnswer) or not said.is_fault:
        return said
    made_at = datetime.fromisoformat(topup.created_at)
    found = intents.find(client, topup.customer_id, made_at, topup.topup_id)
    if isinstance(found, NoAnswer):
        return found
    return found[0] if found else NOT_MADE


def ask_to_confirm(
    client: stripe.StripeClient, topups: TopUps, topup: TopUp, now: datetime, seconds_left: Callable[[], float]
) -> tuple[TopUp, Said]:
    """Ask for the money of a top-up whose intent waits to be confirmed; the top-up as it then is, and the answer.

    Without an answer the intent is looked at, and only if it is seen to wait still is it asked for once more.
    """
    intent_id = topup.intent_id or ""
    said: Said = NO_TIME
    for _ in range(2):
        if seconds_left() < SECONDS:
            return topup, NO_TIME
        said = intents.confirm(client, intent_id, request_of(topup.confirm_request), confirm_key(topup))
        if isinstance(said, Intent):
            return topup, said
        found = intents.retrieve(client, intent_id)
        if not isinstance(found, Intent):
            return topup, said
        if found.status != "requires_confirmation":
            return topup, found
        if isinstance(said, Refused):
            return _refused(client, topups, topup, said, now)
        if said.is_fault:
            kept = topups.keep_confirmation(topup, topup.confirm_request, now)
            topup = kept or topups.read(topup.account_id, topup.topup_id) or topup
    return topup, said


def _refused(
    client: stripe.StripeClient, topups: TopUps, topup: TopUp, said: Refused, now: datetime
) -> tuple[TopUp, Said]:
    """Stripe finds fault with the request. Where it is the card, which is gone, the payment is given up."""
    if not is_card_gone(client, topup, said):
        return topup, said
    kept = topups.keep_decline(topup, Decline(CARD_REMOVED), now) or topup
    return kept, intents.cancel(client, topup.intent_id or "")


def is_card_gone(client: stripe.StripeClient, topup: TopUp, said: Refused) -> bool:
    """Whether a request was refused because the card is not its customer's any more. Stripe does not always name the
    parameter, so the card itself is looked at.
    """
    if said.is_of_card:
        return True
    try:
        own_card(client, topup.customer_id, topup.card.payment_method_id)
    except NotFound:
        return True
    except Unavailable:
        return False
    return False


def confirm_key(topup: TopUp) -> str:
    """The key of a top-up's present confirmation."""
    return f"{topup.topup_id}:confirm:{topup.confirm_number}"
