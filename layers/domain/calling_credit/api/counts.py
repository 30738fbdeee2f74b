"""Counts of what happened, as metrics that alarms watch."""

from collections.abc import Mapping

from aws_lambda_powertools import Metrics


def emit(metrics: Metrics, counts: Mapping[str, int]) -> None:
    """Add each count to this invocation's metrics, `top_ups_settled` as `TopUpsSettled`."""
    for name, count in counts.items():
        metrics.add_metric(name="".join(word.title() for word in name.split("_")), unit="Count", value=count)
