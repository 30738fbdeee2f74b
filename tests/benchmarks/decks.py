"""The rows of rate decks: loading a compiled deck of 4,000, 50,000, and 200,000 rows, judging a CSV, and the first
authorization after a publication.
"""

import csv
import io
import random
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

from calling_credit.numbering import COUNTRIES
from calling_credit.rates.compiled_deck import compile_deck, read_compiled
from calling_credit.rates.deck import Deck
from calling_credit.rates.deck_csv import COLUMNS, parse_deck
from calling_credit.rates.few_rates import POPULAR, FewRates
from tests.benchmarks import mix
from tests.benchmarks.rows import Row

SIZES = (4_000, 50_000, 200_000)
JUDGED = 50_000
ROUNDS = 5
LOAD_BUDGET = 0.5
"""Under 300 ms for 200,000 rows, where csv.reader takes 560 ms."""
LOAD_BUDGET_MB = {4_000: 3, 50_000: 30, 200_000: 120}
JUDGING_BUDGET = 8
FIRST_AUTHORIZE_BUDGET = 2.0
FIRST_POPULAR_BUDGET = 3
NEXT_POPULAR_BUDGET = 0.01
AT = "2026-11-23T12:00:00.000Z"
MB = 1_000_000


def deck_bytes(rng: random.Random, rows: int, first: int = 2_000_000) -> bytes:
    """Return a deck as a carrier sends it: hundreds of destinations, thousands of prices, one date."""
    lines = [",".join(COLUMNS)]
    for number in range(rows):
        price = f"0.{rng.randint(1, 9_999):04d}"
        lines.append(f"{first + number},Place {number % 700},GB,*,{price},0,30,6,2020-01-01,{mix.CATEGORY}")
    return "\n".join(lines).encode()


def parsed(data: bytes) -> Deck:
    """Return the deck of a CSV."""
    deck = parse_deck(data, "deck-1")
    if not isinstance(deck, Deck):
        raise RuntimeError("the deck was not read, so the numbers are invalid")
    return deck


def deck_rows() -> list[Row]:
    """Return the rows."""
    rows: list[Row] = []
    for size in SIZES:
        data = deck_bytes(random.Random(mix.SEED), size)
        if size == JUDGED:
            rows.append(judging_row(data))
        rows += loading_rows(size, data)
    return [*rows, *popular_rows()]


def popular_rows() -> list[Row]:
    """Return the rows of the prices of popular countries, which make up a third of a large deck: the first request of a
    warm function, and the second.
    """
    size = SIZES[-1]
    lines = deck_bytes(random.Random(mix.SEED), size).decode().split("\n")
    places = [*POPULAR, *sorted(set(COUNTRIES) - set(POPULAR))[: 2 * len(POPULAR)]]
    data = "\n".join(line.replace(",GB,", f",{places[at % len(places)]},") for at, line in enumerate(lines)).encode()
    deck, few = read_compiled(compile_deck(parsed(data)), "deck-1"), FewRates()

    def first() -> None:
        if len(FewRates().of_countries(deck, POPULAR, None, AT)) != len(POPULAR) * 2:
            raise RuntimeError("prices are missing, so the numbers are invalid")

    few.of_countries(deck, POPULAR, None, AT)
    ratio, floor = least_ratio(first, lambda: read_csv(data))
    what = f"popular prices of a deck of {size:,} rows"
    again = cpu_ms(lambda: few.of_countries(deck, POPULAR, None, AT)) / floor
    shown = f"{ratio:.1f} ({ratio * floor:.0f} ms / {floor:.0f} ms)"
    return [
        Row(f"{what}: CPU of the first request, over csv.reader", "ratio", FIRST_POPULAR_BUDGET, ratio, shown=shown),
        Row(f"{what}: CPU of the next, over csv.reader", "ratio", NEXT_POPULAR_BUDGET, again, shown=f"{again:.4f}"),
    ]


def read_csv(data: bytes) -> list[list[str]]:
    """Read a CSV without a check."""
    return list(csv.reader(io.StringIO(data.decode())))


def judging_row(data: bytes) -> Row:
    """Return the row of checking every row of a CSV, over reading it without a check."""
    ratio, floor = least_ratio(lambda: parsed(data), lambda: read_csv(data))
    what = f"checking every row of a deck of {JUDGED:,} rows, over csv.reader (least of {ROUNDS})"
    shown = f"{ratio:.1f} ({ratio * floor:.0f} ms / {floor:.0f} ms)"
    return Row(what, "ratio", JUDGING_BUDGET, ratio, shown=shown, floor="1")


def loading_rows(size: int, data: bytes) -> list[Row]:
    """Return the rows of loading a compiled deck: CPU, and the peak of memory."""
    compiled = compile_deck(parsed(data))

    def load() -> Deck:
        deck = read_compiled(compiled, "deck-1")
        if len(deck.rows) != size:
            raise RuntimeError("the deck was not read, so the numbers are invalid")
        return deck

    what = f"loading a compiled deck of {size:,} rows, {len(compiled) / MB:.2f} MB"
    ratio, floor = least_ratio(load, lambda: read_csv(data))
    shown = f"{ratio:.2f} ({ratio * floor:.0f} ms / {floor:.0f} ms)"
    over = f"over csv.reader of its CSV (least of {ROUNDS})"
    return [
        Row(f"{what}: CPU, {over}", "ratio", LOAD_BUDGET, ratio, shown=shown),
        Row(f"{what}: peak of memory", "MB", LOAD_BUDGET_MB[size], peak_mb(load), floor=f"{len(data) / MB:.1f} (CSV)"),
    ]


def least_ratio(run: Callable[[], Any], floor: Callable[[], Any]) -> tuple[float, float]:
    """Return the ratio of the least CPU times, measured in turns because a shared machine's speed drifts; and the
    floor's milliseconds.
    """
    pairs = [(cpu_ms(run), cpu_ms(floor)) for _ in range(ROUNDS)]
    least = min(base for _, base in pairs)
    return min(own for own, _ in pairs) / least, least


def cpu_ms(run: Callable[[], Any]) -> float:
    """Return the CPU milliseconds of one run."""
    before = time.process_time()
    run()
    return (time.process_time() - before) * 1_000


def peak_mb(run: Callable[[], Any]) -> float:
    """Return the most megabytes that `run` occupies at once, its result included."""
    tracemalloc.start()
    try:
        run()
        _, peak = tracemalloc.get_traced_memory()
        return peak / MB
    finally:
        tracemalloc.stop()
