"""What a customer chooses for a saved payment method: to be the default, or the backup card."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import stripe

from calling_credit.changes.actor import Actor
from calling_credit.errors import InvalidValue, ProblemCode
from calling_credit.payment_names import MethodType
from calling_credit.payments import cards
from calling_credit.payments.card_items import has_number
from calling_credit.payments.card_store import CardStore
from calling_credit.payments.default_method import DefaultMethod
from calling_credit.recharge.backup_store import BackupStore
from calling_credit.recharge.snapshot import Snapshot
from calling_credit.topups.refusals import card_blocked
from calling_credit.topups.topup import Card

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_FIELDS = ("default", "backup")


@dataclass(frozen=True, slots=True)
class MethodChoice:
    """Either `default`, which is true then, or `backup`."""

    default: bool = False
    backup: bool | None = None


def parse_choice(body: Mapping[str, Any]) -> MethodChoice:
    """Parse `{default: true}` or `{backup: true | false}`.

    Raises:
        InvalidValue: missing_field, invalid_field.
    """
    named = [name for name in _FIELDS if name in body]
    if len(named) != 1:
        raise InvalidValue(ProblemCode.MISSING_FIELD, "Send either default or backup.")
    value = body[named[0]]
    if not isinstance(value, bool):
        raise InvalidValue(ProblemCode.INVALID_FIELD, f"{named[0]} must be true or false.")
    if named[0] == "backup":
        return MethodChoice(backup=value)
    if not value:
        raise InvalidValue(
            ProblemCode.INVALID_FIELD, "default must be true; make another payment method the default instead."
        )
    return MethodChoice(default=True)


def parse_method_type(body: Mapping[str, Any]) -> MethodType:
    """Parse the optional `type` of a payment method to save; a card without one.

    Raises:
        InvalidValue: invalid_field.
    """
    value = body.get("type", MethodType.CARD)
    if value not in list(MethodType):
        raise InvalidValue(ProblemCode.INVALID_FIELD, "type must be card or us_bank_account.")
    return MethodType(value)


def apply_choice(
    client: "DynamoDBClient",
    table_name: str,
    stripe_client: stripe.StripeClient,
    account: Snapshot,
    payment_method_id: str,
    choice: MethodChoice,
    actor: Actor,
    now: datetime,
) -> None:
    """Apply a choice. The default is stored at Stripe, and recorded here once; the backup card is ours, and given up
    under any payment method of its number.

    Raises:
        NotFound: unknown_payment_method. Conflict: card_blocked. Forbidden: account_frozen.
        InvalidValue: payment_method_not_allowed. Unavailable: payments_unavailable, busy, or the table did not answer.
    """
    backups = BackupStore(client, table_name)
    if choice.backup is False and backups.clear(account.account_id, [payment_method_id], actor, now):
        return
    card = cards.read_own_card(stripe_client, account.customer_id, payment_method_id)
    if choice.backup is False:
        backups.clear(account.account_id, [], actor, now, fingerprint=card.fingerprint)
        return
    if choice.backup:
        check_backup(card)
    if CardStore(client, table_name).is_blocked(card):
        raise card_blocked()
    if choice.backup:
        backups.choose(account.account_id, card, actor, now)
        return
    default = DefaultMethod(client, table_name, stripe_client, account.account_id, account.customer_id or "", now)
    default.choose(card, actor)


def check_backup(card: Card) -> None:
    """Check that a payment method may be the backup card.

    Raises:
        InvalidValue: payment_method_not_allowed.
    """
    if card.type is not MethodType.CARD:
        detail = "A bank account pays only after days, so it cannot be the backup; choose a card."
        raise InvalidValue(ProblemCode.PAYMENT_METHOD_NOT_ALLOWED, detail)
    if not has_number(card):
        detail = "This card cannot be charged without its holder, so it cannot be the backup; choose another card."
        raise InvalidValue(ProblemCode.PAYMENT_METHOD_NOT_ALLOWED, detail)
