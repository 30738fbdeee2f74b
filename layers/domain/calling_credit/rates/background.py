"""Work that continues in a thread while its callers wait no longer than they can."""

import threading
from collections.abc import Callable
from typing import Final, Generic, TypeVar

Result = TypeVar("Result")
LONGEST_WAIT_SECONDS: Final = 60.0
"""Longer than S3 takes with every retry."""


class Task(Generic[Result]):
    """Work in a thread of its own, with its result or its error."""

    def __init__(self, work: Callable[[], Result], end: Callable[[], None]) -> None:
        self._work = work
        self._end = end
        self._is_done = threading.Event()
        self._results: list[Result] = []
        self._error: BaseException | None = None
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        try:
            self._results.append(self._work())
        except BaseException as error:  # noqa: BLE001 - raised again in every caller that waits
            self._error = error
        finally:
            self._end()
            self._is_done.set()

    def result(self, seconds: float | None) -> Result:
        """Wait for the result; None waits as long as any function runs.

        Raises:
            TimeoutError: the work is not done yet; it continues.
        """
        if not self._is_done.wait(LONGEST_WAIT_SECONDS if seconds is None else seconds):
            raise TimeoutError
        if self._error is not None:
            raise self._error
        return self._results[0]


class Tasks(Generic[Result]):
    """Named tasks, of which each runs once at a time."""

    def __init__(self) -> None:
        self._running: dict[str, Task[Result]] = {}
        self._lock = threading.Lock()

    def start(self, name: str, work: Callable[[], Result]) -> Task[Result]:
        """Start a task, or return the running one of that name."""
        with self._lock:
            task = self._running.get(name)
            if task is None:
                task = self._running[name] = Task(work, lambda: self._forget(name))
            return task

    def _forget(self, name: str) -> None:
        with self._lock:
            self._running.pop(name, None)
