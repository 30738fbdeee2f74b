"""The rows of loading a rate deck of 50,000 rows: CPU time and memory, compared with reading the same bytes with the
csv module alone, and with the size of the file.
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
    """Return a deck as a carrier sends it: hundreds of destinations, thousands of prices, one date."""
    lines = [",".join(COLUMNS)]
    for number in range(ROWS):
        price = f"0.{rng.randint(1, 9_999):04d}"
        lines.append(f"{2_000_000 + number},Place {number % 700},GB,*,{price},0,30,6,2020-01-01,{mix.CATEGORY}")
    return "\n".join(lines).encode()


def deck_rows() -> list[Row]:
    """Return the rows."""
    data = deck_bytes(random.Random(mix.SEED))

    def load() -> Deck:
        deck = parse_deck(data, "deck-1")
        if not isinstance(deck, Deck) or len(deck.rows) != ROWS:
            raise RuntimeError("the deck was not read, so the numbers are invalid")
        return deck

    def read() -> list[list[str]]:
        return list(csv.reader(io.StringIO(data.decode())))

    what = f"loading a deck of {ROWS:,} rows, {len(data) / MB:.1f} MB of CSV"
    return [
        Row(
            f"{what}, every row checked (least of {ROUNDS})",
            "ms",
            BUDGET_MS,
            least_ms(load),
            floor=f"{least_ms(read):.0f} (csv.reader)",
        ),
        Row(f"{what}: held in memory", "MB", BUDGET_MB, held_mb(load), floor=f"{len(data) / MB:.1f} (the file itself)"),
    ]


def least_ms(run: Callable[[], Any]) -> float:
    """Return the CPU milliseconds: the least of some rounds."""
    least = float("inf")
    for _ in range(ROUNDS):
        before = time.process_time()
        run()
        least = min(least, time.process_time() - before)
    return least * 1_000


def held_mb(run: Callable[[], Any]) -> float:
    """Return the megabytes that the result of `run` occupies."""
    tracemalloc.start()
    try:
        result = run()
        held, _ = tracemalloc.get_traced_memory()
        del result
        return held / MB
    finally:
        tracemalloc.stop()
