"""Guesses columns by their cells: increments, dates, and change markers, under any header."""

import re
from collections.abc import Sequence
from typing import Final

from ops.rate_sheets.changes import Change, change_of
from ops.rate_sheets.codes import calling_codes
from ops.rate_sheets.headers import USUAL, fits, has_markers, may_be_rate, roles_of_header
from ops.rate_sheets.increments import has_increments
from ops.rate_sheets.notes import column_letters
from ops.rate_sheets.rate_map import Role
from ops.rate_sheets.table import plain
from ops.rate_sheets.units import UNIT_HEADER

Columns = dict[Role, list[int]]
Option = tuple[int, Role, int]
_PAIR: Final = re.compile(r"[0-9]{1,4} ?/ ?[0-9]{1,4}")
_TRIPLE: Final = re.compile(r"[0-9]{1,4}/[0-9]{1,4}/[0-9]{1,3}")
_NOT_THE_RATE: Final = (Role.OLD_RATE, Role.CONNECTION_FEE)
_HALF: Final = re.compile(
    r"^(?!.*(grace|free|max|setup|rate|price|delay|time ?out|cycle|\bdays?\b))"
    r".*(\binc|bill|block|unit|pulse|step|period|interval|m[ií]n|first|start|next|\bsub|takt|palier|scatto)"
)
"""What the header of one half of a pair of seconds has."""
_OLD: Final = re.compile(r"\b(old|previous|prev|current|present|existing|former|prior|last)\b")
_RENEWED: Final = (Role.INCREMENTS, Role.MINIMUM, Role.INCREMENT, Role.CONNECTION_FEE, Role.DESTINATION)
_NUMBER: Final = re.compile(r"[ _]*[0-9]+$")
_MARKED: Final = frozenset({Change.NEW, Change.INCREASE, Change.DECREASE, Change.CLOSED})


def change_column(
    options: Sequence[Option], names: Sequence[str], cells: Sequence[Sequence[str]]
) -> tuple[Option | None, list[str]]:
    """Return the likeliest column of change markers, and a doubt if another one has markers too.

    One that closes codes goes before one that only marks changes, and that before one without any.
    """
    found = [option for option in options if option[1] == Role.CHANGE]
    meanings = {at: set(map(change_of, filter(None, cells[at]))) for _, _, at in found}
    found = [option for option in found if meanings[option[2]] != {None} or not _is_type(option[2], names, cells)]
    found.sort(key=lambda one: (Change.CLOSED in meanings[one[2]], bool(meanings[one[2]] & _MARKED), one[0], -one[2]))
    if not found:
        return None, []
    *others, best = found
    marked = [names[at] for _, _, at in others if meanings[at] & _MARKED]
    return best, [f'{Role.CHANGE}: "{name}" has markers too, which are left out' for name in marked[-1:]]


def without_old(options: Sequence[Option], names: Sequence[str]) -> list[Option]:
    """Return the options without the rate of columns that are the old rate beside another one, and without old fees,
    increments, and names beside new ones.
    """
    old = {column for _, role, column in options if role == Role.OLD_RATE}
    new = {column for _, role, column in options if role == Role.RATE} - old
    kept = [option for option in options if not (new and option[1] == Role.RATE and option[2] in old)]
    former = {at for at, name in enumerate(names) if _OLD.search(plain(name))}
    fresh = {role for _, role, column in kept if column not in former}
    return [one for one in kept if one[2] not in former or one[1] not in fresh or one[1] not in _RENEWED]


def effective_column(
    columns: Columns, options: Sequence[Option], names: Sequence[str], cells: Sequence[Sequence[str]]
) -> list[str]:
    """Choose the date of the rate among several columns of dates: not that of an old rate, else the one after the rate.
    Return a doubt if it may be another one.
    """
    used = {column for role, found in columns.items() if role != Role.EFFECTIVE for column in found}
    found = [(rank, at) for rank, role, at in options if role == Role.EFFECTIVE and at not in used]
    if len(found) < 2 or Role.EFFECTIVE not in columns or Role.RATE not in columns:
        return []
    rate = columns[Role.RATE][0]
    found = [(rank, at) for rank, at in found if not _OLD.search(plain(names[at]))] or found
    best, *others = sorted(found, key=lambda one: (-one[0], one[1] < rate, abs(one[1] - rate)))
    columns[Role.EFFECTIVE] = [best[1]]
    rivals = [at for rank, at in others if rank == best[0] and cells[at] != cells[best[1]]]
    return [f'{Role.EFFECTIVE}: "{names[at]}" in column {column_letters(at)} has dates too' for at in rivals[:1]]


def _is_type(column: int, names: Sequence[str], cells: Sequence[Sequence[str]]) -> bool:
    """Return whether a column has types such as `CLI`, not single letters that may mark changes."""
    return plain(names[column]).endswith("type") and all(len(cell) != 1 for cell in cells[column])


def has_pairs(cells: Sequence[str]) -> bool:
    """Return whether all cells of a column are pairs such as `60/1`, which are no codes."""
    return all(map(_PAIR.fullmatch, cells))


def unnamed_rates(options: Sequence[Option], names: Sequence[str], cells: Sequence[Sequence[str]]) -> list[Option]:
    """Return columns of prices whose header is blank, broken, or unknown, if no other column than that of the old rate
    may be the rate.
    """
    others = {column for rank, role, column in options if role in _NOT_THE_RATE and rank == USUAL}
    if any(role == Role.RATE and column not in others for _, role, column in options):
        return []
    named = {column for _, _, column in options}
    unnamed = [at for at, name in enumerate(names) if not name or name[0] in "#=" or may_be_rate(name)]
    return [(1, Role.RATE, at) for at in unnamed if at not in named and has_prices(cells[at])]


def has_prices(cells: Sequence[str]) -> bool:
    """Return whether most cells of a column are prices with a fraction."""
    filled = [cell for cell in cells if cell]
    return sum("." in cell or "," in cell for cell in filled) > len(cells) / 2 and fits(Role.RATE, filled)


def split_increments(columns: Columns, names: Sequence[str], cells: Sequence[Sequence[str]]) -> list[str]:
    """Take a column beside one of increments in seconds for the other half of the pair: one without its own header, or
    one whose header names seconds too. Of two, the minimum is the one that is higher. Return a doubt about a header
    that does not name either half.
    """
    halves = {Role.MINIMUM, Role.INCREMENT} & set(columns)
    if len(halves) != 1 or Role.INCREMENTS in columns:
        return []
    (half,) = halves
    first = columns[half][0]
    used = {column for found in columns.values() for column in found}
    for other in (first + 1, first - 1):
        if not 0 <= other < len(names) or other in used or not fits(Role.INCREMENT, cells[other]):
            continue
        if other > first and half == Role.INCREMENT and names[other] in ("", names[first]):
            columns[Role.MINIMUM], columns[Role.INCREMENT] = [first], [other]
            return []
        higher = _higher(first, other, cells) if _HALF.search(plain(names[other])) else None
        if higher and (half == Role.INCREMENT or higher[0] == first):
            columns[Role.MINIMUM], columns[Role.INCREMENT] = [higher[0]], [higher[1]]
            is_known = {Role.MINIMUM, Role.INCREMENT} & set(roles_of_header(plain(names[other])))
            role = Role.MINIMUM if higher[0] == other else Role.INCREMENT
            return [] if is_known else [f'{role}: the header "{names[other]}" is no usual one for it']
    return []


def _higher(first: int, other: int, cells: Sequence[Sequence[str]]) -> tuple[int, int] | None:
    """Return two columns of seconds, the one that is never lower before the other; None if each is lower somewhere, or
    all are the same.
    """
    pairs = [(int(a), int(b)) for a, b in zip(cells[first], cells[other], strict=True) if a.isdigit() and b.isdigit()]
    if pairs and all(a >= b for a, b in pairs):
        return None if all(a == 60 * b for a, b in pairs) else (first, other)
    if pairs and all(b >= a for a, b in pairs):
        return None if all(b == 60 * a for a, b in pairs) else (other, first)
    return None


def add_by_content(columns: Columns, names: Sequence[str], cells: Sequence[Sequence[str]]) -> list[str]:
    """Add columns of increments, dates, and markers that only their cells show, and return the doubts about them."""
    doubts = []
    taken = {column for found in columns.values() for column in found}
    has_seconds = {Role.INCREMENTS, Role.MINIMUM, Role.INCREMENT} & set(columns)
    for role in ([] if has_seconds else [Role.INCREMENTS]) + ([] if Role.EFFECTIVE in columns else [Role.EFFECTIVE]):
        free = [column for column in range(len(names)) if column not in taken and not UNIT_HEADER.search(names[column])]
        found = [column for column in free if fits(role, cells[column]) and _is_sure(role, cells[column])]
        if len(found) == 1:
            columns[role] = found
            taken.add(found[0])
            doubts.append(f'{role}: the header "{names[found[0]]}" is unknown, but the cells look so')
    if len(columns.get(Role.CODE, ())) == 1:
        doubts += _codes_beside(columns[Role.CODE][0], taken, names, cells)
        doubts += _more_codes(columns[Role.CODE][0], names, cells)
    markers = [] if Role.CHANGE in columns else [at for at, _ in enumerate(names) if at not in taken]
    found = [column for column in markers if has_markers(cells[column])]
    if found:
        columns[Role.CHANGE] = found[:1]
        doubts.append(f'{Role.CHANGE}: the header "{names[found[0]]}" is unknown, but the cells look so')
    return doubts


def _is_sure(role: Role, cells: Sequence[str]) -> bool:
    """Return whether cells under an unknown header can be of one role only: no date or days of a week (`1-5`) is a
    pair of seconds, and no three numbers such as `1/1/60` are a date.
    """
    filled = [cell for cell in cells if cell]
    if role == Role.INCREMENTS:
        pairs = [cell for cell in filled if _PAIR.fullmatch(cell) or any(map(str.isalpha, cell))]
        return sum(map(has_increments, pairs)) > len(filled) / 2
    return not any(map(_TRIPLE.fullmatch, filled))


def _more_codes(code: int, names: Sequence[str], cells: Sequence[Sequence[str]]) -> list[str]:
    """Doubt a column of codes if others with the same numbered header (`Code 2`) have codes too."""
    same = [_NUMBER.sub("", name) for name in names]
    more = [at for at, name in enumerate(same) if at != code and name == same[code] != names[code]]
    found = [names[at] for at in more if fits(Role.CODE, cells[at])]
    return [
        f'code: "{name}" has codes too, which are left out; write all as a list in one column' for name in found[:1]
    ]


def _codes_beside(code: int, taken: set[int], names: Sequence[str], cells: Sequence[Sequence[str]]) -> list[str]:
    """Doubt codes that are only those of countries, some twice, if an unused column may have the rest of them."""
    filled = list(filter(None, cells[code]))
    if len(set(filled)) == len(filled) or not {text.lstrip("+") for text in filled} <= calling_codes():
        return []
    beside = [at for at, name in enumerate(names) if at not in taken and name and fits(Role.AREA_CODE, cells[at])]
    return [f'code: it only has country codes; the rest may be in "{names[at]}" (then: area_code)' for at in beside]
