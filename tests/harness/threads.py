"""Concurrent tasks in threads."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def at_once(*tasks: Callable[[], Any]) -> list[Any]:
    """Run tasks concurrently; return their results in order."""
    with ThreadPoolExecutor(len(tasks)) as pool:
        return [future.result() for future in [pool.submit(task) for task in tasks]]
