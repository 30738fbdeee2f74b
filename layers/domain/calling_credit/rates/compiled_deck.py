"""Compiled decks: a deck as columns of numbers and tables of texts, which a function reads in a fraction of a second.

The format is data only. A file is a magic line with the format's version, a line of JSON that describes the columns,
and their bytes, compressed. Rows are ordered by prefix, origin, and time, latest first; a row is made when it is read.
The reader checks a file's SHA-256 first, and refuses a file that does not fit its description.

Format 2 has one more table of texts, the rate steps. A deck without any is written in format 1, which earlier releases
read too.
"""

import json
import sys
import zlib
from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast, overload

from calling_credit.rates.deck import Deck, RateRow, RowsByOrigin
from calling_credit.rates.rate_steps import Steps, parse_steps, steps_text

MAGIC: Final = b"calling-credit-deck 1\n"
MAGIC_WITH_STEPS: Final = b"calling-credit-deck 2\n"
MAX_ROWS_KEPT: Final = 4_096
"""The prefixes whose rows stay in memory after they were read."""
MAX_BYTES: Final = 512 * 1024 * 1024
"""The size of the largest deck, uncompressed. A larger file is damaged."""

_TEXTS: Final = ("destination", "country", "origin", "effective_from", "category")
_STEPS: Final = "rate_steps"
_NUMBERS: Final = ("rate_micros_per_minute", "connection_fee_micros", "minimum_seconds", "increment_seconds")
_SEPARATOR: Final = "\n"
"""Separates texts. No text of a deck contains it, because every text is printable."""


class InvalidCompiledDeckError(Exception):
    """The file is of another format version, or damaged. The deck is read from its CSV instead."""


def compile_deck(deck: Deck) -> bytes:
    """Return the compiled form of a deck. The same rows give the same bytes."""
    rows = sorted(deck.rows, key=lambda row: row.effective_from, reverse=True)
    rows.sort(key=lambda row: (row.prefix, row.origin))
    prefixes: list[str] = []
    starts = array("I")
    for position, row in enumerate(rows):
        if not prefixes or prefixes[-1] != row.prefix:
            prefixes.append(row.prefix)
            starts.append(position)
    starts.append(len(rows))
    values: dict[str, list[str]] = {name: [str(getattr(row, name)) for row in rows] for name in _TEXTS}
    has_steps = any(row.rate_steps for row in rows)
    if has_steps:
        values[_STEPS] = [steps_text(row.rate_steps) for row in rows]
    texts = {name: sorted(set(of_rows)) for name, of_rows in values.items()}
    columns = [starts]
    for name, table in texts.items():
        numbers = {text: number for number, text in enumerate(table)}
        columns.append(array("I", (numbers[text] for text in values[name])))
    columns += [array("I", (getattr(row, name) for row in rows)) for name in _NUMBERS]
    blobs = [_SEPARATOR.join(table).encode() for table in (prefixes, *texts.values())]
    blobs += [_little_endian(column).tobytes() for column in columns]
    description = {"rows": len(rows), "sizes": list(map(len, blobs))}
    magic = MAGIC_WITH_STEPS if has_steps else MAGIC
    return magic + json.dumps(description).encode() + b"\n" + zlib.compress(b"".join(blobs), 6)


def read_compiled(data: bytes, version: str) -> Deck:
    """Return the deck of a compiled file.

    Raises:
        InvalidCompiledDeckError: the file is of another format version, or damaged.
    """
    if not data.startswith((MAGIC, MAGIC_WITH_STEPS)):
        raise InvalidCompiledDeckError
    texts = _TEXTS if data.startswith(MAGIC) else (*_TEXTS, _STEPS)
    try:
        end = data.index(b"\n", len(MAGIC))
        description = json.loads(data[len(MAGIC) : end])
        unpacker = zlib.decompressobj()
        content = unpacker.decompress(memoryview(data)[end + 1 :], MAX_BYTES)
        if not unpacker.eof or unpacker.unused_data:
            raise InvalidCompiledDeckError
        parts = _split(content, description["sizes"], len(texts))
        return Deck(version, CompiledRows(int(description["rows"]), parts, len(texts)))
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        raise InvalidCompiledDeckError from error


def _split(content: bytes, sizes: list[int], texts: int) -> list[memoryview]:
    if sum(sizes) != len(content) or len(sizes) != 2 * (1 + texts) + len(_NUMBERS):
        raise InvalidCompiledDeckError
    view, parts, begin = memoryview(content), [], 0
    for size in sizes:
        parts.append(view[begin : begin + size])
        begin += size
    return parts


class CompiledRows:
    """The rows of a compiled deck, by prefix."""

    def __init__(self, count: int, parts: list[memoryview], texts: int) -> None:
        names = texts + 1
        prefixes, *tables = (str(part, "utf-8").split(_SEPARATOR) if part else [] for part in parts[:names])
        starts, *columns = (_column(part) for part in parts[names:])
        if len(starts) != len(prefixes) + 1 or starts[-1] != count or {len(column) for column in columns} != {count}:
            raise InvalidCompiledDeckError
        for table, column in zip(tables, columns, strict=False):
            if count and max(column) >= len(table):
                raise InvalidCompiledDeckError
        self._texts = dict(zip(_TEXTS, zip(tables, columns, strict=False), strict=False))
        self._columns = [*columns[: len(_TEXTS)], *columns[texts:]]
        self._tables = tables[: len(_TEXTS)]
        self._steps = None
        if texts > len(_TEXTS):
            self._steps = columns[len(_TEXTS)], [parse_steps(text) for text in tables[len(_TEXTS)]]
        self._prefixes = prefixes
        self._starts = starts
        self.positions: Mapping[str, int] = dict(zip(prefixes, range(len(prefixes)), strict=True))
        self.groups: Sequence[RowsByOrigin] = cast("Sequence[RowsByOrigin]", _Groups(self))
        self.rows: Sequence[RateRow] = _AllRows(self, count)
        self.categories = frozenset(self._tables[-1])

    def of_country(self, country: str) -> list[RateRow]:
        """Return the rows of a country."""
        table, column = self._texts["country"]
        if country not in table:
            return []
        number = table.index(country)
        numbers = (position for position, of_row in enumerate(column) if of_row == number)
        return list(self.rows_at(numbers))

    def rows_at(self, positions: Iterator[int]) -> Iterator[RateRow]:
        """Make the rows at positions in ascending order."""
        starts, prefixes, prefix = self._starts, self._prefixes, 0
        for position in positions:
            while starts[prefix + 1] <= position:
                prefix += 1
            yield self._row(prefixes[prefix], position)

    def group(self, number: int) -> dict[str, list[RateRow]]:
        """Make the rows of a prefix, by origin."""
        prefix = self._prefixes[number]
        rows: dict[str, list[RateRow]] = {}
        for position in range(self._starts[number], self._starts[number + 1]):
            row = self._row(prefix, position)
            rows.setdefault(row.origin, []).append(row)
        return rows

    def _row(self, prefix: str, position: int) -> RateRow:
        destinations, countries, origins, times, categories = self._tables
        destination, country, origin, time, category, rate, fee, minimum, increment = self._columns
        steps: Steps = ()
        if self._steps is not None:
            numbers, parsed = self._steps
            steps = parsed[numbers[position]]
        return RateRow(
            prefix,
            destinations[destination[position]],
            countries[country[position]],
            origins[origin[position]],
            rate[position],
            fee[position],
            minimum[position],
            increment[position],
            times[time[position]],
            categories[category[position]],
            steps,
        )


class _Groups:
    """The rows of each prefix, made when they are read. The last ones read stay in memory."""

    def __init__(self, rows: CompiledRows) -> None:
        self._rows = rows
        self._kept: dict[int, RowsByOrigin] = {}

    def __getitem__(self, number: int) -> RowsByOrigin:
        kept = self._kept.get(number)
        if kept is None:
            kept = self._rows.group(number)
            if len(self._kept) >= MAX_ROWS_KEPT:
                self._kept = {}
            self._kept[number] = kept
        return kept


class _AllRows(Sequence[RateRow]):
    """Every row of a compiled deck, made when it is read."""

    def __init__(self, rows: CompiledRows, count: int) -> None:
        self._rows = rows
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[RateRow]:
        return self._rows.rows_at(iter(range(self._count)))

    @overload
    def __getitem__(self, index: int) -> RateRow: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[RateRow]: ...
    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return list(self._rows.rows_at(iter(sorted(range(self._count)[index]))))
        return next(self._rows.rows_at(iter((range(self._count)[index],))))


def _column(part: memoryview) -> "array[int]":
    column = array("I")
    column.frombytes(part)
    return _little_endian(column)


def _little_endian(column: "array[int]") -> "array[int]":
    """Return the column in the byte order of the file; the same operation reads it."""
    if sys.byteorder == "big":
        column = column[:]
        column.byteswap()
    return column
