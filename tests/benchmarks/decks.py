"""The rows of loading a rate deck of 50,000 rows: the time a function takes that meets a new deck, and what the deck
holds in memory, beside reading the same bytes with the csv module alone, and the file itself.
"""

import csv
import io
import random
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

from calling_credit.rates.deck import Deck
from calling_credit.rates.deck_csv import COLUMNS, parse_deck
from tests.benchmarks import mix
from tests.benchmarks.rows import Row

ROWS = 50_000
ROUNDS = 5
BUDGET_MS = 1_500
BUDGET_MB = 40
MB = 1_000_000


def deck_bytes(rng: random.Random) -> bytes:
    """A deck as a carrier sends one: some hundred destinations, some thousand prices, one date."""
    lines = [",".join(COLUMNS)]
    for number in range(ROWS):
        price = f"0.{rng.randint(1, 9_999):04d}"
        lines.append(f"{2_000_000 + number},Place {number % 700},GB,*,{price},0,30,6,2020-01-01,{mix.CATEGORY}")
    return "\n".join(lines).encode()


def deck_rows() -> list[Row]:
    """The rows."""
    data = deck_bytes(random.Random(mix.SEED))

    def load() -> Deck:
        deck = parse_deck(data, "deck-1")
        if not isinstance(deck, Deck) or len(deck.rows) != ROWS:
            raise RuntimeError("the deck was not read; the numbers would mean nothing")
        return deck

    def read() -> list[list[str]]:
        return list(csv.reader(io.StringIO(data.decode())))

    what = f"loading a deck of {ROWS:,} rows, {len(data) / MB:.1f} MB of CSV"
    return [
        Row(
            f"{what}, every row judged (least of {ROUNDS})",
            "ms",
            BUDGET_MS,
            least_ms(load),
            floor=f"{least_ms(read):.0f} (csv.reader)",
        ),
        Row(f"{what}: held in memory", "MB", BUDGET_MB, held_mb(load), floor=f"{len(data) / MB:.1f} (the file itself)"),
    ]


def least_ms(run: Callable[[], Any]) -> float:
    """Milliseconds of CPU: the least of some rounds."""
    least = float("inf")
    for _ in range(ROUNDS):
        before = time.process_time()
        run()
        least = min(least, time.process_time() - before)
    return least * 1_000


def held_mb(run: Callable[[], Any]) -> float:
    """Megabytes that what is returned holds."""
    tracemalloc.start()
    try:
        kept = run()
        held, _ = tracemalloc.get_traced_memory()
        del kept
        return held / MB
    finally:
        tracemalloc.stop()
