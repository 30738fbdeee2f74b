"""Says in the terminal what is being done and how long it took: live in a terminal, plain lines elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.status import Status


class Step:
    """One thing under way; `update` says how far it is."""

    def __init__(self, title: str, status: Status | None) -> None:
        self._title = title
        self._status = status

    def update(self, detail: str) -> None:
        """Show a detail behind the title; only a terminal shows it."""
        if self._status is not None:
            self._status.update(f"{self._title}: {detail}")


class Progress:
    """The steps of a longer piece of work, one after another; a quiet one says nothing."""

    def __init__(self, console: Console, *, quiet: bool = False) -> None:
        self.console = console
        self._quiet = quiet

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Name a step while it runs, and tick it off when it ends well."""
        began = time.monotonic()
        if self._quiet:
            yield Step(title, None)
        elif self.console.is_terminal:
            with self.console.status(title, spinner="dots") as status:
                yield Step(title, status)
            self.console.print(f"[green]✓[/green] {title} [dim]({time.monotonic() - began:.1f} s)[/dim]")
        else:
            self.console.print(f"{title} ...")
            yield Step(title, None)
            self.console.print(f"{title}: done in {time.monotonic() - began:.1f} s")
