"""The ledger entry that credits a paid top-up."""

from datetime import datetime

from calling_credit.categories import TOP_UP
from calling_credit.instants import format_instant
from calling_credit.ledger.entries import Entry, EntryKind, local_date_of
from calling_credit.topups.topup import Intent, TopUp


def topup_entry(topup: TopUp, intent: Intent, time_zone: str, now: datetime) -> Entry:
    """The ledger entry of a paid top-up. Its key depends only on the top-up, so every worker writes the same one.
    `gross_micros` is what the card paid, and says that the payment has a receipt: earlier releases wrote neither.
    """
    return Entry(
        account_id=topup.account_id,
        happened_at=topup.created_at,
        cause_id=topup.topup_id,
        kind=EntryKind.TOP_UP_PAID,
        category=TOP_UP,
        amount_micros=topup.amount_micros,
        local_date=local_date_of(topup.created_at, time_zone),
        recorded_at=format_instant(now),
        facts_hash=f"{topup.topup_id}:{topup.amount_micros}",
        correlation_id=topup.correlation_id,
        explanation={
            "payment": topup.kind,
            "brand": topup.card.brand,
            "last4": topup.card.last4,
            "intent_id": intent.intent_id,
            "gross_micros": topup.gross_micros,
        },
    )
