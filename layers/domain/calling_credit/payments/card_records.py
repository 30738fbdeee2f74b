"""Records the cards that customers save and remove. Cards live at Stripe, so the first function that is notified of a
card records it, and an item for each payment method and event keeps the others from recording it again.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from calling_credit.changes.actions import ChangeAction
from calling_credit.changes.actor import Actor
from calling_credit.changes.change import Change, change_action
from calling_credit.dynamodb import change_keys, keys
from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.dynamodb.transactions import put, transact
from calling_credit.instants import format_instant
from calling_credit.topups.topup import Card

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CardLook = tuple[str, str]
"""The brand and the last four digits of a card."""


def record_card(
    client: "DynamoDBClient",
    table_name: str,
    account_id: str,
    payment_method_id: str,
    actor: Actor,
    now: datetime,
    *,
    is_saved: bool,
    look: CardLook | None = None,
) -> bool:
    """Record that a payment method was saved or removed, once. Return whether this call did. `look` is None if Stripe
    did not say.

    Raises:
        Unavailable: the table did not answer in time; the same call is safe again.
    """
    event = "attached" if is_saved else "detached"
    heard = {
        "PK": keys.account_pk(account_id),
        "SK": change_keys.payment_method_sk(payment_method_id, event),
        "heard_at": format_instant(now),
    }
    card = {"id": payment_method_id} | (dict(zip(("brand", "last4"), look, strict=True)) if look else {})
    action = ChangeAction.CARD_SAVED if is_saved else ChangeAction.CARD_REMOVED
    old, new = (None, {"payment_method": card}) if is_saved else ({"payment_method": card}, None)
    change = Change(action, f"card:{payment_method_id}", f"{payment_method_id}-{event}", old, new)
    actions = [
        put(table_name, to_attributes(heard)),
        change_action(table_name, account_id, change, actor, now),
    ]
    return not transact(client, actions)


def record_removed_cards(
    client: "DynamoDBClient", table_name: str, account_id: str, cards: Iterable[Card], actor: Actor, now: datetime
) -> None:
    """Record that a person removed cards.

    Raises:
        Unavailable: the table did not answer in time; Stripe's callback records what is missing.
    """
    for card in cards:
        look = (card.brand, card.last4)
        method = card.payment_method_id
        record_card(client, table_name, account_id, method, actor, now, is_saved=False, look=look)
