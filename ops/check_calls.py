"""Checks a file of call events, one JSON object a line, with the very code that judges messages in Lambda. Sends
nothing.
"""

import argparse
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from calling_credit.call_events import Rejection, parse_call
from ops.terminal import CommandError, console, run

MOST_SHOWN = 50


def lines_of(path: Path) -> list[tuple[int, str]]:
    """The lines of a file that hold something, with their numbers.

    Raises:
        CommandError: the file cannot be read, or is not UTF-8.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read: {error}") from error
    return [(number, line.strip()) for number, line in enumerate(text.split("\n"), 1) if line.strip()]


def rejections_of(lines: list[tuple[int, str]], now: datetime) -> list[tuple[int, Rejection]]:
    """The lines that would be refused, with their reasons."""
    judged = ((number, parse_call(line, now)) for number, line in lines)
    return [(number, outcome) for number, outcome in judged if isinstance(outcome, Rejection)]


def main() -> int:
    """`python -m ops.check_calls FILE`, behind `make check-calls`; 1 if any line would be refused."""
    parser = argparse.ArgumentParser(prog="make check-calls", description="Check call events without sending them.")
    parser.add_argument("file", type=Path, help="one JSON object a line")
    path = parser.parse_args().file
    lines = lines_of(path)
    if not lines:
        raise CommandError(f"{path} holds no call events.")
    refused = rejections_of(lines, datetime.now(UTC))
    for number, rejection in refused[:MOST_SHOWN]:
        console.print(f"line {number}: {rejection.code}: {rejection.detail}", markup=False, soft_wrap=True)
    if len(refused) > MOST_SHOWN:
        console.print(f"... and {len(refused) - MOST_SHOWN} more")
    for code, count in Counter(rejection.code for _, rejection in refused).most_common():
        console.print(f"{count:>8}  {code}")
    console.print(f"{len(lines) - len(refused)} of {len(lines)} call events would be taken, {len(refused)} refused.")
    return 1 if refused else 0


if __name__ == "__main__":
    run(main)
