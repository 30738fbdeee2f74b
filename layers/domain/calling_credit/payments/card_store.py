"""Stores each card's tries and block, under the hash of its fingerprint, or of its payment method's id without one.

A block is stored under both, so that neither another copy of the card nor a renewed number escapes it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from calling_credit.changes.actions import ChangeAction
from calling_credit.changes.actor import Actor
from calling_credit.changes.change import Change, change_action
from calling_credit.dynamodb.batch_get import read_many
from calling_credit.dynamodb.card_keys import card_pk, card_sk
from calling_credit.dynamodb.retries import retry_on_race
from calling_credit.dynamodb.transactions import transact
from calling_credit.instants import format_instant
from calling_credit.payments.card_items import identities, put_record_action, record_from_item
from calling_credit.topups import card_history
from calling_credit.topups.card_history import CardHistory, CardRecord
from calling_credit.topups.topup import Card, TopUp

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CARD: Final = "The card is"
"""The subject of the error after losing every race with concurrent changes."""
ChangeOf = tuple[str, Actor] | None
"""The account that a change of a card is recorded at, and the actor."""
Records = dict[str, CardRecord]
"""The records of a card by the hash of each identity: its number first."""


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

    def block(self, card: Card, reason: str, now: datetime, change_of: ChangeOf = None) -> bool:
        """Block a card for every account and path: its number, the numbers that renewed it, and its payment method, in
        one transaction. Return whether any was not blocked yet.

        Args:
            change_of: the account that the block is recorded at, and who blocks the card.

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
            record = self._record(ChangeAction.CARD_BLOCKED, card, records, {"reason": reason}, change_of, now)
            return self._write(records, changed, now, record)

        return retry_on_race(CARD, attempt)

    def unblock(self, card: Card, now: datetime, change_of: ChangeOf = None, reason: str | None = None) -> bool:
        """Unblock a card's number, the numbers that renewed it, and its payment method, and record who did and why.
        Return whether any was blocked.

        Args:
            change_of: the account that this is recorded at, and who unblocks the card.

        Raises:
            Unavailable: `busy`, or the table did not answer in time; the same call is safe again.
        """

        by = change_of[1].by if change_of else None

        def unblocked(record: CardRecord) -> CardRecord:
            if record.blocked_at is None:
                return record
            free = replace(record, blocked_at=None, blocked_reason=None)
            return replace(free, unblocked_at=format_instant(now), unblocked_by=by, unblocked_reason=reason)

        def attempt() -> bool | None:
            records = self._read_renewed(card)
            record = self._record(ChangeAction.CARD_UNBLOCKED, card, records, {"reason": reason}, change_of, now)
            return self._write(records, {hashed: unblocked(record) for hashed, record in records.items()}, now, record)

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

    def _record(
        self,
        action: ChangeAction,
        card: Card,
        records: Records,
        facts: dict[str, Any],
        change_of: ChangeOf,
        now: datetime,
    ) -> list[dict[str, Any]]:
        """The action that records a block or its end; none without an account."""
        if change_of is None:
            return []
        account_id, actor = change_of
        was_blocked = any(record.blocked_at for record in records.values())
        number = 1 + sum(record.version for record in records.values())
        old = {"blocked": was_blocked}
        new = {"blocked": action is ChangeAction.CARD_BLOCKED, "brand": card.brand, "last4": card.last4} | facts
        change_id = f"{card.payment_method_id}-{number:06d}"
        change = Change(action, f"card:{card.payment_method_id}", change_id, old, new)
        return [change_action(self._table_name, account_id, change, actor, now)]

    def _write(
        self, records: Records, changed: Records, now: datetime, record: Sequence[dict[str, Any]] = ()
    ) -> bool | None:
        """Write the records that differ, with the record of that. Return whether any differs; None if another change
        was faster.
        """
        actions = [
            put_record_action(self._table_name, hashed, records[hashed], record, now)
            for hashed, record in changed.items()
            if record != records[hashed]
        ]
        if not actions:
            return False
        return None if transact(self._client, [*actions, *record]) else True
