"""The rows of pricing without I/O: one call on a compiled deck of 50,000 prefixes, and with an account's own list and
markup, over a single dictionary lookup; and the memory of many price lists.
"""

import random
import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime

from calling_credit.calls import Call
from calling_credit.rates.account_prices import PricesOfAccounts
from calling_credit.rates.compiled_deck import compile_deck, read_compiled
from calling_credit.rates.deck import Deck, RateRow
from calling_credit.rates.pricing import RatedCall, origin_of, rate_call
from tests.benchmarks import mix
from tests.benchmarks.rows import Row

PREFIXES = 50_000
CALLS = 5_000
ROUNDS = 15
BUDGET = 40
LIST_ROWS = 5_000
LISTS, ROWS_OF_EACH = 200, 500
LISTS_BUDGET_MB = 80


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


def price_list(rng: random.Random, deck: Deck, rows: int, name: str = "gold") -> bytes:
    """Return the compiled form of a price list with some prefixes of the deck."""
    prefixes = sorted(rng.sample([row.prefix for row in deck.rows], rows))
    since = "2020-01-01T00:00:00.000Z"
    return compile_deck(
        Deck(f"{name}-1", [RateRow(one, "There", "GB", "*", 98_700, 0, 30, 6, since, mix.CATEGORY) for one in prefixes])
    )


def loaded_list(data: bytes, name: str = "gold") -> Deck:
    """Return a price list of a name."""
    loaded = read_compiled(data, f"{name}-1")
    loaded.price_list = name
    return loaded


def pricing_rows() -> list[Row]:
    """Return the rows."""
    rng = random.Random(mix.SEED)
    listed, sample = large_deck(rng), calls(rng)
    deck = read_compiled(compile_deck(listed), "deck-1")
    own = loaded_list(price_list(rng, listed, LIST_ROWS))
    plain = {row.prefix: row for row in deck.rows}
    kept = PricesOfAccounts()
    what = f"pricing one call on a {PREFIXES:,}-prefix deck"
    own_what = f"{what} with a {LIST_ROWS:,}-row list and a markup"
    return [
        _row(f"{what}, over a dict lookup", sample, plain, lambda: deck),
        _row(f"{own_what}, over a dict lookup", sample, plain, lambda: kept.of(deck, own, 1_250)),
        _memory_row(rng, listed),
    ]


def _row(what: str, sample: list[Call], plain: dict[str, RateRow], deck_of: Callable[[], Deck]) -> Row:
    if not all(isinstance(rate_call(call, deck_of(), "US"), RatedCall) for call in sample):
        raise RuntimeError("not every call was priced, so the time is invalid")

    def price() -> None:
        for call in sample:
            rate_call(call, deck_of(), origin_of("+14155550100", call.calling_number))

    def look_up() -> None:
        for call in sample:
            plain.get(call.dialled_number)

    pairs = [(cpu_us(price), cpu_us(look_up)) for _ in range(ROUNDS)]  # In turns: a shared machine's speed drifts.
    least, floor = min(own for own, _ in pairs), min(base for _, base in pairs)
    shown = f"{least / floor:.1f} ({least:.2f} us / {floor:.2f} us)"
    return Row(f"{what} (least of {ROUNDS} x {CALLS:,})", "ratio", BUDGET, least / floor, shown=shown, floor="1")


def _memory_row(rng: random.Random, listed: Deck) -> Row:
    """Return the memory of the lists beside the deck, with one priced call each."""
    files = [(price_list(rng, listed, ROWS_OF_EACH, f"l-{number}"), f"l-{number}") for number in range(LISTS)]
    data, at = compile_deck(listed), "2026-11-22T12:00:00.000Z"
    tracemalloc.start()
    deck, kept = read_compiled(data, "deck-1"), PricesOfAccounts()
    alone = tracemalloc.get_traced_memory()[1] / 1_000_000
    lists = [loaded_list(*file) for file in files]
    for own in lists:
        prefix = own.rows[0].prefix
        if kept.of(deck, own, 0).find(f"{prefix}0000000", "US", at) is None:
            raise RuntimeError("a list has no price, so the number is invalid")
    megabytes = tracemalloc.get_traced_memory()[1] / 1_000_000
    tracemalloc.stop()
    what = f"memory of {LISTS} lists of {ROWS_OF_EACH} rows beside a {PREFIXES:,}-prefix deck"
    return Row(what, "MB", LISTS_BUDGET_MB, megabytes, floor=f"{alone:.1f} (the deck alone)")


def cpu_us(run: Callable[[], None]) -> float:
    """Return the CPU microseconds of one call."""
    before = time.process_time()
    run()
    return (time.process_time() - before) / CALLS * 1e6
