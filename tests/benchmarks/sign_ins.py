"""The rows of revocation: a request that may spend or change something reads the end of the caller's sign-in together
with its first item, so that the check needs no request of its own.
"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.benchmarks.laboratory import Laboratory, capture_output
from tests.benchmarks.payments import READS
from tests.benchmarks.reversals import FUNCTIONS, open_till
from tests.benchmarks.rows import Row
from tests.harness.table import load_app
from tests.harness.till import Till

BUDGETS = {"PUT /limits": ("change_settings", 2, 1), "PUT /lines/{line_id}": ("change_settings", 2, 1)}
"""The function of each route, its reads, and those that name the end of the sign-in."""


def sign_in_rows(lab: Laboratory) -> list[Row]:
    """Return the rows."""
    with pytest.MonkeyPatch.context() as patch, capture_output():
        lab.reset()
        till = open_till(lab, {name: load_app(name) for name in FUNCTIONS}, patch)
        actions: dict[str, Callable[[], Any]] = {
            "PUT /limits": lambda: till.world.change("/limits", {"daily_spend": "90.00"}),
            "PUT /lines/{line_id}": lambda: till.world.change("/lines/line_1", {"international_calling": False}),
        }
        measured = {name: _measure(till, name, action) for name, action in actions.items()}
    lab.publish()
    return [row for name in BUDGETS for row in _rows(name, *measured[name])]


def _measure(till: Till, name: str, action: Callable[[], Any]) -> tuple[int, int]:
    """Return the reads of a request, and those that name the end of the sign-in."""
    with till.world.recorded(BUDGETS[name][0]) as requests:
        if action().status != 200:
            raise RuntimeError(f"{name} was refused, so the count is invalid")
    reads = [parameters for operation, parameters in requests if operation in READS]
    return len(reads), sum("SIGNED_OUT" in str(parameters) for parameters in reads)


def _rows(name: str, reads: int, checks: int) -> list[Row]:
    _, most_reads, most_checks = BUDGETS[name]
    return [
        Row(f"DynamoDB reads of {name}, with the check of the sign-in", "count", most_reads, reads, floor="1"),
        Row("reads that carry the check", "count", most_checks, checks, exact=True),
    ]
