"""How the cells of a column write codes: what a dash and a comma in them mean."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from ops.rate_sheets.codes import JOIN, RANGE, is_joined, is_range, looks_like_thousands, may_only_cross


class DashStyle(NamedTuple):
    """The meaning of dashes (empty without any), a doubt about it, and a question if it is open."""

    value: str = ""
    doubt: str = ""
    question: str = ""


def dash_style(cells: Sequence[str], *, has_areas: bool) -> DashStyle:
    """Return what the dashes of a column mean. In a column of area codes, they are ranges."""
    parts = (part.strip() for text in cells for part in re.split(r"[;,|/\n]", text))
    dashed = [part for part in parts if re.fullmatch(r"[0-9]+ ?- ?[0-9]+", part)]
    joins, ranges = list(filter(is_joined, dashed)), list(filter(is_range, dashed))
    if not dashed:
        return DashStyle()
    if has_areas:
        return DashStyle(RANGE)
    if joins and ranges:
        examples = f'"{joins[0]}" joins codes and "{ranges[0]}" is a range'
        return DashStyle(question=f"{examples}; correct the sheet, because a column cannot mix both")
    if joins or (not ranges and any(map(may_only_cross, dashed))):
        return DashStyle(JOIN, "" if len(joins) == len(dashed) else "some dashes may be ranges")
    return DashStyle(RANGE, "" if len(ranges) == len(dashed) else "some dashes may join codes")


def has_thousands(cells: Sequence[str]) -> bool:
    """Return whether the codes of a column look like numbers with separated thousands, such as `9,370`."""
    commas = [text for text in cells if "," in text]
    return (
        bool(commas) and all(map(looks_like_thousands, commas)) and all("," in text or len(text) <= 3 for text in cells)
    )
