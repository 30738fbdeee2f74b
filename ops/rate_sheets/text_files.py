"""Sheets in text files: csv, tsv, and other separated files, in any usual encoding."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from ops.rate_sheets.cells import Row, Sheet, clean
from ops.rate_sheets.notes import Place, refuse

DELIMITERS: Final = ",;\t|"
SAMPLE_LINES: Final = 400
MAX_CELL: Final = 4_000
"""Characters of one cell; a longer one is an open quotation mark."""
_MARKS: Final = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))
_SEP: Final = re.compile(r"sep=(.)\s*", re.IGNORECASE)
_OTHER_FILES: Final = (
    (b"%PDF", "It is a PDF."),
    (b"\x1f\x8b", "It is compressed with gzip; unpack it."),
    (b"{\\rtf", "It is a text document (RTF)."),
    (b"7z\xbc\xaf", "It is a 7z archive; unpack it."),
    (b"Rar!", "It is a RAR archive; unpack it."),
)
SAVE_AS: Final = "Save the sheet as .xlsx or as CSV (UTF-8) and import that file."


def decode(data: bytes, name: str) -> tuple[str, str]:
    """Return the text and the name of its encoding.

    Raises:
        SheetRefusedError: the file is no text.
    """
    for beginning, problem in _OTHER_FILES:
        if data.startswith(beginning):
            raise refuse(Place(name), f"{problem} {SAVE_AS}")
    encodings = [encoding for mark, encoding in _MARKS if data.startswith(mark)] or ["utf-8"]
    if encodings == ["utf-8"] and (wide := _wide_encoding(data)):
        encodings = [wide]
    for encoding in (*encodings, *(("cp1252", "latin-1") if encodings == ["utf-8"] else ())):
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise refuse(Place(name), f"The file begins like {encodings[0]} but is damaged. {SAVE_AS}")


def _wide_encoding(data: bytes) -> str:
    """Return the encoding of UTF-16 without a mark: every second byte of Latin text is zero."""
    sample = data[:4000]
    if len(sample) < 8:
        return ""
    if sample[1::2].count(0) > len(sample) // 4 and sample[0::2].count(0) == 0:
        return "utf-16-le"
    return "utf-16-be" if sample[0::2].count(0) > len(sample) // 4 and sample[1::2].count(0) == 0 else ""


def delimiter_of(text: str) -> str:
    """Return the character that separates cells: the one that gives most lines the same number of cells, above one."""
    lines = [line for line in text[:200_000].split("\n")[:SAMPLE_LINES] if line.strip()]
    best, best_score = ",", 0.0
    for delimiter in DELIMITERS:
        widths: Counter[int] = Counter()
        try:
            for cells in csv.reader(lines, delimiter=delimiter):
                widths[len(cells)] += 1
        except csv.Error:
            continue
        score = max((count * min(width, 12) ** 0.5 for width, count in widths.items() if width > 1), default=0.0)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def is_fixed_width(text: str) -> bool:
    """Return whether the columns of a text are separated by runs of blanks, and by no other character."""
    lines = [line.strip() for line in text[:200_000].split("\n")[:SAMPLE_LINES] if line.strip()]
    gaps = sum(len(_GAPS.findall(line)) > 1 for line in lines)
    separated = max(sum(delimiter in line for line in lines) for delimiter in DELIMITERS)
    return gaps > 1 and gaps > len(lines) / 2 and separated < gaps / 2


_GAPS: Final = re.compile(r"\S {2,}(?=\S)")
_FIXED_WIDTH: Final = (
    "The columns are separated by blanks (fixed width). Open the file in a spreadsheet program as text with columns of"
    " fixed width, with the codes as text, and save it as CSV."
)


class TextRows:
    """The rows of a separated text, read at each iteration."""

    def __init__(self, text: str, name: str, delimiter: str, skipped: int) -> None:
        self._text = text
        self._name = name
        self._delimiter = delimiter
        self._skipped = skipped

    def __iter__(self) -> Iterator[Row]:
        reader = csv.reader(io.StringIO(self._text, newline=""), delimiter=self._delimiter)
        before = 0
        try:
            for cells in reader:
                line, before = before + 1, reader.line_num
                if line <= self._skipped:
                    continue
                for column, cell in enumerate(cells):
                    if len(cell) > MAX_CELL:
                        raise refuse(Place(self._name, line, column), f"The cell is too long: {_OPEN_QUOTE}")
                    if "\n" in cell and any(self._is_row(part) for part in cell.split("\n")[1:]):
                        raise refuse(Place(self._name, line, column), f"The cell has other rows in it: {_OPEN_QUOTE}")
                if any(cells):
                    yield line, [clean(cell) for cell in cells]
        except csv.Error as error:
            raise refuse(Place(self._name, before + 1), f"The line is no CSV ({error}): {_OPEN_QUOTE}") from None

    def _is_row(self, line: str) -> bool:
        """Return whether a line within a cell looks like a row with a code and a price."""
        parts = [part.strip() for part in line.split(self._delimiter)]
        return any(map(str.isdigit, parts)) and any(map(_FRACTION.fullmatch, parts))


_FRACTION: Final = re.compile(r"\$? ?[0-9]*[.,][0-9]+")
_OPEN_QUOTE: Final = "a quotation mark is probably opened and not closed. Close or double it, or save the sheet again."


def read_text(data: bytes, name: str) -> Sheet:
    """Return the one sheet of a text file.

    Raises:
        SheetRefusedError: the file is no text, empty, or an HTML page.
    """
    text, encoding = decode(data, name)
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip("\x00 \t\n"):
        raise refuse(Place(name), "The file is empty. Export the rate sheet again.")
    beginning = text[:2000].lstrip().lower()
    if beginning.startswith(("<!doctype", "<html", "<?xml", "<table")):
        raise refuse(
            Place(name), f"The file is an HTML or XML page, not a sheet. Open it in a spreadsheet program. {SAVE_AS}"
        )
    if sum(character < " " and character not in "\t\n" for character in text[:4000]) > 40:
        raise refuse(Place(name), f"The file is no text. {SAVE_AS}")
    if is_fixed_width(text):
        raise refuse(Place(name), _FIXED_WIDTH)
    stated = _SEP.fullmatch(text.split("\n", 1)[0])
    delimiter = stated[1] if stated else delimiter_of(text)
    if delimiter == '"' or delimiter.isalnum():
        raise refuse(Place(name), "The first line names a separator that cannot be one. Remove this line.")
    warnings = []
    if encoding not in ("utf-8", "utf-8-sig"):
        warnings.append(f"The file is not UTF-8 and was read as {encoding}; check the accents in names.")
    return Sheet(
        name, TextRows(text, name, delimiter, 1 if stated else 0), warnings=warnings, row_count=text.count("\n")
    )
