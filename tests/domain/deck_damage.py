"""Changes to the example deck: damage that an operator must notice, and harmless ones."""

import random
from collections.abc import Callable
from functools import cache

from calling_credit.rates.deck import Deck
from calling_credit.rates.deck_cells import COLUMNS
from calling_credit.rates.deck_csv import parse_deck
from ops.project import ROOT

Cells = list[str]
Rows = list[Cells]
Chosen = Callable[[Cells], bool]
Change = Callable[[random.Random, Rows], Rows]

PREFIX, DESTINATION, COUNTRY, ORIGIN, RATE, FEE, MINIMUM, INCREMENT, SINCE, CATEGORY = range(10)
INTERNATIONAL = "outbound_international_call"


@cache
def example() -> tuple[bytes, Deck]:
    """The example deck: its file, and its rows."""
    data = (ROOT / "local" / "rates.csv").read_bytes()
    return data, deck_of(data)


def deck_of(data: bytes) -> Deck:
    """The deck of a file without errors."""
    deck = parse_deck(data, "deck")
    assert isinstance(deck, Deck), deck[:3]
    return deck


def changed(change: Change, seed: int) -> bytes:
    """The file of the example deck with a change."""
    rows = [line.split(",") for line in example()[0].decode().splitlines()[1:]]
    lines = [",".join(COLUMNS), *(",".join(cells) for cells in change(random.Random(seed), rows))]
    return ("\n".join(lines) + "\n").encode()


def is_home(cells: Cells) -> bool:
    """Whether a row includes calls."""
    return cells[CATEGORY] == "included"


def is_abroad(cells: Cells) -> bool:
    """Whether a row prices calls to another country."""
    return cells[CATEGORY] == INTERNATIONAL


def is_everything(_: Cells) -> bool:
    """Every row."""
    return True


def one_of(rng: random.Random, rows: Rows, kind: Chosen) -> Chosen:
    """Choose one prefix of a kind."""
    prefix = rng.choice([cells[PREFIX] for cells in rows if kind(cells)])
    return lambda cells: cells[PREFIX] == prefix


def dropped(rows: Rows, chosen: Chosen) -> Rows:
    """The rows that were not chosen."""
    return [cells for cells in rows if not chosen(cells)]


def with_cells(rows: Rows, chosen: Chosen, cells_by_column: dict[int, str]) -> Rows:
    """The rows with other cells in the chosen ones."""
    return [
        [cells_by_column.get(column, cell) if chosen(cells) else cell for column, cell in enumerate(cells)]
        for cells in rows
    ]


def with_more(rows: Rows, chosen: Chosen, cells_by_column: dict[int, str]) -> Rows:
    """The rows, and the chosen ones again with other cells."""
    return [*rows, *with_cells([cells for cells in rows if chosen(cells)], is_everything, cells_by_column)]


def scaled(rows: Rows, chosen: Chosen, numerator: int, denominator: int = 1) -> Rows:
    """The rows with scaled prices in the chosen ones."""
    scale = {cells[RATE]: _scale(cells[RATE], numerator, denominator) for cells in rows}
    return [[*cells[:RATE], scale[cells[RATE]], *cells[FEE:]] if chosen(cells) else cells for cells in rows]


def _scale(amount: str, numerator: int, denominator: int) -> str:
    millionths = int(amount.replace(".", "")) * 100 * numerator // denominator  # The deck has four decimals.
    return f"{millionths // 1_000_000}.{millionths % 1_000_000:06d}"


def _one_country(rng: random.Random, rows: Rows) -> Chosen:
    country = rng.choice(sorted({cells[COUNTRY] for cells in rows if is_abroad(cells)}))
    return lambda cells: is_abroad(cells) and cells[COUNTRY] == country


def _some_codes(rng: random.Random, count: int) -> Chosen:
    codes = {str(code) for code in rng.sample(range(20, 99), count)}
    return lambda cells: not is_home(cells) and cells[PREFIX][:2] in codes


def _in_exchange(rng: random.Random, rows: Rows) -> Rows:
    """An exchange of one home code with a price."""
    code = rng.choice([cells[PREFIX] for cells in rows if is_home(cells)])
    exchange = f"{code}{rng.randint(200, 899)}"
    return [*rows, [exchange, "Somewhere", "US", "*", "0.0500", "0", "60", "60", "2020-01-01", INTERNATIONAL]]


def _with_new_prefixes(_: random.Random, rows: Rows) -> Rows:
    new = [f"44{number}" for number in range(1110, 1130)]
    return [*rows, *([prefix, "New", "GB", "*", "0.0200", *rows[-1][FEE:]] for prefix in new)]


FREE = {RATE: "0", FEE: "0"}
PRICED = {RATE: "0.0100", CATEGORY: INTERNATIONAL}

HOME_DAMAGE: dict[str, Change] = {
    "one home row dropped": lambda rng, rows: dropped(rows, one_of(rng, rows, is_home)),
    "all home rows dropped": lambda _, rows: dropped(rows, is_home),
    "home misspelled": lambda rng, rows: with_cells(rows, one_of(rng, rows, is_home), {CATEGORY: "incuded"}),
    "home in another category": lambda rng, rows: with_cells(
        rows, one_of(rng, rows, is_home), {CATEGORY: INTERNATIONAL}
    ),
    "home postponed": lambda rng, rows: with_cells(rows, one_of(rng, rows, is_home), {SINCE: "2026-12-01"}),
    "all dates in the future": lambda _, rows: with_cells(rows, is_everything, {SINCE: "2062-01-01"}),
    "home priced": lambda rng, rows: with_cells(rows, one_of(rng, rows, is_home), PRICED),
    "home ends": lambda rng, rows: with_more(rows, one_of(rng, rows, is_home), {**PRICED, SINCE: "2026-12-24"}),
    "an exchange of home priced": _in_exchange,
    "home priced for one origin": lambda rng, rows: with_more(
        rows, one_of(rng, rows, is_home), {**PRICED, ORIGIN: "CA"}
    ),
    "a country included": lambda rng, rows: with_cells(rows, _one_country(rng, rows), {**FREE, CATEGORY: "included"}),
    "zero prices": lambda rng, rows: with_cells(rows, one_of(rng, rows, is_abroad), FREE),
    "prices that round to zero": lambda rng, rows: with_cells(
        rows, one_of(rng, rows, is_abroad), {RATE: "0.000040", FEE: "0"}
    ),
    "zero prices from some day on": lambda rng, rows: with_more(
        rows, one_of(rng, rows, is_abroad), {**FREE, SINCE: f"2027-0{rng.randint(1, 9)}-01"}
    ),
    "categories renamed": lambda _, rows: with_cells(rows, is_abroad, {CATEGORY: "international"}),
    "a row postponed under a shorter one": lambda rng, rows: with_cells(
        rows, lambda cells: cells[PREFIX] == "442", {SINCE: f"2027-0{rng.randint(1, 9)}-01"}
    ),
    "satellites free": lambda _, rows: with_cells(
        rows, lambda cells: cells[PREFIX] == "881", {**FREE, CATEGORY: "included"}
    ),
    "premium numbers free": lambda _, rows: with_cells(
        rows, lambda cells: cells[PREFIX] == "1900", {**FREE, CATEGORY: "included"}
    ),
}
"""Damage that is found in the first deck of a stack too."""

DAMAGE: dict[str, Change] = {
    "only the changed rows": lambda rng, rows: rng.sample(rows, rng.randint(1, 400)),
    "one country only": lambda _, rows: dropped(rows, lambda cells: not is_home(cells) and cells[COUNTRY] != "GB"),
    "the end cut off": lambda rng, rows: rows[: rng.randint(500, 4_000)],
    "a quarter of the calling codes dropped": lambda rng, rows: dropped(rows, _some_codes(rng, 20)),
    "cents instead of dollars": lambda _, rows: scaled(rows, is_abroad, 100),
    "dollars instead of cents": lambda _, rows: scaled(rows, is_abroad, 1, 100),
    "one price ten times up": lambda rng, rows: scaled(
        rows, one_of(rng, rows, lambda cells: is_abroad(cells) and cells[FEE] == "0.0000"), 10
    ),
    "one price a tenth": lambda rng, rows: scaled(
        rows, one_of(rng, rows, lambda cells: is_abroad(cells) and cells[FEE] == "0.0000"), 1, 10
    ),
    "a price that jumps later": lambda rng, rows: with_more(
        rows, one_of(rng, rows, is_abroad), {RATE: "900", SINCE: "2027-01-01"}
    ),
    "a price that jumps for one origin": lambda rng, rows: with_more(
        rows, one_of(rng, rows, is_abroad), {RATE: "900", ORIGIN: "FR"}
    ),
    "minimum of ten minutes": lambda _, rows: with_cells(rows, is_abroad, {MINIMUM: "600"}),
    "increments of an hour": lambda _, rows: with_cells(rows, is_abroad, {INCREMENT: "3600"}),
    "prices of an hour": lambda _, rows: scaled(rows, is_abroad, 60),
    "a fee on every call": lambda _, rows: with_cells(rows, is_abroad, {FEE: "5.0000"}),
    "premium exceptions dropped": lambda _, rows: dropped(rows, lambda cells: "premium" in cells[CATEGORY]),
    "one billed exchange dropped": lambda rng, rows: dropped(
        rows, one_of(rng, rows, lambda cells: len(cells[PREFIX]) == 7 and cells[PREFIX].endswith("976"))
    ),
}

HARMLESS: dict[str, Change] = {
    "nothing": lambda _, rows: rows,
    "prices up by 20 %": lambda _, rows: scaled(rows, is_abroad, 12, 10),
    "some prices down by 20 %": lambda rng, rows: scaled(rows, _some_codes(rng, 30), 8, 10),
    "new prefixes": lambda _, rows: [
        *rows,
        *(
            [f"44{number}", "New", "GB", *rows[-1][ORIGIN:RATE], "0.0200", *rows[-1][FEE:]]
            for number in range(1110, 1130)
        ),
    ],
    "steps of a second": lambda _, rows: with_cells(rows, is_abroad, {MINIMUM: "1", INCREMENT: "1"}),
    "later prices": lambda rng, rows: [
        *rows,
        *with_cells(
            scaled(rng.sample([*filter(is_abroad, rows)], 200), is_everything, 2), is_everything, {SINCE: "2027-01-01"}
        ),
    ],
    "in another order": lambda rng, rows: rng.sample(rows, len(rows)),
    "other names": lambda _, rows: with_cells(rows, is_abroad, {DESTINATION: "Somewhere"}),
}
