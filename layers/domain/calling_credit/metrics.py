"""Sends counts as metrics for alarms."""

from collections.abc import Mapping

from aws_lambda_powertools import Metrics


def emit(metrics: Metrics, counts: Mapping[str, int]) -> None:
    """Send each count as a metric: `top_ups_settled` as `TopUpsSettled`. Without counts, send nothing."""
    for name, count in counts.items():
        metrics.add_metric(name="".join(word.title() for word in name.split("_")), unit="Count", value=count)
    if counts:
        metrics.flush_metrics()
