"""The ledger entry of a priced call."""

from datetime import datetime

from calling_credit.call_events import Call
from calling_credit.instants import format_instant, local_date
from calling_credit.ledger.entries import Entry, EntryKind
from calling_credit.rates.pricing import RatedCall


def charge_entry(call: Call, charge: RatedCall, time_zone: str, now: datetime) -> Entry:
    """Make the ledger entry of a priced call, with the facts behind its price. A redelivery has the same key."""
    return Entry(
        account_id=call.account_id,
        happened_at=call.happened_at,
        cause_id=call.call_id,
        kind=EntryKind.CALL_CHARGED,
        category=charge.row.category,
        amount_micros=-charge.price_micros,
        local_date=local_date(call.started_at, time_zone),
        recorded_at=format_instant(now),
        facts_hash=call.facts_hash,
        billed_seconds=charge.billed_seconds,
        explanation={
            "line_id": call.line_id,
            "user_id": call.user_id,
            "to": call.dialled_number,
            "duration_seconds": call.duration_seconds,
            **price_explanation(charge),
        },
    )


def price_explanation(charge: RatedCall) -> dict[str, str | int]:
    """The facts behind a price, as entries store them."""
    row = charge.row
    return {
        "origin": charge.origin,
        "destination": row.destination,
        "country": row.country,
        "prefix": row.prefix,
        "rate_micros_per_minute": row.rate_micros_per_minute,
        "connection_fee_micros": row.connection_fee_micros,
        "minimum_seconds": row.minimum_seconds,
        "increment_seconds": row.increment_seconds,
        "deck": charge.deck_version,
    }
