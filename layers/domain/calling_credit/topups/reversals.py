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
from calling_credit.money import MICROS_PER_CENT
from calling_credit.topups.documents import DueNote, NoteCause
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


@dataclass(frozen=True, slots=True)
class ReversalTarget:
    """What to reverse of a payment in total: what the card got back, and the credit of it."""

    gone_micros: int
    net_micros: int


def net_share(net_micros: int, gross_micros: int, part_micros: int) -> int:
    """The credit in a part of a payment: half up to the cent of net x part / gross; of all of it exactly the credit.

    The share of a larger part is never smaller, and grows by at most as much as the part, so that the shares of parts
    that follow each other add up, and their tax is never negative.
    """
    if part_micros >= gross_micros or net_micros == gross_micros:
        return min(net_micros, part_micros)
    cents = (2 * net_micros * part_micros + MICROS_PER_CENT * gross_micros) // (2 * MICROS_PER_CENT * gross_micros)
    return cents * MICROS_PER_CENT


def gone_of(gross_micros: int, losses: Losses) -> int:
    """What of a payment went back in total, between zero and all of it."""
    return min(gross_micros, max(0, losses.refunded_micros - losses.disputed_micros))


def reversal_target(net_micros: int, gross_micros: int, losses: Losses) -> ReversalTarget:
    """What to reverse in total of a payment with this credit and, with tax, this price."""
    gone = gone_of(gross_micros, losses)
    return ReversalTarget(gone, net_share(net_micros, gross_micros, gone))


def due_note(topup: TopUp, entry: Entry, gone_micros: int, losses: Losses) -> DueNote:
    """The credit note of a reversal. It also covers the tax of refunds before it that were too small for one."""
    net = -entry.amount_micros
    is_refund = losses.refunded_micros > topup.shown_refund_micros or losses.disputed_micros == 0
    taken = NoteCause.REFUND if is_refund else NoteCause.DISPUTE
    cause = taken if net > 0 else NoteCause.RETURNED
    tax = gone_micros - topup.gone_micros - net
    return DueNote(entry.cause_id, entry.happened_at, entry.local_date, net, tax, cause)


def reversal_entry(topup: TopUp, target_micros: int, losses: Losses, time_zone: str, now: datetime) -> Entry | None:
    """The entry that brings the reversed credit to the target; None if it is there. Its key holds the number of the
    reversal, and the transaction that writes it requires the number before. `gone_micros` says what the card has got
    back with it in total, and that the reversal has a credit note: earlier releases wrote neither.
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
            "gone_micros": gone_of(topup.gross_micros, losses),
        },
    )


def reversal_id(topup: TopUp) -> str:
    """The id of a payment's next reversal."""
    return f"{topup.topup_id}{_SEPARATOR}{topup.reversals + 1}"


_SEPARATOR: Final = ".rev."
