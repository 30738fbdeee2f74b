"""One row of the benchmark's table, whether its budget is met, and how the table is printed. Knows nothing of what is
measured.
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

Kind = Literal["count", "ratio", "us", "ms", "MB"]

TOLERANCE = 1.15
"""How far a ratio or a time may stand over its budget before the run fails: machines vary, counts do not."""


@dataclass(frozen=True)
class Row:
    """A measurement beside its budget, the usual stack's (`stock`) and the least possible (`floor`).

    `measured` is what is compared; `shown` is printed instead of it where a number alone would hide something.
    """

    what: str
    kind: Kind
    budget: float
    measured: float
    shown: str = ""
    stock: str = "-"
    floor: str = "-"
    exact: bool = False

    @property
    def met(self) -> bool:
        """Whether the budget holds; `exact` budgets are to be hit, not only kept."""
        measured = round(self.measured, 6)
        return measured == self.budget if self.exact else measured <= self.budget

    @property
    def failed(self) -> bool:
        """Whether the run must fail: a count missed at all, a ratio or a time by more than the tolerance."""
        return not self.met and (self.kind == "count" or self.measured > self.budget * TOLERANCE)

    @property
    def verdict(self) -> str:
        """The last column."""
        if self.met:
            return "yes"
        return "NO" if self.failed else "no, within 15 %"


def number(value: float) -> str:
    """A number as the table prints it: whole ones whole, others with two decimals."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


HEADINGS = ("what", "kind", "budget", "measured", "stock", "floor", "met?")


def cells_of(rows: Iterable[Row]) -> list[tuple[str, ...]]:
    """The table's cells in the order of `HEADINGS`."""
    return [
        (row.what, row.kind, number(row.budget), row.shown or number(row.measured), row.stock, row.floor, row.verdict)
        for row in rows
    ]


def markdown(rows: Iterable[Row]) -> str:
    """The table in Markdown."""
    lines = [HEADINGS, ("---",) * len(HEADINGS), *cells_of(rows)]
    return "".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |\n" for line in lines)


def show(rows: Iterable[Row], console: Console) -> None:
    """Print the table: drawn on a terminal, tab-separated elsewhere."""
    cells = cells_of(rows)
    if not console.is_terminal:
        sys.stdout.writelines("\t".join(line) + "\n" for line in [HEADINGS, *cells])
        return
    table = Table(show_lines=True)
    for heading in HEADINGS:
        table.add_column(heading, overflow="fold")
    for line in cells:
        table.add_row(*line[:-1], Text(line[-1], style="green" if line[-1] == "yes" else "bold red"))
    console.print(table)
