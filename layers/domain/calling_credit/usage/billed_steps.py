"""The rate steps of a charged call, with the seconds that each billed."""

from collections.abc import Mapping
from typing import Any, Final

from calling_credit.rates.rate_steps import billed_parts, steps_view, stored_steps

_CELLS: Final = ("from_second", "rate_per_minute", "increment_seconds")


def billed_steps(entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return `[{from_second, rate_per_minute, increment_seconds, billed_seconds}]`.

    The other billed seconds of the call have the row's own rate.
    """
    steps = stored_steps(entry["rate_steps"])
    minimum, increment = entry["minimum_seconds"], entry["increment_seconds"]
    covered = entry.get("covered_seconds", 0)
    if covered:
        passed = [step for step in steps if step.from_second <= covered]
        later = [step._replace(from_second=step.from_second - covered) for step in steps[len(passed) :]]
        minimum, increment = 0, passed[-1].increment_seconds if passed else increment
        parts = [0] * len(passed) + billed_parts(entry["billed_seconds"], minimum, increment, later)
    else:
        parts = billed_parts(entry["billed_seconds"], minimum, increment, steps)
    return [view | {"billed_seconds": billed} for view, billed in zip(steps_view(steps), parts[1:], strict=True)]


def rate_steps_text(row: Mapping[str, Any]) -> str:
    """The rate steps of a row of `call_row` in one cell, in the form of a deck."""
    return ";".join(":".join(str(step[name]) for name in _CELLS) for step in row.get("rate_steps", ()))
