"""The usual tutorial's tracer, if the X-Ray SDK that it needs is installed."""

from aws_lambda_powertools import Tracer


def make_tracer() -> Tracer | None:
    """Return the tracer, or None without the SDK."""
    try:
        return Tracer()
    except ImportError:
        return None
