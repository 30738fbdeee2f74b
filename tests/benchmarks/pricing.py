"""The row of pricing: one call on a compiled deck of 50,000 prefixes without I/O, over a single dictionary lookup."""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime

from calling_credit.calls import Call
from calling_credit.rates.compiled_deck import compile_deck, read_compiled
from calling_credit.rates.deck import Deck, RateRow
from calling_credit.rates.pricing import RatedCall, origin_of, rate_call
from tests.benchmarks import mix
from tests.benchmarks.rows import Row

PREFIXES = 50_000
CALLS = 5_000
ROUNDS = 15
BUDGET = 40


def large_deck(rng: random.Random) -> Deck:
    """Return a deck of 50,000 international prefixes of 2 to 7 digits: all two-digit codes, then random ones."""
    prefixes = {str(code) for code in range(20, 100)}
    while len(prefixes) < PREFIXES:
        prefixes.add(f"{rng.randint(20, 99)}{rng.randint(0, 99_999):05d}"[: rng.randint(3, 7)])
    return Deck(
        "deck-1",
        [
            RateRow(prefix, "Somewhere", "GB", "*", 123_400, 0, 30, 6, "2020-01-01T00:00:00.000Z", mix.CATEGORY)
            for prefix in sorted(prefixes)
        ],
    )


def calls(rng: random.Random) -> list[Call]:
    """Return answered calls to numbers across the deck."""
    started = datetime(2026, 11, 22, 12, tzinfo=UTC)
    at = "2026-11-22T12:00:00.000Z"
    return [
        Call(
            call_id=f"c_{index}",
            call_key=f"c_{index}",
            account_id="acct",
            line_id="line",
            user_id="user",
            calling_number="+14155550100",
            dialled_number=(number := f"+{rng.randint(20, 99)}{rng.randint(0, 10**9 - 1):09d}"),
            sent_number=number,
            started_at=started,
            happened_at=at,
            answered_at=at,
            ended_at=at,
            duration_seconds=rng.randint(1, 1800),
            facts_hash="",
        )
        for index in range(CALLS)
    ]


def pricing_rows() -> list[Row]:
    """Return the row."""
    rng = random.Random(mix.SEED)
    listed, sample = large_deck(rng), calls(rng)
    deck = read_compiled(compile_deck(listed), "deck-1")
    if not all(isinstance(rate_call(call, deck, "US"), RatedCall) for call in sample):
        raise RuntimeError("not every call was priced, so the time is invalid")
    plain = {row.prefix: row for row in deck.rows}

    def price() -> None:
        for call in sample:
            rate_call(call, deck, origin_of("+14155550100", call.calling_number))

    def look_up() -> None:
        for call in sample:
            plain.get(call.dialled_number)

    pairs = [(cpu_us(price), cpu_us(look_up)) for _ in range(ROUNDS)]  # In turns: a shared machine's speed drifts.
    least, floor = min(own for own, _ in pairs), min(base for _, base in pairs)
    what = f"pricing one call on a {PREFIXES:,}-prefix deck, over a dict lookup (least of {ROUNDS} x {CALLS:,})"
    shown = f"{least / floor:.1f} ({least:.2f} us / {floor:.2f} us)"
    return [Row(what, "ratio", BUDGET, least / floor, shown=shown, floor="1")]


def cpu_us(run: Callable[[], None]) -> float:
    """Return the CPU microseconds of one call."""
    before = time.process_time()
    run()
    return (time.process_time() - before) / CALLS * 1e6
