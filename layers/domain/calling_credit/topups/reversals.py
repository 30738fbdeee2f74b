"""Money that goes back: refunds and disputes as one netted state, not as a sequence of events. Knows no Stripe call.

What a payment has lost is worked out from what stands at Stripe now, and the entry is the difference to what the book
has already taken back. So any order and any repetition of refunds, disputes, wins and failures ends right, and a
dispute after a refund is not taken twice.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from calling_credit.categories import REVERSAL
from calling_credit.instants import format_instant
from calling_credit.ledger.entries import CREDIT_RETURNED, CREDIT_REVERSED, Entry, local_date_of
from calling_credit.topups.topup import TopUp


@dataclass(frozen=True, slots=True)
class Losses:
    """What stands at Stripe against a payment, in micros: `refunded` without failed refunds, and the balance
    transactions of its disputes without fees (negative while withdrawn, zero again once reinstated).
    """

    refunded_micros: int
    disputed_micros: int


def target(paid_micros: int, losses: Losses) -> int:
    """How much of a payment must be taken back: never more than was paid, never less than nothing."""
    return min(paid_micros, max(0, losses.refunded_micros - losses.disputed_micros))


def reversal_entry(topup: TopUp, target_micros: int, losses: Losses, time_zone: str, now: datetime) -> Entry | None:
    """The entry that brings the book to the target; None where it is there. Its key counts the reversals of its
    payment: the transaction that writes it is conditioned on the count before.
    """
    change = target_micros - topup.reversed_micros
    if change == 0:
        return None
    instant = format_instant(now)
    return Entry(
        account_id=topup.account_id,
        happened_at=instant,
        cause_id=reversal_id(topup),
        kind=CREDIT_REVERSED if change > 0 else CREDIT_RETURNED,
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
    """The id of the next reversal of a payment."""
    return f"{topup.topup_id}{_COUNTED}{topup.reversals + 1}"


_COUNTED: Final = ".rev."
