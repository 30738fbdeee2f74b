"""Shows each step and its duration: live in a terminal, as plain lines elsewhere. Each line begins with the seconds
since the start.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Final

from rich.console import Console
from rich.status import Status

REPORT_EVERY_SECONDS: Final = 15.0
"""How often a step reports that it still runs, where no terminal shows it live."""


class Step:
    """A running step; `update` shows its progress."""

    def __init__(self, title: str, status: Status | None) -> None:
        self._title = title
        self._status = status
        self.detail = ""

    def update(self, detail: str) -> None:
        """Show a detail behind the title."""
        self.detail = detail
        if self._status is not None:
            self._status.update(f"{self._title}: {detail}")


class Progress:
    """The steps of a longer piece of work, one after another; a quiet one prints nothing."""

    def __init__(self, console: Console, *, quiet: bool = False) -> None:
        self.console = console
        self._quiet = quiet
        self._began = time.monotonic()

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Show a step while it runs, and its duration when it succeeds."""
        began = time.monotonic()
        if self._quiet:
            yield Step(title, None)
        elif self.console.is_terminal:
            with self.console.status(title, spinner="dots") as status:
                yield Step(title, status)
            self.console.print(
                f"{self._clock()} [green]✓[/green] {title} [dim]({time.monotonic() - began:.1f} s)[/dim]"
            )
        else:
            step, end = Step(title, None), Event()
            self.console.print(f"{self._clock()} {title} ...", markup=False)
            reporter = Thread(target=self._report, args=(step, title, end), daemon=True)
            reporter.start()
            try:
                yield step
            finally:
                end.set()
            self.console.print(f"{self._clock()} {title}: done in {time.monotonic() - began:.1f} s", markup=False)

    def _report(self, step: Step, title: str, end: Event) -> None:
        while not end.wait(REPORT_EVERY_SECONDS):
            self.console.print(f"{self._clock()} {title}: still running {step.detail}".rstrip(), markup=False)

    def _clock(self) -> str:
        """Return the seconds since the start."""
        return f"[{time.monotonic() - self._began:5.1f} s]"
