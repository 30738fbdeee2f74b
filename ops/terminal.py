"""How every operator's command talks to its user: one console, one way to fail, one way to confirm.
Does not depend on any command.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NoReturn

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from calling_credit.dynamodb.unreadable import DECODE_ERRORS
from calling_credit.errors import CallingCreditError
from ops.stack import StackNotFoundError

console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
"""Without a terminal, lines are wide enough for every table."""

MISSING: Final = "?"
"""Stands for a value that a damaged item lacks."""

error_console = Console(stderr=True, highlight=False)


class CommandError(Exception):
    """The command cannot do its work; the message says what to change."""


def run(command: Callable[[], int]) -> None:
    """Run a command and exit with its code; report a failure in one sentence."""
    try:
        sys.exit(command())
    except (CommandError, StackNotFoundError) as error:
        fail(str(error))
    except CallingCreditError as error:
        fail(f"{error.code}: {error.detail}")
    except (BotoCoreError, ClientError) as error:
        fail(f"AWS refused the request or did not answer: {error}")
    except KeyboardInterrupt:
        error_console.print("Stopped.")
        sys.exit(130)


def fail(reason: str) -> NoReturn:
    """Print why the command failed, and exit with 1."""
    error_console.print(reason, style="red", markup=False, soft_wrap=True)
    sys.exit(1)


@contextmanager
def progress_bar(title: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Show a bar while the work runs, and yield the function that moves it; without a terminal, show nothing."""
    if not console.is_terminal:
        yield lambda _count: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda count: bar.update(task, completed=count)


def cell(show: Callable[[dict[str, Any]], str], item: dict[str, Any]) -> str:
    """Return one cell of a table of stored items. A damaged item has a row too."""
    try:
        return escape(show(item))
    except DECODE_ERRORS:
        return MISSING


def confirm(question: str) -> bool:
    """Ask a yes-or-no question; without a terminal the answer is no."""
    if sys.stdin is None or sys.stdin.closed or not sys.stdin.isatty():
        console.print(f"{question} There is no terminal to answer on. Add YES=1 to confirm.", markup=False)
        return False
    return console.input(f"{question} [y/N] ", markup=False).strip().lower() in ("y", "yes")
