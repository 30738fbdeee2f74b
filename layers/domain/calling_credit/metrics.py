"""Sends counts and durations as metrics for alarms."""

from collections.abc import Mapping, Sequence
from typing import Final

from aws_lambda_powertools import Metrics

MAX_VALUES: Final = 99
"""How many values of one metric a record holds. Powertools sends a record as soon as it holds 100."""
SECONDS: Final = "_seconds"


def emit(metrics: Metrics, counts: Mapping[str, int | Sequence[int]]) -> None:
    """Send each count as a metric: `top_ups_settled` as `TopUpsSettled`. Without counts, send nothing.

    A name that ends in `_seconds` is a duration. Several values of one name are one metric with its distribution, at
    most `MAX_VALUES` of them (`sample`).
    """
    for name, count in counts.items():
        title, unit = (
            "".join(word.title() for word in name.split("_")),
            "Seconds" if name.endswith(SECONDS) else "Count",
        )
        for value in [count] if isinstance(count, int) else count:
            metrics.add_metric(name=title, unit=unit, value=value)
    if counts:
        metrics.flush_metrics()


def sample(values: Sequence[int], most: int = MAX_VALUES) -> list[int]:
    """Return the values in order, or `most` of them at even distances, the smallest and the largest among them."""
    ordered = sorted(values)
    if len(ordered) <= most:
        return ordered
    return [ordered[place * (len(ordered) - 1) // (most - 1)] for place in range(most)]
