"""The ledger entry of a priced call."""

from datetime import datetime, timedelta
from typing import Final

from calling_credit.calls import Call
from calling_credit.instants import format_instant, local_date
from calling_credit.ledger.entries import Entry, EntryKind
from calling_credit.rates.pricing import RatedCall
from calling_credit.rates.stored_rows import price_facts

SUSPICIOUS_OVERRUN_SECONDS: Final = 3600
"""A record that is this much longer than its hold allowed is probably wrong: the switch did not hang up."""
SUSPICIOUS_SECONDS: Final = 4 * 3600
"""A record without a hold that is longer than this is probably wrong."""
COUNTS_AFTER: Final = timedelta(hours=24)
"""How long an operator has to correct a suspicious call before it counts toward automatic recharge."""


def is_suspicious(duration_seconds: int, granted_seconds: int | None) -> bool:
    """Whether an operator must look at a call because of its duration. It is charged nevertheless."""
    if granted_seconds is None:
        return duration_seconds > SUSPICIOUS_SECONDS
    return duration_seconds > granted_seconds + SUSPICIOUS_OVERRUN_SECONDS


def charge_entry(call: Call, charge: RatedCall, time_zone: str, now: datetime, user_id: str | None = None) -> Entry:
    """Make the ledger entry of a priced call, with the facts behind its price. A redelivery has the same key.

    Args:
        user_id: the user of a call whose event names none.
    """
    explanation: dict[str, str | int | None] = {
        "line_id": call.line_id,
        "user_id": call.user_id or user_id,
        "call_id": call.call_id if call.call_id != call.call_key else None,
        "to": call.dialled_number,
        "duration_seconds": call.duration_seconds,
        **price_explanation(charge),
        "granted_seconds": charge.granted_seconds,
        "promised": charge.granted_seconds is not None or None,
        "suspicious": is_suspicious(call.duration_seconds, charge.granted_seconds) or None,
    }
    return Entry(
        account_id=call.account_id,
        happened_at=call.happened_at,
        cause_id=call.call_key,
        kind=EntryKind.CALL_CHARGED,
        category=charge.row.category,
        amount_micros=-charge.price_micros,
        local_date=local_date(call.started_at, time_zone),
        recorded_at=format_instant(now),
        facts_hash=call.facts_hash,
        billed_seconds=charge.billed_seconds,
        explanation={name: value for name, value in explanation.items() if value is not None},
        facts_version=call.facts_version if call.facts_version > 1 else None,
        call=call,
        correlation_id=call.correlation_id,
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
        **price_facts(row),
        **covered_part(charge.bundle, charge.covered_seconds),
    }


def covered_part(bundle: str, covered_seconds: int) -> dict[str, str | int]:
    """The included minutes behind a price: the counter and its seconds, negative where they are returned; nothing for a
    call without a bundle.
    """
    seconds = {"covered_seconds": covered_seconds} if covered_seconds else {}
    return {"bundle": bundle} | seconds if bundle else {}
