"""A batch of calls: which are charged, free, unrated, or refused, and the outcome of each message."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from calling_credit.calls import Call, FreeEvent
from calling_credit.charging.call_prices import is_priced_late, rate_in_force
from calling_credit.charging.intake import CONFLICT, Intake
from calling_credit.errors import Unavailable
from calling_credit.ledger.call_entries import charge_entry, is_suspicious
from calling_credit.ledger.entries import Entry
from calling_credit.ledger.holds import Hold, HoldEnd, rate_held
from calling_credit.rates.decks_for_calls import DecksInForce, PricingDecks
from calling_credit.rates.price_terms import PriceTerms, terms_at
from calling_credit.rates.pricing import Free, RatedCall, Unrated, origin_of
from calling_credit.rejection_codes import Rejection, RejectionCode

Key = tuple[str, str, str]

UNKNOWN_ACCOUNT: Final = Rejection(
    RejectionCode.UNKNOWN_ACCOUNT,
    "No account has this id. Create it with PUT /accounts/{account_id}, then run make redrive.",
)
NOT_POSTED: Final = Rejection(
    RejectionCode.NOT_POSTED, "The table did not answer in time. The queue delivers the call again."
)
NO_HOLDS: Final[Mapping[tuple[str, str], Hold]] = MappingProxyType({})
NO_NUMBERS: Final[Mapping[tuple[str, str], str]] = MappingProxyType({})
NO_USERS: Final[Mapping[Key, str | None]] = MappingProxyType({})
NO_TERMS: Final[Mapping[str, Sequence[PriceTerms]]] = MappingProxyType({})
REFUSALS: Final = {
    "conflict": CONFLICT,
    "unknown_account": UNKNOWN_ACCOUNT,
    "not_posted": NOT_POSTED,
    "not_listed": NOT_POSTED,
}


@dataclass(slots=True)
class Batch:
    """The distinct calls of one delivery. `holds` are the live holds to release by the call's key; `refused` are the
    messages that the queue must deliver again. An unrated call knows its origin.
    """

    intake: Intake
    priced: list[Call] = field(default_factory=list)
    charges: list[tuple[Call, RatedCall]] = field(default_factory=list)
    unrated: list[Call] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    holds: dict[Key, Hold] = field(default_factory=dict)
    refused: dict[str, Rejection] = field(default_factory=dict)
    recorded: set[Key] = field(default_factory=set)
    tally: Counter[str] = field(default_factory=Counter)

    def create_entries(
        self, time_zones: Mapping[str, str], now: datetime, users: Mapping[Key, str | None] = NO_USERS
    ) -> None:
        """Make the entries with the time zones of existing accounts and the users of calls. Refuse the calls of unknown
        accounts.
        """
        for call, charge in self.charges:
            if call.account_id in time_zones:
                entry = charge_entry(call, charge, time_zones[call.account_id], now, users.get(call.key))
                self.entries.append(entry)
            else:
                self.refuse(call.key, UNKNOWN_ACCOUNT)
        for call in self.unrated:
            if call.account_id not in time_zones:
                self.refuse(call.key, UNKNOWN_ACCOUNT)
        self.unrated = [call for call in self.unrated if call.account_id in time_zones]

    def charged_late(self, decks: DecksInForce) -> list[Call]:
        """The calls that a later deck or version of a price list prices than the one in force when they began, so that
        they may be waiting.
        """
        return [
            call
            for call, charge in self.charges
            if charge.granted_seconds is None
            and call.dialled_number.startswith("+")
            and is_priced_late(call, charge, decks)
        ]

    def drop(self, conflicts: Collection[Key]) -> None:
        """Refuse calls whose first record waits for a price with other facts. They release no hold."""
        for key in conflicts:
            self.refuse(key, CONFLICT)
            self.holds.pop(key, None)
        self.charges = [(call, charge) for call, charge in self.charges if call.key not in conflicts]

    def refuse(self, key: Key, rejection: Rejection) -> None:
        """Refuse every message of a call."""
        self.refused.update(dict.fromkeys(self.intake.messages[key], rejection))

    def record_outcomes(self, outcomes: Mapping[Key, str]) -> None:
        """Record the store's outcome of each entry and unrated call: posted, listed, replayed, or one of `REFUSALS`."""
        for key, outcome in outcomes.items():
            if outcome in REFUSALS:
                self.refuse(key, REFUSALS[outcome])
            else:
                self.tally[outcome] += 1
                self.recorded.add(key)

    def strays(
        self, enabled_lines: Set[tuple[str, str]], closings: Mapping[tuple[str, str], str] = NO_NUMBERS
    ) -> list[Call]:
        """Charged and unrated calls whose line is unknown, has international calling off, or was closed."""
        strays = [
            call
            for call, _ in self._recorded()
            if (line := (call.account_id, call.line_id)) not in enabled_lines
            or (line in closings and closings[line] <= call.happened_at)
        ]
        self.tally["stray"] = len(strays)
        return strays

    def suspicious(self) -> list[tuple[Call, int | None]]:
        """Charged and unrated calls whose duration is hard to believe, with the seconds that their holds granted."""
        suspicious = [
            (call, granted) for call, granted in self._recorded() if is_suspicious(call.duration_seconds, granted)
        ]
        self.tally["suspicious"] = len(suspicious)
        return suspicious

    def recorded_calls(self) -> list[Call]:
        """The charged and unrated calls that are in the table."""
        return [call for call, _ in self._recorded()]

    def recorded_entries(self, accounts: Set[str]) -> list[Entry]:
        """The entries of these accounts that are in the table."""
        return [entry for entry in self.entries if entry.account_id in accounts and entry.key in self.recorded]

    def _recorded(self) -> Iterator[tuple[Call, int | None]]:
        """The charged and unrated calls that are in the table, with the seconds that their holds granted."""
        calls = [(call, charge.granted_seconds) for call, charge in self.charges]
        calls += [(call, None) for call in self.unrated]
        return ((call, granted) for call, granted in calls if call.key in self.recorded)

    def counts(self) -> dict[str, int]:
        """The counts by metric name."""
        rejections = Counter(rejection.code for rejection in self.refused.values())
        return {
            "calls_received": sum(map(len, self.intake.messages.values())) + len(self.intake.refused),
            "calls_posted": self.tally["posted"],
            "calls_replayed": self.tally["replayed"],
            "calls_free": self.tally["free"],
            "calls_unrated": self.tally["listed"],
            "calls_refused": len(self.refused),
            "calls_conflicting": rejections[CONFLICT.code],
            "stray_calls": self.tally["stray"],
            "suspicious_calls": self.tally["suspicious"],
            "calls_from_other_number": self.tally["other number"],
            "line_mismatches": self.tally["line mismatch"],
        }


def rate_batch(
    intake: Intake,
    decks: PricingDecks,
    now: datetime,
    holds: Mapping[tuple[str, str], Hold] = NO_HOLDS,
    numbers: Mapping[tuple[str, str], str] = NO_NUMBERS,
    tolerance: int = 0,
    terms: Mapping[str, Sequence[PriceTerms]] = NO_TERMS,
) -> Batch:
    """Price a call with a hold, even an ended one, by the hold. Price any other call by the deck that was in
    force when it began; refuse it while that deck is not readable.

    Args:
        holds: by account and call key.
        numbers: the numbers of the known lines, by account and line.
        tolerance: how many seconds a call may exceed its hold without costing more (HangUpToleranceSeconds).
        terms: the price terms of the accounts that have some, latest first.
    """
    batch = Batch(intake, refused=dict(intake.refused))
    for call in intake.calls:
        number = numbers.get((call.account_id, call.line_id))
        if None not in (number, call.calling_number) and number != call.calling_number:
            batch.tally["other number"] += 1
        hold = holds.get((call.account_id, call.call_key))
        try:
            if hold is not None and hold.prices(call):
                rated: RatedCall | Free | Unrated = rate_held(call, hold, tolerance)
            else:
                in_force = terms_at(terms.get(call.account_id, ()), call.happened_at)
                rated = rate_in_force(call, origin_of(number, call.calling_number), decks, now, in_force)
        except Unavailable as error:
            batch.refuse(call.key, Rejection(RejectionCode.NOT_PRICED, error.detail))
            continue
        batch.priced.append(call)
        if isinstance(rated, RatedCall):
            batch.charges.append((call, rated))
        elif isinstance(rated, Unrated):
            batch.unrated.append(replace(call, origin=rated.origin))
        else:
            batch.tally["free"] += 1
    batch.tally["free"] += len(intake.free)
    _release(batch, holds)
    return batch


def _release(batch: Batch, holds: Mapping[tuple[str, str], Hold]) -> None:
    """Release the hold of each call, once for all its events: a transaction takes one action on an item. Answered calls
    come first, because they release a hold whenever they ended.
    """
    released: set[tuple[str, str]] = set()
    events: list[Call | FreeEvent] = [*batch.priced, *batch.intake.free]
    for event in sorted(events, key=_end_of):
        name = (event.account_id, event.call_key)
        hold = holds.get(name)
        if hold is None or name in released:
            continue
        ended = hold.ended_by(_end_of(event), event.ended_at or "")
        if ended is not None:
            released.add(name)
            batch.holds[event.key] = ended


def _end_of(event: Call | FreeEvent) -> HoldEnd:
    is_answered = isinstance(event, Call) or event.is_answered
    return HoldEnd.ANSWERED if is_answered else HoldEnd.UNANSWERED
