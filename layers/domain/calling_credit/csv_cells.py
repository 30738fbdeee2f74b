"""Writes CSV (RFC 4180) whose cells no spreadsheet program runs as formulas.

A cell that begins with a formula character gets an apostrophe, which spreadsheet programs show as text; see OWASP, "CSV
Injection". Programs skip blanks before a formula, read full-width characters like ASCII, and in many countries split
cells at semicolons. The Billing page has the same function (`inert` in calls.js).
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

FORMULA: Final = "=+\\-@＝＋－＠﹢﹣﹦﹫‐-―−"  # noqa: RUF001 - their other forms and dashes, too
"""The characters that begin a formula, as the inside of a character class."""
#  Whitespace, control characters, the braille blank, and Unicode's Default_Ignorable_Code_Point, which shows nothing.
_BLANK: Final = (
    r"\x00- \x7f-\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f"
    r"\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    r"\U000e0000-\U000e0fff"
)
_NUMBER: Final = re.compile(r"[+-]?[0-9.]+")
_FORMULA: Final = re.compile(rf"(\A|[;\t\r\n])([{_BLANK}]*)(?=[{FORMULA}])|\A(?=[\t\r\n])")


def inert_text(text: str) -> str:
    """Return a text with an apostrophe before everything that a spreadsheet program could run. A plain number, such as
    `-1.50` or `+442071838750`, stays as it is.
    """
    return text if _NUMBER.fullmatch(text) else _FORMULA.sub(r"\1'\2", text)


def csv_table(columns: Sequence[str], rows: Iterable[Iterable[Any]]) -> str:
    """Return a table as CSV with a header. Texts are made inert; yes and no become `true` and `false`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return inert_text(value) if isinstance(value, str) else value
