"""Charge one batch of finished calls, each exactly once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from calling_credit.accounts.cache import AccountFacts
from calling_credit.call_events import Rejection
from calling_credit.charging.batch import rate_batch
from calling_credit.charging.intake import Message, accept_messages
from calling_credit.charging.store import ChargingStore
from calling_credit.rates.decks_for_calls import PricingDecks


@dataclass(frozen=True, slots=True)
class BatchResult:
    """The result of charging one batch of queue messages.

    `rejections`: why the queue must deliver a message again, by message id. `counts`: by metric name. `errors`: the
    codes of posting errors that a retry cannot resolve.
    """

    rejections: dict[str, Rejection]
    counts: dict[str, int]
    errors: list[str]


def charge_batch(
    messages: Iterable[Message], decks: PricingDecks, facts: AccountFacts, store: ChargingStore, now: datetime
) -> BatchResult:
    """Price the calls of a batch, post their charges, and list the unrated and stray calls.

    A stray is listed only after its charge is posted, so that the list never names a call that was not charged.
    """
    intake = accept_messages(messages, now)
    accounts_with_holds = facts.with_holds({call.account_id for call in intake.calls}, now)
    holds = store.holds(
        [(call.account_id, call.call_id) for call in intake.calls if call.account_id in accounts_with_holds]
    )
    batch = rate_batch(intake, decks, now, holds)
    account_facts = facts.load(batch.lines(), now)
    batch.create_entries(account_facts.time_zones, now)

    posting = store.post(batch.entries, batch.holds, now)
    batch.record_outcomes(posting.outcomes)
    batch.record_outcomes(store.list_unrated(batch.unrated, now))
    store.list_strays(batch.strays(account_facts.enabled_lines), now)
    return BatchResult(batch.refused, batch.counts(), posting.errors)
