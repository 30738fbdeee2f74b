"""The rows of the benchmark table, the check of their budgets, and the printed table. Does not depend on the
measurements."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

Kind = Literal["count", "ratio", "MB", "USD"]

TOLERANCE = 1.15
"""How far a ratio or a size may exceed its budget before the run fails: machines vary, counts do not."""


@dataclass(frozen=True)
class Row:
    """A measurement with its budget, the stock stack's value (`stock`), and the least possible one (`floor`).

    `measured` is compared; `shown` is printed instead, if a number alone would hide something.
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
        """Whether the budget holds; `exact` budgets must be equal."""
        measured = round(self.measured, 6)
        return measured == self.budget if self.exact else measured <= self.budget

    @property
    def failed(self) -> bool:
        """Whether the run must fail: a missed count, or a ratio or a size beyond the tolerance."""
        return not self.met and (self.kind == "count" or self.measured > self.budget * TOLERANCE)

    @property
    def verdict(self) -> str:
        """The text of the last column."""
        if self.met:
            return "yes"
        return "NO" if self.failed else "no, within 15 %"


def number(value: float) -> str:
    """Format a number: whole numbers without decimals, others with two."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


HEADINGS = ("what", "kind", "budget", "measured", "stock", "floor", "met?")


def cells_of(rows: Iterable[Row]) -> list[tuple[str, ...]]:
    """Return the table's cells in the order of `HEADINGS`."""
    return [
        (row.what, row.kind, number(row.budget), row.shown or number(row.measured), row.stock, row.floor, row.verdict)
        for row in rows
    ]


def markdown(rows: Iterable[Row]) -> str:
    """Return the table in Markdown."""
    lines = [HEADINGS, ("---",) * len(HEADINGS), *cells_of(rows)]
    return "".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |\n" for line in lines)


def show(rows: Iterable[Row], console: Console) -> None:
    """Print the table: formatted on a terminal, tab-separated elsewhere."""
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
