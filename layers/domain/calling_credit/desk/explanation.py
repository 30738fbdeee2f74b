"""Explains a call: its records, the row that priced it, how the price follows, and what changed it since. Reads no
table.
"""

from collections.abc import Mapping
from typing import Any

from calling_credit.admission.request import WORDS
from calling_credit.desk.call_records import CallOutcome, CallRecords, Item
from calling_credit.desk.call_sentence import UNKNOWN_REASON, sentence_of
from calling_credit.desk.own_prices import is_markup_exact
from calling_credit.dynamodb import keys
from calling_credit.ledger.holds import Hold
from calling_credit.masking import ELLIPSIS
from calling_credit.money import format_money
from calling_credit.rates.pricing import PRICE_STEP_MICROS
from calling_credit.rates.rate_steps import steps_view
from calling_credit.rates.stored_rows import facts_view, price_facts


def explain_call(records: CallRecords, time_zone: str, tolerance: int) -> dict[str, Any]:
    """Return the explanation of a call as one sentence and as fields. `tolerance` is the time beyond a hold that is
    not billed.
    """
    price = records.price_micros
    left = max(0, (price or 0) - records.goodwill_micros) if records.goodwill is None else 0
    return {
        "call_key": records.call_key,
        "call_id": records.call_id,
        "started_at": records.happened_at,
        "outcome": records.outcome,
        "sentence": sentence_of(records, time_zone, tolerance),
        "price": None if price is None else format_money(price),
        "event": _event_view(records),
        "row": _row_view(records),
        "calculation": _calculation_view(records, tolerance),
        "hold": None if records.hold is None else _hold_view(records.hold),
        "entries": [_entry_view(entry) for entry in records.entries],
        "corrections": [_correction_view(*correction) for correction in records.corrections.items()],
        "reratings": [
            {"run": run, "at": at, "before": format_money(before), "after": format_money(after)}
            for run, at, before, after in records.reratings
        ],
        "goodwill": [] if records.goodwill is None else [_goodwill_view(records.goodwill)],
        "goodwill_left": format_money(left),
        "suspicion": None if records.suspicious is None else _suspicion_view(records.suspicious),
        "denials": [denial_view(denial) for denial in records.denials],
    }


def _event_view(records: CallRecords) -> dict[str, Any]:
    is_finished = records.happened_at is not None
    return {
        "to": records.number,
        "line_id": records.line_id,
        "user": {"id": records.user_id, "name": records.user_names.get(records.user_id or "")},
        "duration_seconds": records.event["duration_seconds"] if is_finished else None,
        "recorded_at": records.event.get("recorded_at"),
        "number_erased": ELLIPSIS in records.number,
        "suspicious": records.suspicious is not None,
        "stray": records.stray is not None,
    }


def _row_view(records: CallRecords) -> dict[str, Any] | None:
    """The row that priced the standing charge, or that prices the call in progress."""
    charged, hold = records.charged, records.hold
    if charged is not None:
        row: Mapping[str, Any] = charged.last
        facts = facts_view(charged.last)
        deck, origin, steps = charged.last["deck"], charged.last["origin"], charged.rate_steps
    elif hold is not None and records.outcome is not CallOutcome.REFUSED:
        names = ("minimum_seconds", "increment_seconds", "rate_micros_per_minute", "connection_fee_micros")
        row = {name: getattr(hold.row, name) for name in ("prefix", "destination", "country", "category", *names)}
        steps = hold.row.rate_steps
        deck, origin = hold.deck_version, hold.origin
        facts = facts_view(price_facts(hold.row))
    else:
        return None
    return {
        "deck": deck,
        "prefix": row["prefix"],
        "destination": row["destination"],
        "country": row["country"],
        "origin": origin,
        "category": row["category"],
        "rate_per_minute": format_money(row["rate_micros_per_minute"]),
        "connection_fee": format_money(row["connection_fee_micros"]),
        "minimum_seconds": row.get("minimum_seconds"),
        "increment_seconds": row.get("increment_seconds"),
        **facts,
        **({"rate_steps": steps_view(steps)} if steps else {}),
    }


def _calculation_view(records: CallRecords, tolerance: int) -> dict[str, Any] | None:
    calculation = records.calculation(tolerance)
    if calculation is None:
        return None
    covered = {"covered_seconds": calculation.covered_seconds, "bundle": calculation.bundle}
    return {
        "duration_seconds": calculation.duration_seconds,
        "granted_seconds": calculation.granted_seconds,
        "promised": calculation.is_promised,
        "priced_seconds": calculation.priced_seconds,
        "billed_seconds": calculation.billed_seconds,
        "rounded_to": format_money(PRICE_STEP_MICROS),
        "price": format_money(calculation.price_micros),
        "exact": calculation.is_exact and (records.charged is None or is_markup_exact(records.charged.last)),
        **(covered if calculation.covered_seconds else {}),
        **({"billed_parts": calculation.parts} if calculation.rate_steps else {}),
    }


def _hold_view(hold: Hold) -> dict[str, Any]:
    return {
        "status": hold.status,
        "amount": format_money(hold.amount_micros),
        "max_seconds": hold.max_seconds,
        "authorized_at": hold.authorized_at,
        "ended_as": hold.ended_as,
        "limited_by": hold.limited_by,
        **({"covered_seconds": hold.covered_seconds} if hold.covered_seconds else {}),
    }


def _entry_view(entry: Item) -> dict[str, Any]:
    return {
        "id": keys.cause_of(entry["SK"]),
        "kind": entry["kind"],
        "amount": format_money(entry["amount_micros"]),
        "duration_seconds": entry["duration_seconds"],
        "billed_seconds": entry["billed_seconds"],
        "recorded_at": entry["recorded_at"],
        "why": _why(entry),
    }


def _why(entry: Item) -> str:
    """Why a call has this entry. The entry of a rerated correction has both marks."""
    if "run" in entry:
        return "repriced"
    if "correction" not in entry:
        return "charged"
    return "waived" if entry.get("waived") else "corrected"


def _correction_view(correction_id: str, correction: Item) -> dict[str, Any]:
    figures = {
        when: {
            "duration_seconds": correction[f"{when}_seconds"],
            "price": format_money(correction[f"{when}_micros"]),
        }
        for when in ("before", "after")
    }
    return {
        "id": correction_id,
        "at": correction["recorded_at"],
        "by": correction["corrected_by"],
        "reason": correction["reason"],
        **figures,
    }


def _goodwill_view(goodwill: Item) -> dict[str, Any]:
    return {
        "at": goodwill["given_at"],
        "given": format_money(goodwill["given_micros"]),
        "standing": format_money(goodwill["standing_micros"]),
        "reason": goodwill["reason"],
        "by": goodwill.get("by"),
    }


def _suspicion_view(suspicious: Item) -> dict[str, Any]:
    return {
        "listed_at": suspicious["recorded_at"],
        "counted_at": suspicious.get("counted_at"),
        "outcome": suspicious.get("outcome"),
        "can_confirm": "sweep_pk" in suspicious,
    }


def denial_view(denial: Item) -> dict[str, Any]:
    """A refusal of the call."""
    return {
        "at": denial["at"],
        "reason": denial["reason"],
        "message": words_of(denial["reason"]),
    }


def words_of(reason: str) -> str:
    """The reason of a refusal in words."""
    return WORDS.get(reason, UNKNOWN_REASON)
