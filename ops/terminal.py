"""How every operator's command speaks: one console, one way to fail, one way to ask. Knows no command."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from calling_credit.errors import CallingCreditError
from ops.stack import StackNotFoundError

console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
"""Lines are wide enough for every table where no terminal says how wide they may be."""

complaints = Console(stderr=True, highlight=False)


class CommandError(Exception):
    """The command cannot do what was asked; the message says what to change."""


def run(command: Callable[[], int]) -> None:
    """Run a command and end the process with its exit code; what it cannot do is said in one sentence."""
    try:
        sys.exit(command())
    except (CommandError, StackNotFoundError) as error:
        complain(str(error))
    except CallingCreditError as error:
        complain(f"{error.code}: {error.detail}")
    except (BotoCoreError, ClientError) as error:
        complain(f"AWS refused, or did not answer: {error}")
    except KeyboardInterrupt:
        complaints.print("Stopped.")
        sys.exit(130)


def complain(reason: str) -> NoReturn:
    """Say why the command ends without having done its work."""
    complaints.print(reason, style="red", markup=False, soft_wrap=True)
    sys.exit(1)


@contextmanager
def counting(title: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A bar that hears how far the work is and is gone when it is done; nothing where nobody looks at a terminal."""
    if not console.is_terminal:
        yield lambda _done: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda done: bar.update(task, completed=done)


def confirmed(question: str) -> bool:
    """Whether someone says yes; nobody at the terminal means no."""
    if sys.stdin is None or sys.stdin.closed or not sys.stdin.isatty():
        console.print(f"{question} Nobody is here to answer; say YES=1 to go on.", markup=False)
        return False
    return console.input(f"{question} [y/N] ", markup=False).strip().lower() in ("y", "yes")
