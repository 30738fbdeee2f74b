"""One price of a sheet: a code with its rate and everything that the sheet states about it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ops.rate_sheets.changes import Change


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One code of a row, its rate and fee in dollars (`rate` is None if the sheet states none), and when it applies.

    `old_rate` is the rate until `effective_from`, if the sheet states it. `origin` is a country code or `*`.
    """

    line: int
    code: str
    destination: str
    rate: Decimal | None
    old_rate: Decimal | None
    fee: Decimal
    minimum: int
    increment: int
    effective_from: date
    end: date | None
    change: Change
    origin: str
