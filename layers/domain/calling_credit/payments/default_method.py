"""Makes a saved payment method the default. The default lives at Stripe, and the change is recorded here.

The law: each change of the default is recorded once, also if the function dies between the two. So the request is
stored first, in an item for each payment method. The same request, its repetition, or the next choice records it once
the payment method is the default at Stripe.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import stripe

from calling_credit.changes.actions import ChangeAction
from calling_credit.changes.actor import Actor, ActorKind
from calling_credit.changes.change import Change, change_action
from calling_credit.dynamodb import change_keys, keys
from calling_credit.dynamodb.attributes import from_attributes, to_attributes
from calling_credit.dynamodb.batch_get import read_many
from calling_credit.dynamodb.transactions import put, transact, update
from calling_credit.instants import format_instant
from calling_credit.payments import cards
from calling_credit.recharge.rule_changes import card_facts
from calling_credit.topups.topup import Card

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SUBJECT: Final = "default_payment_method"
REPEATED_WITHIN: Final = timedelta(days=1)
"""How long an unrecorded request stands. A default that is found later was chosen elsewhere."""


class DefaultMethod:
    """The default payment method of one account."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table_name: str,
        stripe_client: stripe.StripeClient,
        account_id: str,
        customer_id: str,
        now: datetime,
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._stripe = stripe_client
        self._account_id = account_id
        self._customer_id = customer_id
        self._now = now

    def choose(self, card: Card, actor: Actor) -> None:
        """Make a saved payment method the default, and record it once; nothing if it is the default already.

        Raises:
            NotFound: unknown_payment_method, it was removed meanwhile.
            Unavailable: payments_unavailable, or the table did not answer; the same request is safe again.
        """
        current = cards.read_default(self._stripe, self._customer_id)
        if current is not None:
            self._record_interrupted(current)
        if current == card.payment_method_id:
            return
        request = self._store_request(card, actor)
        cards.set_default(self._stripe, self._customer_id, card.payment_method_id)
        self._record(request)

    def _record_interrupted(self, payment_method_id: str) -> None:
        """Record the request that made this payment method the default, if none has."""
        key = self._key(payment_method_id)
        found = read_many(self._client, self._table_name, [key])
        if key in found:
            request = from_attributes(found[key])
            if "recorded_at" not in request and request["asked_at"] > format_instant(self._now - REPEATED_WITHIN):
                self._record(request)

    def _store_request(self, card: Card, actor: Actor) -> dict[str, Any]:
        """Store who asked for this default, and when. It replaces an earlier request for the same payment method, never
        a later one: a write may arrive after the repetition of its request.
        """
        pk, sk = self._key(card.payment_method_id)
        request: dict[str, Any] = {
            "PK": pk,
            "SK": sk,
            "asked_at": format_instant(self._now),
            "by": actor.by,
            "by_name": actor.name or None,
            "from": actor.address or None,
            "default": card_facts(card.payment_method_id, card.brand, card.last4),
        }
        store = put(self._table_name, to_attributes(request))
        store["Put"]["ConditionExpression"] += " OR asked_at < :asked"
        store["Put"]["ExpressionAttributeValues"] = to_attributes({":asked": request["asked_at"]})
        transact(self._client, [store])
        return request

    def _record(self, request: dict[str, Any]) -> None:
        """Record a request, unless it is recorded already, or was replaced."""
        kind, _, actor_id = request["by"].partition(":")
        actor = Actor(ActorKind(kind), actor_id, request.get("from") or "", request.get("by_name") or "")
        change_id = f"default-{request['default']['id']}-{request['asked_at']}"
        change = Change(ChangeAction.DEFAULT_METHOD_CHANGED, SUBJECT, change_id, None, {"default": request["default"]})
        mark = update(
            self._table_name,
            to_attributes({"PK": request["PK"], "SK": request["SK"]}),
            "SET recorded_at = :now",
            "asked_at = :asked AND attribute_not_exists(recorded_at)",
            to_attributes({":now": format_instant(self._now), ":asked": request["asked_at"]}),
        )
        record = change_action(self._table_name, self._account_id, change, actor, self._now)
        transact(self._client, [mark, record])

    def _key(self, payment_method_id: str) -> tuple[str, str]:
        return keys.account_pk(self._account_id), change_keys.payment_method_sk(payment_method_id, "default")
