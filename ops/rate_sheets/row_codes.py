"""Codes of a row of a sheet: of one column, of several that are joined, or of added and removed codes."""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Final

from ops.rate_sheets.changes import Change, change_of
from ops.rate_sheets.codes import CodeReader
from ops.rate_sheets.national_codes import check_national, names_npa
from ops.rate_sheets.notes import CellError, ColumnError
from ops.rate_sheets.rate_map import RateMap, Role
from ops.rate_sheets.table import Header

_TOTAL: Final = re.compile(
    r"(grand[ -]|sub[ -]?)?(total|sum|summe|gesamt|count|average|avg|mean|median|promedio|moyenne)s?"
    r"( (of )?(all |the )?(rows?|codes?|destinations?|prefix(es)?|rates?|prices?|lines?|records?|entries|countries))*"
    r"[ :.=]*[0-9., ]*",
    re.IGNORECASE,
)
CODE_ROLES: Final = (Role.CODE, Role.COUNTRY_CODE, Role.AREA_CODE, Role.ADDED, Role.REMOVED)

NAMING_ROLES: Final = (*CODE_ROLES, Role.COUNTRY, Role.DESTINATION)


def is_total(texts: Iterable[str]) -> bool:
    """Return whether a row counts or adds up others: one of its texts is a word such as `Total` or `Average rate`."""
    return any(_TOTAL.fullmatch(text) for text in texts if text)


def marked_without_code(name: str, marker: str) -> str:
    """Return what a row without a code and a rate changes; empty if it is prose."""
    change = change_of(marker)
    return f"{name} is marked {marker} but has no code." if name and change not in (None, Change.UNCHANGED) else ""


class RowCodes:
    """Reads the codes of one sheet."""

    def __init__(self, rate_map: RateMap, header: Header) -> None:
        self._map = rate_map
        self._header = header
        self._codes = CodeReader(rate_map.dash, rate_map.comma)
        columns = header.columns.get(Role.CODE, ())
        self._joined = columns if len(columns) > 1 else ()
        self._is_npa = any(names_npa(header.names[column]) for column in columns if column < len(header.names))

    def text(self, cells: list[str], first: str) -> str:
        """Return the text of a code: that of its first column, or of all columns that the map joins."""
        if not self._joined:
            return first
        return "".join(cells[column] for column in self._joined if column < len(cells))

    def is_stated(self, cells: list[str]) -> bool:
        """Return whether the row itself has a code: not only a country code that is filled down from the row above."""
        filled = self._map.fill_down - {Role.COUNTRY_CODE}
        columns = [column for role in CODE_ROLES for column in self._header.columns.get(role, ())]
        return bool(filled & set(CODE_ROLES)) or any(column < len(cells) and cells[column] for column in columns)

    def all(self, texts: dict[Role, str], change: Change) -> Iterator[tuple[list[str], Change]]:
        """Yield the codes of a row with the change that they have.

        Raises:
            ColumnError: a cell is no code.
        """
        for role, meaning in ((Role.ADDED, Change.NEW), (Role.REMOVED, Change.CLOSED)):
            if texts[role]:
                yield self._parsed(role, texts[role], self._national), meaning
        if texts[Role.COUNTRY_CODE]:
            countries = self._parsed(Role.COUNTRY_CODE, texts[Role.COUNTRY_CODE], self._codes.codes)
            area = texts[Role.AREA_CODE]
            if area and len(countries) > 1:
                problem = CellError("The row has several country codes and an area code.", "Write a row for each.")
                raise ColumnError(self._column(Role.COUNTRY_CODE), problem)
            for country in countries:
                yield (
                    self._parsed(Role.AREA_CODE, area, partial(self._codes.codes, country_code=country)),
                    change,
                )
        elif texts[Role.AREA_CODE]:
            problem = CellError("The row has an area code but no country code.", "Add it, or set fill_down in the map.")
            raise ColumnError(self._column(Role.COUNTRY_CODE), problem)
        elif texts[Role.CODE]:
            yield self._parsed(Role.CODE, texts[Role.CODE], self._national), change

    def _national(self, text: str) -> list[str]:
        """Return the codes of a cell, with the calling code of the map."""
        codes = self._codes.codes(text, self._map.calling_code)
        if self._map.calling_code or self._is_npa:
            check_national(codes, self._map.calling_code)
        return codes

    def _parsed(self, role: Role, text: str, parse: Callable[[str], list[str]]) -> list[str]:
        try:
            return parse(text)
        except CellError as error:
            raise ColumnError(self._column(role), error) from None

    def _column(self, role: Role) -> int:
        return (self._header.columns.get(role) or (0,))[0]
