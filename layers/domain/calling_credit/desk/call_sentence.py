"""One call in words, for people: who called whom and when, and what it costs and why. Reads no table."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from calling_credit.admission.request import WORDS
from calling_credit.desk.call_records import Calculation, CallOutcome, CallRecords
from calling_credit.desk.own_prices import own_price_text
from calling_credit.instants import format_instant, zone
from calling_credit.ledger.call_entries import COUNTS_AFTER
from calling_credit.ledger.holds import Hold
from calling_credit.money import format_money

UNKNOWN_REASON: Final = "The reason is not known to this release."


def sentence_of(records: CallRecords, time_zone: str, tolerance: int) -> str:
    """The call in one to a few sentences. Times are in the account's time zone."""
    return " ".join([_first_sentence(records, time_zone, tolerance), *_further_sentences(records, time_zone)])


def duration_text(seconds: int) -> str:
    """A duration for people: `3 min 12 s`, `1 h 0 min 5 s`, `45 s`."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min {rest} s"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def time_text(instant: str, time_zone: str) -> str:
    """A moment in a time zone for people: `2026-11-23 at 05:00:00 (America/New_York)`. When the clocks go back, an hour
    occurs twice, so its moments also show the distance to UTC.
    """
    local = datetime.fromisoformat(instant).astimezone(zone(time_zone))
    is_twice = local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
    offset = f", UTC{local.isoformat()[-6:]}" if is_twice else ""
    return f"{local:%Y-%m-%d} at {local:%H:%M:%S} ({time_zone}{offset})"


def price_text(calculation: Calculation) -> str:
    """How a price follows from its row: `billed 192 s at 0.015 a minute: 0.048 USD`. With rate steps, each rate has its
    seconds: `billed 85 s, 60 s at 0.20 a minute and 25 s at 0.10 a minute: 0.2417 USD`.
    """
    if calculation.covered_seconds:
        return _covered_text(calculation)
    steps = ""
    if calculation.minimum_seconds is not None and calculation.increment_seconds is not None:
        steps = f" (at least {calculation.minimum_seconds} s, then steps of {calculation.increment_seconds} s)"
    price = (
        f"billed {calculation.billed_seconds} s{steps} at {format_money(calculation.rate_micros_per_minute)} a minute"
    )
    if calculation.rate_steps:
        price = f"billed {calculation.billed_seconds} s, {_parts_text(calculation)}"
    if calculation.connection_fee_micros:
        price += f" plus a connection fee of {format_money(calculation.connection_fee_micros)}"
    if calculation.priced_seconds < calculation.duration_seconds:
        price += f", for the {duration_text(calculation.priced_seconds)} that were authorized"
    return f"{price}: {format_money(calculation.price_micros)} USD"


def _covered_text(calculation: Calculation) -> str:
    """The price of a call of which included minutes cover a part."""
    text = f"included minutes ({calculation.bundle}) cover {duration_text(calculation.covered_seconds)}"
    if not calculation.billed_seconds:
        return f"{text}, so it costs nothing"
    steps = f"in steps of {calculation.increment_seconds} s, " if not calculation.rate_steps else ""
    billed = f"billed {calculation.billed_seconds} s ({steps}without fee and minimum)"
    return f"{text}; {billed}, {_parts_text(calculation)}: {format_money(calculation.price_micros)} USD"


def _parts_text(calculation: Calculation) -> str:
    """The billed seconds at each rate."""
    rates = (calculation.rate_micros_per_minute, *(step.rate_micros_per_minute for step in calculation.rate_steps))
    texts = [
        f"{seconds} s at {format_money(rate)} a minute"
        for seconds, rate in zip(calculation.parts, rates, strict=False)
        if seconds
    ]
    return " and ".join(filter(None, (", ".join(texts[:-1]), *texts[-1:])))


def _first_sentence(records: CallRecords, time_zone: str, tolerance: int) -> str:
    outcome, calculation = records.outcome, records.calculation(tolerance)
    is_covered = calculation is not None and calculation.covered_seconds > 0
    if calculation is not None and (outcome is CallOutcome.CHARGED or is_covered):
        return f"{_call_text(records, time_zone)}; {price_text(calculation)}."
    if outcome is CallOutcome.WAIVED:
        return f"{_call_text(records, time_zone)}; the charge was waived, so the call costs nothing."
    if outcome is CallOutcome.UNRATED:
        return (
            f"{_call_text(records, time_zone)}. No rate deck has a price for this number yet, so nothing is charged "
            "until one has."
        )
    if records.happened_at is not None:
        return f"{_call_text(records, time_zone)}; the call costs nothing."
    return _refusal_text(records, time_zone) if records.hold is None else _hold_text(records, records.hold, time_zone)


def _call_text(records: CallRecords, time_zone: str) -> str:
    event = records.event
    seconds = records.charged.duration_seconds if records.charged is not None else event["duration_seconds"]
    place = f" ({event['destination']})" if event.get("destination") else ""
    assert records.happened_at is not None
    return (
        f"{_caller(records)} called {records.number}{place} on {time_text(records.happened_at, time_zone)} for "
        f"{duration_text(seconds)}"
    )


def _caller(records: CallRecords) -> str:
    if records.user_id is None:
        return "An unknown user" if records.line_id is None else f"The line {records.line_id}"
    return records.user_names.get(records.user_id) or f"The user {records.user_id}"


def _refusal_text(records: CallRecords, time_zone: str) -> str:
    last, times = records.denials[-1], len(records.denials)
    how_often = "on" if times == 1 else f"{times} times, last on"
    line = f" from line {records.line_id}" if records.line_id else ""
    return (
        f"A call{line} to {records.number} was refused {how_often} {time_text(last['at'], time_zone)}. "
        f"{WORDS.get(last['reason'], UNKNOWN_REASON)}"
    )


def _hold_text(records: CallRecords, hold: Hold, time_zone: str) -> str:
    held = format_money(hold.amount_micros)
    allowed = (
        f"A call from line {hold.line_id} to {hold.dialled_number} was allowed on "
        f"{time_text(hold.authorized_at, time_zone)} for up to {duration_text(hold.max_seconds)}"
    )
    match records.outcome:
        case CallOutcome.IN_PROGRESS:
            return f"{allowed}; {held} USD are held for it until its end is reported."
        case CallOutcome.UNANSWERED:
            return (
                f"{allowed} and ended without an answer, so it costs nothing and the hold of {held} USD was released."
            )
        case CallOutcome.EXPIRED:
            return f"{allowed}; its end was never reported, so the hold of {held} USD expired and nothing is charged."
        case _:
            return f"{allowed}; the hold of {held} USD was released, and no charge is recorded."


def _further_sentences(records: CallRecords, time_zone: str) -> Iterator[str]:
    source = None if records.charged is None else own_price_text(records.charged.last)
    if source is not None and records.outcome is CallOutcome.CHARGED:
        yield source
    for correction in records.corrections.values():
        before, after = (format_money(correction[name]) for name in ("before_micros", "after_micros"))
        did = "Waived" if correction.get("stated_seconds") is None else "Corrected"
        was = duration_text(correction["before_seconds"])
        yield (
            f"{did} on {time_text(correction['recorded_at'], time_zone)}: before, it lasted {was} and cost {before} "
            f"USD; afterwards it cost {after} USD."
        )
    for _, at, was_micros, is_micros in records.reratings:
        was, now = format_money(was_micros), format_money(is_micros)
        yield f"Priced again on {time_text(at, time_zone)}: {was} USD before, {now} USD afterwards."
    if records.goodwill_micros:
        yield f"Goodwill of {format_money(records.goodwill_micros)} USD was given for it."
    if records.stray is not None:
        yield "Its line was unknown, or international calling was off for it."
    if records.suspicious is not None:
        yield _suspicion_text(records, time_zone)


def _suspicion_text(records: CallRecords, time_zone: str) -> str:
    assert records.suspicious is not None
    counted_at, outcome = records.suspicious.get("counted_at"), records.suspicious.get("outcome")
    if counted_at is not None:
        how = "confirmed" if outcome == "confirmed" else "counted"
        return (
            f"Its duration is hard to believe; it counts toward automatic recharge since it was {how} on "
            f"{time_text(counted_at, time_zone)}."
        )
    if outcome is not None:
        return f"Its duration was hard to believe; that was settled as {outcome}."
    counts_at = format_instant(datetime.fromisoformat(records.suspicious["recorded_at"]) + COUNTS_AFTER)
    return (
        "Its duration is hard to believe, so it does not count toward automatic recharge before "
        f"{time_text(counts_at, time_zone)}, unless it is confirmed."
    )
