"""Proposes the units of a table: dollars or cents, and the seconds that a rate is for."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median
from typing import Final

from ops.rate_sheets.amounts import COMMA, names_cents, parse_amount
from ops.rate_sheets.notes import CellError
from ops.rate_sheets.rate_map import CENTS, DOLLARS, Role
from ops.rate_sheets.unit_checks import RATES
from ops.rate_sheets.units import is_in_dollars, priced_seconds, stated_seconds, states_cents

HIGH: Final = 2
"""Half of the rates of a sheet in dollars a minute are hardly above this."""
LOW: Final = 0.003
_CENTS_OR_DOLLARS: Final = 'write "cents" or "dollars"'
_SECONDS: Final = "write 1 if the rates are per second, 60 if they are per minute"


class UnitChoices:
    """Finds the units that headers, cells, and sentences state. `headers` has those of each role; `units` the cells of
    columns that may state a unit.
    """

    def __init__(
        self, headers: Mapping[Role, Sequence[str]], rates: Sequence[str], units: Iterable[str], prose: Iterable[str]
    ) -> None:
        self._rates = [name for role in RATES for name in headers.get(role, ())]
        self._fees = headers.get(Role.CONNECTION_FEE, ())
        self._cells = rates
        self._units = list(units)
        self._prose = list(prose)

    def write(self, add: Callable[[str, str | int, str], None], decide: Callable[[str, str], None]) -> None:
        """Give each unit that is stated to `add` (key, value, doubt), and each that is open to `decide`."""
        in_cents = self._write_unit(add, decide)
        fee_cents, fee_dollars = any(map(names_cents, self._fees)), any(map(is_in_dollars, self._fees))
        if self._fees and fee_cents != in_cents:
            if fee_cents or fee_dollars:
                add("fee_unit", CENTS if fee_cents else DOLLARS, "the header of the fee states it")
            else:
                decide("fee_unit", f"the rates are cents, and the fee may be dollars; {_CENTS_OR_DOLLARS}")
        self._write_seconds(add, decide)

    def _write_unit(self, add: Callable[[str, str | int, str], None], decide: Callable[[str, str], None]) -> bool:
        """Write the unit of the rates; return whether it is cents."""
        if any(map(names_cents, self._rates)):
            add("rate_unit", CENTS, "a header states cents")
            return True
        if self._cells and all(map(names_cents, self._cells)):
            add("rate_unit", CENTS, "all rates state cents")
            return True
        stated = next(filter(states_cents, self._prose), "") or next(
            filter(names_cents, [*self._units, *self._cells]), ""
        )
        usual = self._usual()
        if stated:
            decide("rate_unit", f'"{_short(stated)}" states cents; {_CENTS_OR_DOLLARS}')
        elif usual is not None and usual > HIGH:
            decide("rate_unit", f"half of the rates are above {HIGH}; {_CENTS_OR_DOLLARS}")
        return False

    def _write_seconds(self, add: Callable[[str, str | int, str], None], decide: Callable[[str, str], None]) -> None:
        found = {seconds for name in self._rates if (seconds := priced_seconds(name)) is not None}
        if len(found) == 1 and found != {60}:
            add("rate_seconds", next(iter(found)), "the header states a price for this many seconds")
            return
        texts = [text for text in self._prose if stated_seconds(text)]
        texts += [
            text for text in self._units if (priced_seconds(text) or priced_seconds(f"per {text}")) not in (None, 60)
        ]
        usual = self._usual()
        if len(found) > 1 or texts:
            decide(
                "rate_seconds", f'"{_short((texts or self._rates)[0])}" states another time than a minute; {_SECONDS}'
            )
        elif not found and usual is not None and 0 < usual < LOW:
            add("rate_seconds", 60, f"half of the rates are below {LOW:.3f}: {_SECONDS}")

    def _usual(self) -> float | None:
        """Return the median of the rates; None without any."""
        amounts = []
        for text in self._cells:
            for decimal in (".", COMMA):
                try:
                    amount = parse_amount(text, decimal)
                except CellError:
                    continue
                amounts += [float(amount)] if amount is not None else []
                break
        return median(amounts) if amounts else None


def _short(text: str) -> str:
    return " ".join(text.split())[:60]
