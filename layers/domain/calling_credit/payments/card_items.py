"""The items of cards: under which hashes a card is stored, and how its record is read and written."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from calling_credit.dynamodb.attributes import from_attributes, to_attribute
from calling_credit.dynamodb.card_keys import card_hash, card_key, card_pk, card_sk
from calling_credit.dynamodb.transactions import update
from calling_credit.dynamodb.unreadable import decoder
from calling_credit.instants import format_instant
from calling_credit.topups import card_history
from calling_credit.topups.card_history import NEW_CARD, CardRecord, Try
from calling_credit.topups.topup import Card

_PLAIN: Final = (
    "declined_at",
    "ended_by",
    "has_manual_try",
    "saved_at",
    "blocked_at",
    "blocked_reason",
    "unblocked_at",
    "unblocked_by",
    "unblocked_reason",
    "renewed_to",
    "renewed_at",
    "paid_at",
)


def identities(card: Card) -> tuple[str, ...]:
    """The hashes under which a card is stored: of its number first, then of its payment method."""
    return tuple(dict.fromkeys(card_hash(part) for part in (card.fingerprint, card.payment_method_id)))


def has_number(card: Card) -> bool:
    """Whether Stripe names the card's number by a fingerprint. Without one, the payment method's id stands in."""
    return card.fingerprint != card.payment_method_id


def card_keys_of(card: Card) -> list[tuple[str, str]]:
    """The keys of a card's items."""
    return [(card_pk(hashed), card_sk()) for hashed in identities(card)]


@decoder
def record_from_item(attributes: Mapping[str, Any] | None) -> CardRecord:
    """The record of an item; NEW_CARD without one."""
    if attributes is None:
        return NEW_CARD
    item = from_attributes(attributes)
    tries = tuple(Try(*attempt) for attempt in json.loads(item.get("tries", "[]")))
    plain = {name: item[name] for name in _PLAIN if name in item}
    return CardRecord(version=item["version"], tries=tries, **plain)


def put_record_action(table_name: str, hashed: str, read: CardRecord, record: CardRecord, now: datetime) -> Any:
    """The action that stores a record, if the one that was read is still stored."""
    values: dict[str, Any] = {name: value for name, value in asdict(record).items() if name in _PLAIN}
    values |= {
        "version": read.version + 1,
        "tries": json.dumps([list(asdict(attempt).values()) for attempt in record.tries], separators=(",", ":")),
        "tries_left": card_history.history_of(record, now).tries_left,
        "updated_at": format_instant(now),
    }
    to_set = {name: value for name, value in values.items() if value not in (None, False)}
    to_remove = [name for name in values if name not in to_set]
    expression = "SET " + ", ".join(f"#{name} = :{name}" for name in to_set)
    if to_remove:
        expression += " REMOVE " + ", ".join(f"#{name}" for name in to_remove)
    parameters = {f":{name}": to_attribute(value) for name, value in to_set.items()}
    condition = "attribute_not_exists(PK)"
    if read.version:
        condition = "#version = :read"
        parameters[":read"] = to_attribute(read.version)
    names = {f"#{name}": name for name in (*to_set, *to_remove)}
    return update(table_name, card_key(hashed), expression, condition, parameters, names)
