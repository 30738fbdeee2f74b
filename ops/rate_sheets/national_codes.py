"""Codes without a calling code: North American sheets by area code and exchange (NPA-NXX)."""

import re
from collections.abc import Callable, Sequence
from typing import Final

from calling_credit.numbering import UNKNOWN_COUNTRY
from ops.rate_sheets.notes import CellError
from ops.rate_sheets.places import country_of_code
from ops.rate_sheets.table import plain

NORTH_AMERICA: Final = "1"
_NPA: Final = re.compile(r"(^|\b1?)npa(\b|_| ?nxx)|\bnpanxx|\blerg\b")
_NATIONAL: Final = re.compile(r"[2-9][0-9]{2}([2-9][0-9]{2}[0-9]?)?")
_FEWEST: Final = 3


def names_npa(header: str) -> bool:
    """Return whether a header says that codes are North American ones, such as `NPANXX`."""
    return _NPA.search(plain(header)) is not None


def joined_columns(names: Sequence[str]) -> list[int]:
    """Return the columns of area code and exchange (`NPA`, `NXX`), which are one code together; empty without both."""
    bare = [plain(name) for name in names]
    return [bare.index("npa"), bare.index("nxx")] if {"npa", "nxx"} <= set(bare) else []


def lack_one(cells: Sequence[str]) -> bool:
    """Return whether all codes of a column look like North American area codes, with or without exchanges."""
    codes = [cell for cell in cells if cell][:2_000]
    if len(codes) < _FEWEST or not all(map(_NATIONAL.fullmatch, codes)) or not any(len(code) > 3 for code in codes):
        return False
    return all(country_of_code(NORTH_AMERICA + area) != UNKNOWN_COUNTRY for area in {code[:3] for code in codes})


def check_national(codes: Sequence[str], calling_code: str) -> None:
    """Check the codes of a column whose header names NPA, or of a sheet with a calling code.

    Raises:
        CellError: a North American code lacks its 1, or has it twice.
    """
    for code in codes:
        if not calling_code and code[0] != NORTH_AMERICA:
            step = 'Set calling_code = "1" in the map, which goes before every code.'
            raise CellError(f'The header names North American codes, and "{code}" does not begin with 1.', step)
        if calling_code == NORTH_AMERICA and code[1:2] == "1":
            step = "Remove calling_code from the map, or correct the cell."
            raise CellError(f'"{code[1:]}" begins with the calling code already.', step)


def write_calling_code(
    headers: Sequence[str],
    cells: Sequence[str],
    add: Callable[[str, str, str], None],
    decide: Callable[[str, str], None],
) -> None:
    """Propose the 1 of North American codes without it by `add`, or ask for it by `decide`."""
    if any(map(names_npa, headers)):
        if cells and not any(cell.startswith(NORTH_AMERICA) for cell in cells):
            add("calling_code", NORTH_AMERICA, "the header names North American codes, and they lack their 1")
    elif lack_one(cells):
        question = "the codes look like North American ones without their 1"
        decide("calling_code", f'{question}; write "{NORTH_AMERICA}", or remove this line')
