"""Cells with codes: single codes, lists, ranges, and a country code joined with area codes."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from calling_credit.dialing_data import GLOBAL_PLANS, PLANS
from calling_credit.numbering import strip_trunk_zero
from ops.rate_sheets.notes import CellError

JOIN: Final = "join"
RANGE: Final = "range"
DASHES: Final = (JOIN, RANGE)
LIST: Final = "list"
THOUSANDS: Final = "thousands"
COMMAS: Final = (LIST, THOUSANDS)
MAX_DIGITS: Final = 15
MAX_LISTED: Final = 1_000
"""A range of more codes becomes the fewest prefixes that cover it."""
MAX_RANGE: Final = 10**9
_PLAIN: Final = re.compile(r"[1-9][0-9]{0,14}")
_DIGITS: Final = re.compile(r"[0-9]+")
_WHOLE: Final = re.compile(r"([0-9]+)[.,]0+")
_SHORTENED: Final = re.compile(r"[0-9]([.,][0-9]+)?e\+?[0-9]+", re.IGNORECASE)
_A_DATE: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}.*|[0-9]{1,2}[-/. ][a-z]{3}([-/. ][0-9]{2,4})?|[a-z]{3}-[0-9]{2}", re.IGNORECASE
)
_SEPARATORS: Final = re.compile(r"[;|/\n&,]|\band\b", re.IGNORECASE)
_THOUSANDS: Final = re.compile(r"[0-9]{1,3}(,[0-9]{3})+")
_NESTED: Final = re.compile(r"\+?([0-9]{1,7}) ?[(\[{]([0-9 ]+[,;/|&-][0-9 ,;/|&-]*)[)\]}]")
_WHOLE_COUNTRY: Final = frozenset({"", "-", "all", "*", "n/a", "none", "proper", "other", "others", "rest", "any"})
"""Texts of an area column for a whole country."""
_DASH: Final = re.compile(r"([0-9]+) ?- ?([0-9]+)")
AS_TEXT: Final = "Format the column as text in the carrier's file and export it again, or correct the cell."


@cache
def calling_codes() -> frozenset[str]:
    """Return the calling codes of all countries and global networks, such as 1, 44, and 881."""
    return frozenset(plan[0] for plan in PLANS.values()) | frozenset(GLOBAL_PLANS)


def is_plain(text: str) -> bool:
    """Return whether a text is one code without any decoration."""
    return _PLAIN.fullmatch(text) is not None


def has_code(text: str) -> bool:
    """Return whether a text looks like a cell with codes."""
    return re.fullmatch(r"[+0-9][0-9 ;|/\n&,.+()-]*", text) is not None and any(map(str.isdigit, text))


def looks_like_thousands(text: str) -> bool:
    """Return whether a text may be one number with separated thousands."""
    return _THOUSANDS.fullmatch(text) is not None


def is_joined(text: str) -> bool:
    """Return whether the dash of a cell can only join a country code with an area code (`93-76`)."""
    match = _DASH.fullmatch(text)
    return match is not None and match[1] in calling_codes() and not _may_be_range(match[1], match[2])


def is_range(text: str) -> bool:
    """Return whether the dash of a cell can only be a range (`447400-447409`)."""
    match = _DASH.fullmatch(text)
    return match is not None and match[1] not in calling_codes() and _may_be_range(match[1], match[2])


def may_only_cross(text: str) -> bool:
    """Return whether a dash joins a country code with an area code, or else is a range over several countries."""
    match = _DASH.fullmatch(text)
    return match is not None and match[1] in calling_codes() and crosses_countries(match[1], match[2])


def _may_be_range(first: str, last: str) -> bool:
    return len(first) == len(last) and first <= last


class CodeReader:
    """Reads the cells of one column. `dash` is `join` or `range`, `comma` is `list` or `thousands`."""

    def __init__(self, dash: str = RANGE, comma: str = LIST) -> None:
        self._dash = dash
        self._comma = comma

    def codes(self, text: str, country_code: str = "") -> list[str]:
        """Return the codes of a cell, in its order. A country code of its own column comes before each.

        Raises:
            CellError: a part is no code.
        """
        if not country_code and _PLAIN.fullmatch(text):
            return [without_trunk(text)]
        if country_code and (
            text.lower() in _WHOLE_COUNTRY or (text == "0" and _with_country("01", country_code)[-2:] != "01")
        ):
            return [country_code]
        if not country_code and (nested := _NESTED.fullmatch(text)):
            return self.codes(nested[2], nested[1])
        self._refuse_spoiled(text)
        found: list[str] = []
        joined = country_code
        for part in self._parts(text, has_country=bool(country_code) or self._dash == JOIN):
            codes, joined = self._part(part, country_code, joined)
            found += codes
        for code in found:
            if len(code) > MAX_DIGITS:
                raise CellError(f'"{code}" has more than {MAX_DIGITS} digits.', "Correct the code.")
            if code[:1] in ("", "0"):
                raise CellError(f'"{code or text}" begins with 0, so its country code is missing.', "Correct the code.")
        return list(dict.fromkeys(map(without_trunk, found)))

    def _refuse_spoiled(self, text: str) -> None:
        if _SHORTENED.fullmatch(text):
            raise CellError(f'"{text}" was shortened by a spreadsheet program, and digits are lost.', AS_TEXT)
        if _A_DATE.fullmatch(text):
            raise CellError(f'"{text}" is a date: a spreadsheet program changed the code.', AS_TEXT)

    def _parts(self, text: str, *, has_country: bool) -> Iterator[str]:
        whole = _WHOLE.fullmatch(text)
        if whole:
            yield whole[1]
            return
        if self._comma == THOUSANDS and looks_like_thousands(text):
            yield text.replace(",", "")
            return
        parts = [part.strip().removeprefix("'").strip(" .") for part in _SEPARATORS.split(text)]
        filled = list(filter(None, parts))
        for part in filled:
            yield from _spaced(part, is_listed=len(filled) > 1, has_country=has_country)

    def _part(self, part: str, country_code: str, joined: str) -> tuple[list[str], str]:
        """Return the codes of one part, and the country code that goes before the parts after it."""
        dashed = _DASH.fullmatch(part)
        if dashed is None:
            if joined:
                return [_with_country(_digits(part), joined)], joined
            return [_without_access(part)], joined
        first, last = dashed.groups()
        if not country_code and self._dash == JOIN:
            first = _without_access(first)
            if first not in calling_codes():
                problem = f'"{part}" is no country code with an area code, though other cells of the column are.'
                raise CellError(problem, _MIXED)
            return [first + last], first
        if country_code:
            first, last = _with_country(first, country_code), _with_country(last, country_code)
        else:
            first, last = without_trunk(_without_access(first)), without_trunk(_without_access(last))
        return _range(first, last, part), joined


_MIXED: Final = (
    "A column that mixes joined codes and ranges cannot be read: write the ranges as lists, or set dash in the map."
)


def _with_country(digits: str, country_code: str) -> str:
    """Return a country code with an area code, without the trunk zero of countries whose numbers never begin with 0."""
    return strip_trunk_zero(f"+{country_code}{digits}00000")[1:-5] if digits[:1] == "0" else country_code + digits


def without_trunk(code: str) -> str:
    """Return a code without a trunk zero after its calling code, where no number begins with one: 4477 for 44077."""
    if "0" not in code[1:4]:
        return code
    country = _calling_code(code)
    return _with_country(code[len(country) :], country) if country and code[len(country) :][:1] == "0" else code


def _digits(part: str) -> str:
    """Return the digits of a part without blanks, brackets, and a +."""
    bare = part.replace(" ", "").replace("(", "").replace(")", "").removeprefix("+")
    if _DIGITS.fullmatch(bare) is None or not bare.isascii() or part.count("(") != part.count(")"):
        raise CellError(f'"{part}" is no code of digits.', "Correct the code, or remove the row.")
    return bare


def _without_access(part: str) -> str:
    """Return the digits of a part without the international prefixes 00 and 011."""
    bare = _digits(part)
    if part.strip().startswith("+"):
        return bare
    return bare.removeprefix("011") if bare.startswith("011") else bare.removeprefix("00")


def _spaced(part: str, *, is_listed: bool, has_country: bool) -> list[str]:
    """Return the codes of a part with blanks: `44 7400` is one code, `9370 9379` are two. In whole codes, a piece that
    cannot begin one continues the piece before it: `336 07`; in a list with other separators, so does each piece
    of another calling code.
    """
    pieces = part.replace(" - ", "-").split()
    if len(pieces) < 2 or "-" in part or not all(map(str.isdigit, pieces[1:])):
        return [part]
    first = pieces[0].lstrip("+(").rstrip(")")
    first = first.removeprefix("00")
    if first in calling_codes() and not all(piece.startswith(first) for piece in pieces[1:]):
        return [part]
    if first in ("", "0", "00", "011"):
        return [part]
    if not has_country:
        countries = {_calling_code(piece.removeprefix("00")) for piece in pieces[1:]}
        if "" in countries or (is_listed and countries != {_calling_code(first)}):
            return [part]
    return pieces


def _calling_code(digits: str) -> str:
    """Return the calling code at the beginning of digits; empty if they begin with none."""
    return next((digits[:length] for length in (1, 2, 3) if digits[:length] in calling_codes()), "")


def crosses_countries(first: str, last: str) -> bool:
    """Return whether two codes belong to different calling codes."""
    return _calling_code(first) != _calling_code(last)


def _range(first: str, last: str, part: str) -> list[str]:
    if len(first) != len(last):
        problem = f'The ends of the range "{part}" have different lengths.'
        raise CellError(problem, "Write both ends with all digits, or set dash in the map if it joins codes.")
    if first > last:
        problem = f'The range "{part}" ends before it begins.'
        raise CellError(problem, 'Correct it, or set dash = "join" in the map if it joins codes.')
    if crosses_countries(first, last):
        problem = f'The range "{part}" begins and ends in different countries.'
        raise CellError(problem, 'Write its codes as a list, or set dash = "join" in the map if it joins codes.')
    low, high = int(first), int(last)
    if high - low >= MAX_RANGE:
        raise CellError(f'The range "{part}" is too large.', "Correct it.")
    if high - low < MAX_LISTED:
        return [f"{number:0{len(first)}d}" for number in range(low, high + 1)]
    return covering(first, last)


def covering(first: str, last: str) -> list[str]:
    """Return the fewest prefixes that cover the numbers from first to last, which have the same length."""
    if not first:
        return [""]
    low, high = int(first), int(last)
    found: list[str] = []
    while low <= high:
        step = 1
        while low % (step * 10) == 0 and low + step * 10 - 1 <= high and step * 10 <= 10 ** (len(first) - 1):
            step *= 10
        found.append(f"{low // step:0{len(first) - len(str(step)) + 1}d}")
        low += step
    return found
