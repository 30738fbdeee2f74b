"""Cells of CSV and how they are written; the API and the Billing page are tested with the same table."""

from typing import Final

BLANKS: Final = " \t\r\n\v\f\x00\x85\xa0\xad\u034f\u115f\u180e\u200b\u200f\u2060\u2800\u3000\u3164\ufe0f\ufeff\uffa0"
FORMULA_CHARACTERS: Final = "=+-@\uff1d\uff0b\uff0d\uff20\ufe62\ufe63\ufe66\ufe6b\u2010\u2013\u2014\u2015\u2212"
FORMULA: Final = 'HYPERLINK("http://x","y")'

GUARDED: Final = (
    *(f"{character}{FORMULA}" for character in FORMULA_CHARACTERS),
    *(f"{blank}={FORMULA}" for blank in BLANKS),
    *(f"{blank}\uff1d1+1" for blank in BLANKS),
    f"{BLANKS}@SUM(A1)",
    "\U000e0020=1+1",
    "=1+1",
    "+1+1",
    "-1+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "+",
    "-",
    "=",
    "--1",
    "-1,5",
    "+1 415 555 0100",
    "\u2212" + "1",
    "\tplain",
    "\rplain",
    "\nplain",
)
"""Cells that get an apostrophe at the beginning."""

INSIDE: Final = {
    "Smith; =1+1": "Smith;' =1+1",
    "Smith\t=1+1": "Smith\t'=1+1",
    "Smith\n\uff1d1+1": "Smith\n'\uff1d1+1",
    "=1;=2": "'=1;'=2",
}
"""Cells with a formula after a character at which a program may split, and how they are written."""

PLAIN: Final = (
    "",
    " ",
    "Ada Lovelace",
    "O'Neil",
    "'=1+1",
    "1+1",
    "a=b",
    "a-b @ c",
    "Smith; Jones",
    "+442071838750",
    "-0.1000",
    "0.10",
    "911",
    "2026-11-22T04:00:00.000Z",
    "李雷",
    'Ada, "Countess"',
    "e\u0301",
    "\U0001f3a7",
)
"""Cells that stay as they are."""

WRITTEN: Final = {**{cell: f"'{cell}" for cell in GUARDED}, **INSIDE, **{cell: cell for cell in PLAIN}}
"""Every cell, and how it is written."""
