"""Reversals: refunds and disputes as one net state instead of a sequence of events.

The loss of a payment is computed from its current refunds and disputes at Stripe, and the entry is the difference to
the amount already reversed. Any order and any repetition of refunds, disputes, wins, and failures leads to the same
balance, and a dispute after a refund is not deducted twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from calling_credit.categories import REVERSAL
from calling_credit.instants import format_instant
from calling_credit.ledger.entries import Entry, EntryKind, local_date_of
from calling_credit.topups.topup import TopUp

ENDED_WELL: Final = frozenset({"won", "warning_closed"})
"""The statuses of disputes and inquiries that were decided for us."""


class FraudSource(StrEnum):
    """What reports a payment as disputed or fraudulent."""

    DISPUTE = "dispute"
    WARNING = "early_fraud_warning"


@dataclass(frozen=True, slots=True)
class FraudSignal:
    """A dispute or warning about a payment, and its stage. Each stage counts once: an inquiry that becomes a dispute,
    or a dispute that is lost, is news.
    """

    source: FraudSource
    object_id: str
    stage: str

    @property
    def key(self) -> str:
        """The identity of the signal."""
        return f"{self.object_id}:{self.stage}"


def warning_signal(warning_id: str) -> FraudSignal:
    """The signal of an early fraud warning."""
    return FraudSignal(FraudSource.WARNING, warning_id, "warned")


@dataclass(frozen=True, slots=True)
class Losses:
    """Money that left a payment at Stripe, in micro-dollars. `refunded` excludes failed refunds; `disputed` sums the
    disputes' balance transactions without fees: negative while withdrawn, zero once reinstated.

    `signals`: the disputes and inquiries that were not decided for us. `asks_to_suspend`: a refund that stands asks to
    suspend automatic recharge. `refunds`: the refunds that our staff asked for, by their ids, and whether they stand.
    `latest` is the id of the latest refund or dispute, "" without any.
    """

    refunded_micros: int
    disputed_micros: int
    signals: tuple[FraudSignal, ...] = ()
    asks_to_suspend: bool = False
    refunds: Mapping[str, bool] = field(default_factory=dict)
    latest: str = ""


def dispute_signal(dispute_id: str, status: str, moved_cents: int) -> FraudSignal | None:
    """The signal of a dispute; None if it was decided for us."""
    if status in ENDED_WELL:
        return None
    stage = "lost" if status == "lost" else "withdrawn" if moved_cents < 0 else "opened"
    return FraudSignal(FraudSource.DISPUTE, dispute_id, stage)


def reversal_target(paid_micros: int, losses: Losses) -> int:
    """The amount to reverse in total, between zero and the payment."""
    return min(paid_micros, max(0, losses.refunded_micros - losses.disputed_micros))


def reversal_entry(topup: TopUp, target_micros: int, losses: Losses, time_zone: str, now: datetime) -> Entry | None:
    """The entry that brings the reversed amount to the target; None if it is there. Its key holds the number of the
    reversal, and the transaction that writes it requires the number before.
    """
    change = target_micros - topup.reversed_micros
    if change == 0:
        return None
    instant = format_instant(now)
    return Entry(
        account_id=topup.account_id,
        happened_at=instant,
        cause_id=reversal_id(topup),
        kind=EntryKind.CREDIT_REVERSED if change > 0 else EntryKind.CREDIT_RETURNED,
        category=REVERSAL,
        amount_micros=-change,
        local_date=local_date_of(instant, time_zone),
        recorded_at=instant,
        facts_hash=f"{reversal_id(topup)}:{target_micros}",
        explanation={
            "topup_id": topup.topup_id,
            "brand": topup.card.brand,
            "last4": topup.card.last4,
            "refunded_micros": losses.refunded_micros,
            "disputed_micros": losses.disputed_micros,
        },
    )


def reversal_id(topup: TopUp) -> str:
    """The id of a payment's next reversal."""
    return f"{topup.topup_id}{_SEPARATOR}{topup.reversals + 1}"


_SEPARATOR: Final = ".rev."
