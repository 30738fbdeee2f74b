"""Writes the map of a guessed table: a TOML text that marks doubtful choices, and leaves open ones to the operator."""

import json
from collections import Counter
from collections.abc import Iterable
from itertools import islice
from typing import Final

from ops.rate_sheets.amounts import COMMA, POINT, decimal_sign, foreign_currency, has_amount, names_dollars
from ops.rate_sheets.cells import Sheet, with_merged
from ops.rate_sheets.changes import Change, change_of
from ops.rate_sheets.code_styles import dash_style, has_thousands
from ops.rate_sheets.codes import THOUSANDS
from ops.rate_sheets.columns import TableGuess
from ops.rate_sheets.date_choices import write_dates
from ops.rate_sheets.map_lines import MapLines, Proposal
from ops.rate_sheets.national_codes import write_calling_code
from ops.rate_sheets.notes import one_line
from ops.rate_sheets.other_tables import STEP, other_header
from ops.rate_sheets.prose import foreign_in_name, foreign_prices, stated_increments, states_dollars
from ops.rate_sheets.rate_map import Role
from ops.rate_sheets.unit_choices import UnitChoices
from ops.rate_sheets.units import CLOSING, QUALITY, UNIT_HEADER

MAX_ROWS: Final = 150_000
_PRICES: Final = (Role.RATE, Role.OLD_RATE, Role.SURCHARGE, Role.CONNECTION_FEE)
_DATES: Final = (Role.EFFECTIVE, Role.END)
_TAIL: Final = 60


class MapWriter(MapLines):
    """Writes the map of a guessed table line by line."""

    def __init__(self, guess: TableGuess, others: list[TableGuess], hidden: list[Sheet], has_sheets: bool) -> None:
        super().__init__(guess)
        self._guess = guess
        self._others = others
        self._hidden = hidden
        self._has_sheets = has_sheets
        self._texts: dict[int, Counter[str]] = {}
        self._prose: list[str] = []
        self._blanks: Counter[Role] = Counter()
        self._other = ""
        self._scan()

    def proposal(self) -> Proposal:
        """Return the proposal."""
        guess = self._guess
        self._write_sheet()
        self._write_currency()
        self._write_numbers()
        stated = [guess.names[at] for role in _DATES for at in guess.columns.get(role, ()) if at < len(guess.names)]
        has_dates = Role.EFFECTIVE in guess.columns
        write_dates(self._cells(_DATES), stated, self._prose, self._add, self._decide, has_dates=has_dates)
        self._write_codes()
        self._lines += ["", "[columns]"]
        doubts = dict(doubt.split(": ", 1) for doubt in self._guess.doubts)
        for role in Role:
            if role in self._guess.columns:
                self._write_column(role, doubts.get(str(role), ""))
        self._result.doubts += [doubts["columns"]] if "columns" in doubts else []
        self._result.doubts += [f"columns: {self._other}"] if self._other else []
        self._write_unused()
        self._write_increments()
        self._write_changes()
        self._result.text = "\n".join([*map(one_line, self._lines), ""])
        return self._result

    def _scan(self) -> None:
        """Count the texts of the columns, and collect the sentences beside the table."""
        guess = self._guess
        used = {column for found in guess.columns.values() for column in found} | self._unit_columns()
        keys = [guess.columns[role][0] for role in (Role.CODE, Role.COUNTRY_CODE, Role.RATE) if role in guess.columns]
        self._texts = {column: Counter() for column in used}
        tail: list[list[str]] = []
        for number, cells in islice(with_merged(guess.sheet.rows, guess.sheet.merges), MAX_ROWS):
            if (
                reason := ""
                if self._other or number == guess.last_row
                else other_header(guess.names, guess.columns, cells)
            ):
                self._other = f"row {number} begins another table: {reason}. {STEP}"
            if number <= guess.last_row:
                self._prose += [cell for cell in cells if len(cell) > 2] if number < guess.last_row else []
                continue
            if sum(column < len(cells) and bool(cells[column]) for column in keys) < len(keys):
                tail = [*tail[-_TAIL:], cells]
            for column in used:
                if column < len(cells) and cells[column]:
                    self._texts[column][cells[column]] += 1
            self._note_blanks(cells)
        self._prose += [cell for cells in tail for cell in cells if len(cell) > 2]

    def _note_blanks(self, cells: list[str]) -> None:
        columns = self._guess.columns
        if Role.COUNTRY in columns and Role.DESTINATION in columns:
            country, name = columns[Role.COUNTRY][0], columns[Role.DESTINATION][0]
            if name < len(cells) and cells[name] and not cells[country] and self._has_price(cells):
                self._blanks[Role.COUNTRY] += 1
        if Role.AREA_CODE in columns and Role.COUNTRY_CODE in columns:
            area, country = columns[Role.AREA_CODE][0], columns[Role.COUNTRY_CODE][0]
            if area < len(cells) and cells[area] and not cells[country] and any(map(str.isdigit, cells[area])):
                self._blanks[Role.COUNTRY_CODE] += 1

    def _has_price(self, cells: list[str]) -> bool:
        return any(at < len(cells) and has_amount(cells[at]) for at in self._guess.columns.get(Role.RATE, ()))

    def _cells(self, roles: Iterable[Role]) -> list[str]:
        columns = [column for role in roles for column in self._guess.columns.get(role, ())]
        return [text for column in columns for text in self._texts[column]]

    def _write_sheet(self) -> None:
        guess = self._guess
        if not self._has_sheets:
            return
        close = [other.sheet.name for other in self._others if other.score > guess.score - 3]
        doubt = f"also possible: {', '.join(close)}" if close else ""
        self._add("sheet", guess.sheet.name, doubt)
        if self._hidden:
            self._lines.append(f"# Hidden sheets were left out: {', '.join(sheet.name for sheet in self._hidden)}")

    def _write_currency(self) -> None:
        headers = [
            self._guess.names[column]
            for role in _PRICES
            for column in self._guess.columns.get(role, ())
            if column < len(self._guess.names)
        ]
        cells = self._cells((*_PRICES, Role.CURRENCY))
        texts = [*headers, *cells[:5_000]]
        foreign = next(filter(None, map(foreign_currency, texts)), "") or next(
            filter(None, map(foreign_prices, self._prose)), foreign_in_name(self._guess.sheet.name)
        )
        if foreign and not any(map(names_dollars, headers)):
            self._decide("currency", f'the sheet mentions {foreign}; write "USD" only if its prices are US dollars')
        elif any(map(names_dollars, texts)) or any(map(states_dollars, self._prose)):
            self._add("currency", "USD")
        else:
            self._add("currency", "USD", "the sheet states no currency; only US dollars can be imported")
        self._write_units()

    def _write_units(self) -> None:
        names, columns = self._guess.names, self._guess.columns
        headers = {role: [names[at] for at in columns.get(role, ()) if at < len(names)] for role in _PRICES}
        units = [text for column in self._unit_columns() for text in self._texts[column]]
        choices = UnitChoices(headers, self._cells((Role.RATE,)), units, [*self._prose, self._guess.sheet.name])
        choices.write(self._add, self._decide)

    def _unit_columns(self) -> set[int]:
        used = {column for found in self._guess.columns.values() for column in found}
        return {at for at, name in enumerate(self._guess.names) if at not in used and UNIT_HEADER.search(name)}

    def _write_numbers(self) -> None:
        signs = Counter(filter(None, map(decimal_sign, self._cells(_PRICES))))
        if len(signs) > 1:
            self._decide(
                "decimal", f'the prices have {signs[POINT]} points and {signs[COMMA]} commas; write "." or ","'
            )
        elif signs[COMMA]:
            self._add("decimal", COMMA)
        elif any("," in text for text in self._cells(_PRICES)):
            self._decide("decimal", 'commas may separate thousands or decimals; write "." or ","')

    def _write_codes(self) -> None:
        columns = self._guess.columns.get(Role.CODE, ())
        headers = [self._guess.names[column] for column in columns if column < len(self._guess.names)]
        write_calling_code(headers, list(self._texts[columns[0]]) if columns else [], self._add, self._decide)
        has_areas = Role.AREA_CODE in self._guess.columns
        cells = self._cells((Role.CODE, Role.AREA_CODE))
        dash = dash_style(cells, has_areas=has_areas)
        if dash.question:
            self._decide("dash", dash.question)
        elif dash.value:
            self._add("dash", dash.value, dash.doubt)
        if not has_areas and has_thousands(cells):
            self._add("comma", THOUSANDS, "the codes look like numbers with separated thousands")
        stated = sum(self._texts[column].total() for column in self._guess.columns.get(Role.COUNTRY, ()))
        if 5 * self._blanks[Role.COUNTRY] < stated:
            del self._blanks[Role.COUNTRY]
        if any(self._blanks.values()):
            doubt = "rows without these have those of the row above"
            self._lines.append(f"fill_down = {json.dumps(sorted(map(str, +self._blanks)))}  # unsure: {doubt}")
            self._result.doubts.append(f"fill_down: {doubt}")

    def _write_column(self, role: Role, doubt: str) -> None:
        headers = [self._guess.header_of(column) for column in self._guess.columns[role]]
        rivals = self._guess.rivals if role == Role.RATE else []
        if rivals:
            names = ", ".join(json.dumps(self._guess.header_of(at), ensure_ascii=False) for at in rivals)
            chosen = ", ".join(json.dumps(header, ensure_ascii=False) for header in headers)
            self._decide(str(role), f"write the one to import of {chosen}, {names}; of a list, the highest counts")
            return
        if len(headers) == 1 or role == Role.CODE:
            self._add(str(role), headers[0] if len(headers) == 1 else headers, doubt)
            return
        doubt = "of several columns, the highest counts; keep one to choose it"
        self._result.doubts.append(f"{role}: {doubt}")
        self._lines.append(f"{role} = {json.dumps(headers, ensure_ascii=False)}  # unsure: {doubt}")

    def _write_unused(self) -> None:
        """Name the columns that no role uses, so that no status or price among them is overlooked."""
        used = {column for found in self._guess.columns.values() for column in found}
        names = [name for column, name in enumerate(self._guess.names) if name and column not in used]
        if qualities := [name[:40] for name in names if QUALITY.search(name)]:
            doubt = f'of the rows of a code that differ in "{qualities[0]}", the dearest counts'
            self._result.doubts.append(f"columns: {doubt}; keep the rows of one in the sheet")
        if closing := [name[:40] for name in names if CLOSING.search(name)]:
            doubt = f'"{closing[0]}" is not used, and may say which rows are closed; name it as change, or remove them'
            self._result.doubts.append(f"columns: {doubt}")
        if names:
            self._lines.append(f"# Not used: {', '.join(name[:40] for name in names[:20])}")

    def _write_changes(self) -> None:
        """Ask for the meaning of each marker that is unknown, such as a single letter."""
        unknown = [text for text in dict.fromkeys(self._cells((Role.CHANGE,))) if change_of(text) is None]
        if unknown:
            self._lines += ["", "[changes]"]
        for text in unknown[:20]:
            key, question = json.dumps(text, ensure_ascii=False), f"what {text} means: {', '.join(Change)}"
            self._result.open.append(f"changes.{text}: {question}")
            self._lines.append(f'{key} = ""  # decide: {question}')

    def _write_increments(self) -> None:
        columns = self._guess.columns
        if Role.INCREMENT in columns and Role.MINIMUM not in columns:
            self._result.doubts.append("minimum_seconds: no column was found, so the minimum is the increment")
        if Role.INCREMENTS in columns or Role.MINIMUM in columns or Role.INCREMENT in columns:
            return
        stated = stated_increments(self._prose)
        pairs = Counter(f"{pair.minimum}/{pair.increment}" for _, found in stated for pair in found)
        self._lines += ["", "[increments]"]
        if len(pairs) == 1:
            self._add("default", next(iter(pairs)), f'from "{stated[0][0][:80]}"'.replace("\n", " "))
            return
        self._add(
            "default", "60/60", "the sheet states several; add a rule for each" if pairs else "the sheet states none"
        )
        for text, _ in stated:
            self._lines.append(f"#   {' '.join(text.split())[:200]}")
        if pairs:
            self._lines += ["[increments.rules]", '# "Mexico" = "60/60"']
