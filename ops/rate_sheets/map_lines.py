"""The lines of a proposed map, with the choices that are doubtful or open."""

import json
from dataclasses import dataclass, field

from ops.rate_sheets.columns import TableGuess


@dataclass(slots=True)
class Proposal:
    """A proposed map, the table it is about, the doubtful choices, and the open ones."""

    guess: TableGuess
    text: str
    doubts: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)


class MapLines:
    """Collects the lines."""

    def __init__(self, guess: TableGuess) -> None:
        self._lines: list[str] = []
        self._result = Proposal(guess, "")

    def _add(self, key: str, value: str | int | list[str], doubt: str = "") -> None:
        comment = f"  # unsure: {doubt}" if doubt else ""
        if doubt:
            self._result.doubts.append(f"{key}: {doubt}")
        self._lines.append(f"{key} = {json.dumps(value, ensure_ascii=False)}{comment}")

    def _decide(self, key: str, question: str) -> None:
        self._result.open.append(f"{key}: {question}")
        self._lines.append(f'{key} = ""  # decide: {question}')
