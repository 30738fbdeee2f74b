"""Checks a file of call events, one JSON object a line, with the code that validates messages in
Lambda. Sends nothing.
"""

import argparse
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from calling_credit.call_events import parse_event, read_event
from calling_credit.charging.canonical_events import canonical_facts
from calling_credit.charging.dialed_numbers import with_caller, with_dialed
from calling_credit.charging.named_events import question_of
from calling_credit.rejection_codes import Rejection
from ops.terminal import CommandError, console, run

MAX_ROWS = 50
HOME = "US"
"""The country in which numbers without a country code are read."""


def lines_of(path: Path) -> list[tuple[int, str]]:
    """Return the nonempty lines of a file, with their numbers.

    Raises:
        CommandError: the file cannot be read, or is not UTF-8.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read: {error}") from error
    return [(number, line.strip()) for number, line in enumerate(text.split("\n"), 1) if line.strip()]


def rejections_of(lines: list[tuple[int, str]], now: datetime) -> list[tuple[int, Rejection]]:
    """Return the lines that would be rejected, with the reasons. Whether a number has a line is not checked."""
    outcomes = []
    for number, line in lines:
        event = canonical(read_event(line))
        if not isinstance(event, Rejection) and question_of(event) is not None:
            event = {"line_id": "by_number", **event, "account_id": "by_number"}
        outcomes.append((number, event if isinstance(event, Rejection) else parse_event(event, now)))
    return [(number, outcome) for number, outcome in outcomes if isinstance(outcome, Rejection)]


def canonical(event: dict[str, Any] | Rejection) -> dict[str, Any] | Rejection:
    """Return an event in its canonical form, read as dialed in the home country."""
    facts = event if isinstance(event, Rejection) else canonical_facts(event)
    return facts if isinstance(facts, Rejection) else with_dialed(with_caller(facts, HOME), HOME)


def main() -> int:
    """Run `python -m ops.check_calls FILE`, behind `make check-calls`; exit with 1 if any line would be rejected."""
    parser = argparse.ArgumentParser(prog="make check-calls", description="Check call events without sending them.")
    parser.add_argument("file", type=Path, help="one JSON object a line")
    path = parser.parse_args().file
    lines = lines_of(path)
    if not lines:
        raise CommandError(f"{path} contains no call events.")
    rejections = rejections_of(lines, datetime.now(UTC))
    for number, rejection in rejections[:MAX_ROWS]:
        console.print(f"line {number}: {rejection.code}: {rejection.detail}", markup=False, soft_wrap=True)
    if len(rejections) > MAX_ROWS:
        console.print(f"... and {len(rejections) - MAX_ROWS} more")
    for code, count in Counter(rejection.code for _, rejection in rejections).most_common():
        console.print(f"{count:>8}  {code}")
    valid = len(lines) - len(rejections)
    console.print(f"{valid} of {len(lines)} call events are valid, {len(rejections)} would be rejected.")
    return 1 if rejections else 0


if __name__ == "__main__":
    run(main)
