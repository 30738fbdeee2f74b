"""Charges the calls that waited for a price, once a deck covers them.

The law: the entry's key is the call's own, the same that a redelivery would write, so whichever comes first charges it
and the other finds it charged. The waiting item leaves the list in the transaction that charges its call; it is not
deleted, so a call that turned out free is not kept a second time.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from calling_credit.call_events import Call
from calling_credit.charging.kept_calls import UNRATED
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.sweep import read_kept
from calling_credit.dynamodb.transactions import transact, update
from calling_credit.instants import format_instant
from calling_credit.ledger.call_entries import charge_entry
from calling_credit.ledger.entries import Entry, day_changes
from calling_credit.ledger.posting import posting_actions
from calling_credit.ledger.posting_parts import fitting
from calling_credit.numbering import country_kept, is_e164
from calling_credit.rates.deck import Deck
from calling_credit.rates.pricing import Free, RatedCall, late_row, price_by

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class Waiting:
    """A kept call and what the deck makes of it now; `priced` is None while nothing covers it."""

    call: Call
    priced: RatedCall | Free | None


def waiting_calls(client: "DynamoDBClient", table_name: str, deck: Deck, now: datetime) -> Iterator[Waiting]:
    """Every call that waits for a price."""
    for item in read_kept(client, table_name, UNRATED):
        call = kept_call(item)
        yield Waiting(call, _price(call, deck, now))


def kept_call(item: Mapping[str, Any]) -> Call:
    """The call behind an `UNRATED#` item."""
    happened_at, call_id = keys.call_of(item["SK"])
    return Call(
        call_id=call_id,
        account_id=keys.account_of(item["PK"]),
        line_id=item["line_id"],
        user_id=item["user_id"],
        direction=item["direction"],
        calling_number=item["from"],
        dialled_number=item["to"],
        started_at=datetime.fromisoformat(happened_at),
        happened_at=happened_at,
        ended_at=item["ended_at"],
        duration_seconds=item["duration_seconds"],
        disposition=item["disposition"],
        facts_hash=item["facts_hash"],
    )


def _price(call: Call, deck: Deck, now: datetime) -> RatedCall | Free | None:
    """What the deck makes of a call whose number is still known; of the caller's, the country is enough."""
    if not is_e164(call.dialled_number):
        return None
    origin = country_kept(call.calling_number)
    row = late_row(deck, call.dialled_number[1:], origin, call.happened_at, format_instant(now))
    return None if row is None else price_by(row, deck.version, origin, call.duration_seconds)


class UnratedCallStore:
    """Charges waiting calls of any accounts."""

    def __init__(
        self, client: "DynamoDBClient", table_name: str, now: datetime, seconds_left: Callable[[], float]
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._now = now
        self._seconds_left = seconds_left
        self.tally: Counter[str] = Counter()

    def rate(self, calls: Iterable[Waiting], time_zones: Mapping[str, str]) -> None:
        """Charge those that are priced, and take those that cost nothing off the list. What became of them is in
        `tally`: rated, free, charged_before (by a redelivery), not_covered, unknown_account, left (time was up).

        Raises:
            Unavailable: the table did not take it in time; what is charged stands, and the next look does the rest.
        """
        charges: dict[str, list[tuple[Call, Entry]]] = defaultdict(list)
        for waiting in calls:
            if waiting.priced is None:
                self.tally["not_covered"] += 1
            elif waiting.call.account_id not in time_zones:
                self.tally["unknown_account"] += 1
            elif isinstance(waiting.priced, Free):
                self._close_unrated(waiting.call, "free")
            else:
                time_zone = time_zones[waiting.call.account_id]
                entry = charge_entry(waiting.call, waiting.priced, time_zone, self._now)
                charges[waiting.call.account_id].append((waiting.call, entry))
        for of_account in charges.values():
            for part in fitting(of_account, _actions):
                if self._seconds_left() > 0:
                    self._charge(part)
                else:
                    self.tally["left"] += len(part)

    def _charge(self, pending: list[tuple[Call, Entry]]) -> None:
        """Charge calls of one account; those of which something stands in the way are looked at one by one."""
        while pending:
            actions = posting_actions(self._table_name, [entry for _, entry in pending])
            actions += [self._off_the_list(call, "rated") for call, _ in pending]
            refused = transact(self._client, actions, self._seconds_left)
            if not refused:
                self.tally["rated"] += len(pending)
                return
            pending = self._without_those_done(pending, refused)

    def _without_those_done(self, pending: Sequence[tuple[Call, Entry]], refused: Mapping[int, object]) -> list[Any]:
        """A call whose entry stands was charged by a redelivery; one that is off the list, by another look. Without a
        balance nothing can be charged.
        """
        days = len(day_changes(entry for _, entry in pending))
        if len(pending) + days in refused:
            self.tally["unknown_account"] += len(pending)
            return []
        left: list[Any] = []
        for at, (call, entry) in enumerate(pending):
            if at in refused:
                self._close_unrated(call, "charged_before")
            elif len(pending) + days + 1 + at not in refused:
                left.append((call, entry))
        return left

    def _close_unrated(self, call: Call, outcome: str) -> None:
        """Take a call off the list without a charge; counted unless it was off already."""
        if not transact(self._client, [self._off_the_list(call, outcome)]):
            self.tally[outcome] += 1

    def _off_the_list(self, call: Call, outcome: str) -> dict[str, Any]:
        key = {
            "PK": {"S": keys.account_pk(call.account_id)},
            "SK": {"S": keys.unrated_sk(call.happened_at, call.call_id)},
        }
        values = {":outcome": {"S": outcome}, ":at": {"S": format_instant(self._now)}}
        expression = "SET outcome = :outcome, settled_at = :at REMOVE sweep_pk, sweep_sk"
        return update(self._table_name, key, expression, "attribute_exists(sweep_pk)", values)


def _actions(part: Sequence[tuple[Call, Entry]]) -> int:
    """Entries and places on the list, days, and the balance."""
    return 2 * len(part) + len(day_changes(entry for _, entry in part)) + 1
