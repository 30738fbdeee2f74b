"""Charge one batch of finished calls, each exactly once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final

from calling_credit.calls import Call
from calling_credit.charging.batch import rate_batch
from calling_credit.charging.capped_prices import prices_of
from calling_credit.charging.intake import Message, accept_messages
from calling_credit.charging.mismatches import find_mismatches
from calling_credit.charging.named_events import LineFinder
from calling_credit.charging.store import ChargingStore
from calling_credit.ledger.holds import Hold
from calling_credit.rates.decks_for_calls import DecksInForce
from calling_credit.rejection_codes import UNREADABLE_ITEM, Rejection

POSTED: Final = "posted"


@dataclass(frozen=True, slots=True)
class BatchResult:
    """The result of charging one batch of queue messages.

    `rejections`: why the queue must deliver a message again, by message id. `counts`: by metric name. `errors`: the
    codes of posting errors that a retry cannot resolve. `ended`: when each call that was posted now has ended.
    """

    rejections: dict[str, Rejection]
    counts: dict[str, int]
    errors: list[str]
    ended: list[str] = field(default_factory=list)


def charge_batch(
    messages: Iterable[Message],
    decks: DecksInForce,
    finder: LineFinder,
    store: ChargingStore,
    now: datetime,
    tolerance: int,
) -> BatchResult:
    """Price the calls of a batch, post their charges, and list the unrated, stray, suspicious, and mismatched
    calls. A call of an unreadable account or line is refused alone, one with an unreadable hold is charged without it.

    A call that waits for a price is charged by no other record of it. A stray is listed only after its charge is
    posted, so that the list never names a call that was not charged. `tolerance` is HangUpToleranceSeconds. `finder`
    finds the line of an event that names only a number.
    """
    facts = finder.facts
    intake = accept_messages(messages, now, partial(finder.complete, now=now))
    known = store.outcomes_of_v1(intake.calls)
    intake.calls = [call for call in intake.calls if call.key not in known]
    calls = {(call.account_id, call.call_key) for call in intake.calls}
    calls |= {(event.account_id, event.call_key) for event in intake.free}
    accounts_with_holds = facts.with_holds({account_id for account_id, _ in calls}, now)
    holds = store.holds([call for call in calls if call[0] in accounts_with_holds])
    begun = max((call.happened_at for call in intake.calls), default="")
    named = {call.key: _user_of(call, holds) for call in intake.calls}
    users = {(call.account_id, call.line_id, named[call.key]) for call in intake.calls}
    account_facts = facts.load({(call.account_id, call.line_id) for call in intake.calls}, now, begun, users)
    intake.refuse_lines(account_facts.unreadable, UNREADABLE_ITEM)
    terms = account_facts.price_terms
    batch = rate_batch(intake, decks, now, holds, account_facts.numbers, tolerance, terms)
    batch.record_outcomes(known)
    batch.drop(store.conflicts_with_waiting(batch.charged_late(decks)))
    batch.charges = store.cover(batch.charges, account_facts.time_zones, account_facts.bundles)
    of_calls = {
        call.key: account_facts.user_of(call.account_id, call.line_id, named[call.key], call.happened_at)
        for call in intake.calls
    }
    batch.create_entries(account_facts.time_zones, now, of_calls)
    batch.entries = store.mark_counted(batch.entries, account_facts.with_breakdown)
    prices = prices_of(batch.charges, decks, now)
    batch.entries = store.mark_capped(batch.entries, holds, account_facts.capped, prices)
    batch.entries = store.mark_spending(batch.entries, account_facts.budgets)

    posting = store.post(batch.entries, batch.holds, now)
    batch.record_outcomes(posting.outcomes)
    batch.record_outcomes(store.list_unrated(batch.unrated, now))
    store.list_strays(batch.strays(account_facts.enabled_lines, account_facts.closings), now)
    store.list_suspicious(batch.suspicious(), now)
    store.keep_known(batch.recorded_entries(account_facts.with_country_cap))
    mismatches = find_mismatches(batch.recorded_calls(), account_facts, finder.numbers, now)
    batch.tally["line mismatch"] = len(mismatches)
    store.list_mismatches(mismatches, now)
    posted = {key for key, outcome in posting.outcomes.items() if outcome == POSTED}
    ended = [call.ended_at for call, _ in batch.charges if call.key in posted]
    return BatchResult(batch.refused, batch.counts(), posting.errors, ended)


def _user_of(call: Call, holds: Mapping[tuple[str, str], Hold]) -> str | None:
    """The user that the event of a call names, else the one in whose budget its hold counted."""
    hold = holds.get((call.account_id, call.call_key))
    return call.user_id or (hold.user_id if hold is not None else None) or None
