"""Stores each card's tries and block, under the hash of its fingerprint, or of its payment method's id without one.

A block is stored under both, so that neither another copy of the card nor a renewed number escapes it.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from calling_credit.dynamodb.attributes import from_attributes, to_attribute
from calling_credit.dynamodb.batch_get import read_many
from calling_credit.dynamodb.card_keys import card_hash, card_key, card_pk, card_sk
from calling_credit.dynamodb.retries import retry_on_race
from calling_credit.dynamodb.transactions import transact, update
from calling_credit.instants import format_instant
from calling_credit.topups import card_history
from calling_credit.topups.card_history import NEW_CARD, CardHistory, CardRecord, Try
from calling_credit.topups.topup import Card, TopUp

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CARD: Final = "The card is"
"""The subject of the error after losing every race with concurrent changes."""
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

Records = dict[str, CardRecord]
"""The records of a card by the hash of each identity: its number first."""


def identities(card: Card) -> tuple[str, ...]:
    """The hashes under which a card is stored: of its number first, then of its payment method."""
    return tuple(dict.fromkeys(card_hash(part) for part in (card.fingerprint, card.payment_method_id)))


def has_number(card: Card) -> bool:
    """Whether Stripe names the card's number by a fingerprint. Without one, the payment method's id stands in."""
    return card.fingerprint != card.payment_method_id


def card_keys_of(card: Card) -> list[tuple[str, str]]:
    """The keys of a card's items."""
    return [(card_pk(hashed), card_sk()) for hashed in identities(card)]


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


class CardStore:
    """The cards in the table."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def read(self, cards: Iterable[Card]) -> Records:
        """Read the records of cards, consistently, by hash."""
        return self._read(hashed for card in cards for hashed in identities(card))

    def _read(self, of: Iterable[str]) -> Records:
        hashes = dict.fromkeys(of)
        items = read_many(self._client, self._table_name, [(card_pk(hashed), card_sk()) for hashed in hashes])
        return {hashed: record_from_item(items.get((card_pk(hashed), card_sk()))) for hashed in hashes}

    def _read_renewed(self, card: Card) -> Records:
        """Read the records of a card and of the numbers that renewed it."""
        records = self.read([card])
        while more := {record.renewed_to for record in records.values() if record.renewed_to} - set(records):
            records |= self._read(sorted(more))
        return records

    def is_blocked(self, card: Card) -> bool:
        """Whether the card's number or its payment method is blocked."""
        return any(record.blocked_at for record in self.read([card]).values())

    def state(self, card: Card, now: datetime) -> CardHistory:
        """What the card allows now."""
        return self.states([card], now)[card.payment_method_id]

    def states(self, cards: Iterable[Card], now: datetime) -> dict[str, CardHistory]:
        """What cards allow now, by payment method. One request for up to 50 cards."""
        listed = list(cards)
        records = self.read(listed) if listed else {}
        return {
            card.payment_method_id: card_history.combine(
                card_history.history_of(records[hashed], now) for hashed in identities(card)
            )
            for card in listed
        }

    def block(self, card: Card, reason: str, now: datetime) -> bool:
        """Block a card for every account and path: its number, the numbers that renewed it, and its payment method, in
        one transaction. Return whether any was not blocked yet.

        Raises:
            Unavailable: `busy`, or the table did not answer in time; the same call is safe again.
        """

        at = format_instant(now)
        was_sent = False

        def attempt() -> bool | None:
            nonlocal was_sent
            records = self._read_renewed(card)
            changed = {
                hashed: record if record.blocked_at else replace(record, blocked_at=at, blocked_reason=reason)
                for hashed, record in records.items()
            }
            if changed == records:  # After a lost answer, this call's own block.
                return was_sent and any(record.blocked_at == at for record in records.values())
            was_sent = True
            return self._write(records, changed, now)

        return retry_on_race(CARD, attempt)

    def unblock(self, card: Card, now: datetime, *, by: str | None = None, reason: str | None = None) -> bool:
        """Unblock a card's number, the numbers that renewed it, and its payment method, and record who did and why.
        Return whether any was blocked.

        Raises:
            Unavailable: `busy`, or the table did not answer in time; the same call is safe again.
        """

        def unblocked(record: CardRecord) -> CardRecord:
            if record.blocked_at is None:
                return record
            free = replace(record, blocked_at=None, blocked_reason=None)
            return replace(free, unblocked_at=format_instant(now), unblocked_by=by, unblocked_reason=reason)

        def attempt() -> bool | None:
            records = self._read_renewed(card)
            return self._write(records, {hashed: unblocked(record) for hashed, record in records.items()}, now)

        return retry_on_race(CARD, attempt)

    def give_back(self, topup: TopUp, now: datetime) -> bool:
        """Return the try that a top-up reserved before its confirmation. Return whether this call did."""
        return self._change(
            topup.card,
            lambda record: card_history.give_back(record, topup.topup_id),
            now,
            only=identities(topup.card)[0],
        )

    def grant_manual_try(self, card: Card, saved_at: str, now: datetime) -> bool:
        """Grant a manual try to an exhausted card that its holder saved again. Return whether this call did."""
        hashed = identities(card)[0]
        return self._change(
            card,
            lambda record: card_history.grant_manual_try(record, saved_at, now),
            now,
            only=hashed,
        )

    def inherit(self, old: Card, new: Card, now: datetime, renewed_at: str | None = None) -> bool:
        """Let a renewed card have the block and the declines of the card that it replaces, and name its new number at
        the old one. Return whether this call changed anything.
        """

        def attempt() -> bool | None:
            records = self.read([old, new])
            (old_number, *_), (number, *_) = identities(old), identities(new)
            before = [records[hashed] for hashed in identities(old)]
            changed = dict(records)
            for hashed in identities(new):
                changed[hashed] = card_history.inherit_block(before, records[hashed])
            changed[number] = card_history.renew(changed[number], renewed_at)
            if old_number != number:
                changed[number] = card_history.inherit(records[old_number], changed[number])
            is_blocked = any(record.blocked_at for record in before)
            for hashed in set(identities(old) if is_blocked else [old_number]) - {number}:
                changed[hashed] = replace(changed[hashed], renewed_to=number)
            return self._write(records, changed, now)

        return retry_on_race(CARD, attempt)

    def _change(
        self, card: Card, change: Callable[[CardRecord], CardRecord], now: datetime, *, only: str | None = None
    ) -> bool:
        """Change the records of a card. Return whether any differs."""

        def attempt() -> bool | None:
            records = self.read([card])
            changed = {hashed: change(record) for hashed, record in records.items() if only in (None, hashed)}
            return self._write(records, changed, now)

        return retry_on_race(CARD, attempt)

    def _write(self, records: Records, changed: Records, now: datetime) -> bool | None:
        """Write the records that differ. Return whether any does; None if another change was faster."""
        actions = [
            put_record_action(self._table_name, hashed, records[hashed], record, now)
            for hashed, record in changed.items()
            if record != records[hashed]
        ]
        if not actions:
            return False
        return None if transact(self._client, actions) else True
