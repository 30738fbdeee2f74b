"""A batch of calls: which are charged, free, unrated, or refused, and the outcome of each message."""

from collections import Counter
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final

from calling_credit.call_events import Call, Rejection
from calling_credit.charging.intake import CONFLICT, Intake
from calling_credit.errors import Unavailable
from calling_credit.ledger.call_entries import charge_entry
from calling_credit.ledger.entries import Entry
from calling_credit.ledger.holds import Hold, HoldStatus, rate_held
from calling_credit.numbering import country_of
from calling_credit.rates.deck import Deck
from calling_credit.rates.decks_for_calls import PricingDecks
from calling_credit.rates.pricing import Free, RatedCall, Unrated, needs_deck, rate_call
from calling_credit.rejection_codes import RejectionCode

Key = tuple[str, str, str]

UNKNOWN_ACCOUNT: Final = Rejection(
    RejectionCode.UNKNOWN_ACCOUNT,
    "No account has this id. Create it with PUT /accounts/{account_id}, then run make redrive.",
)
NOT_POSTED: Final = Rejection(
    RejectionCode.NOT_POSTED, "The table did not answer in time. The queue delivers the call again."
)
NO_HOLDS: Final[Mapping[tuple[str, str], Hold]] = MappingProxyType({})
NO_DECK: Final = Deck("", ())
REFUSALS: Final = {
    "conflict": CONFLICT,
    "unknown_account": UNKNOWN_ACCOUNT,
    "not_posted": NOT_POSTED,
    "not_listed": NOT_POSTED,
}


@dataclass(slots=True)
class Batch:
    """The distinct calls of one delivery. `holds` are the live holds to release by the call's key; `refused` are the
    messages that the queue must deliver again.
    """

    intake: Intake
    charges: list[tuple[Call, RatedCall]] = field(default_factory=list)
    unrated: list[Call] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    holds: dict[Key, Hold] = field(default_factory=dict)
    refused: dict[str, Rejection] = field(default_factory=dict)
    recorded: set[Key] = field(default_factory=set)
    tally: Counter[str] = field(default_factory=Counter)

    def lines(self) -> set[tuple[str, str]]:
        """The `(account_id, line_id)` pairs of charged and unrated calls, whose facts are needed."""
        calls = [call for call, _ in self.charges] + self.unrated
        return {(call.account_id, call.line_id) for call in calls}

    def create_entries(self, time_zones: Mapping[str, str], now: datetime) -> None:
        """Make the entries with the time zones of existing accounts. Refuse the calls of unknown accounts."""
        for call, charge in self.charges:
            if call.account_id in time_zones:
                self.entries.append(charge_entry(call, charge, time_zones[call.account_id], now))
            else:
                self.refuse(call.key, UNKNOWN_ACCOUNT)
        for call in self.unrated:
            if call.account_id not in time_zones:
                self.refuse(call.key, UNKNOWN_ACCOUNT)
        self.unrated = [call for call in self.unrated if call.account_id in time_zones]

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

    def strays(self, enabled_lines: Set[tuple[str, str]]) -> list[Call]:
        """Charged and unrated calls whose line is unknown or has international calling off."""
        calls = [call for call, _ in self.charges] + self.unrated
        strays = [
            call for call in calls if call.key in self.recorded and (call.account_id, call.line_id) not in enabled_lines
        ]
        self.tally["stray"] = len(strays)
        return strays

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
        }


def rate_batch(
    intake: Intake, decks: PricingDecks, now: datetime, holds: Mapping[tuple[str, str], Hold] = NO_HOLDS
) -> Batch:
    """Price a call with a hold, even an ended one, by the hold. Price any other call by the deck that was in
    force when it began; refuse it while that deck is not readable. `holds` are by account and call id.
    """
    batch = Batch(intake, refused=dict(intake.refused))
    released: set[tuple[str, str]] = set()
    for call in intake.calls:
        name = (call.account_id, call.call_id)
        hold = holds.get(name)
        try:
            rated = rate_held(call, hold) if hold is not None and hold.prices(call) else _rate(call, decks, now)
        except Unavailable as error:
            batch.refuse(call.key, Rejection(RejectionCode.NOT_PRICED, error.detail))
            continue
        if isinstance(rated, RatedCall):
            batch.charges.append((call, rated))
        elif isinstance(rated, Unrated):
            batch.unrated.append(call)
        else:
            batch.tally["free"] += 1
        if hold is not None and hold.status == HoldStatus.LIVE and name not in released:
            released.add(name)  # Once for all calls with this id: a transaction takes one action on an item.
            batch.holds[call.key] = hold
    return batch


def _rate(call: Call, decks: PricingDecks, now: datetime) -> RatedCall | Free | Unrated:
    """Price a call without a hold. A call that is free whatever the deck does not wait for one."""
    if not needs_deck(call):
        return rate_call(call, NO_DECK)
    origin = country_of(call.calling_number)
    return rate_call(call, decks.deck_for(call.dialled_number[1:], origin, call.happened_at, now))
