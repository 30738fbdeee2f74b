"""The one wall clock. Only handlers read it; they pass `now` to all other code. And the time left of an invocation."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def now() -> datetime:
    """Return the current instant, UTC."""
    return datetime.now(UTC)


def seconds_left(context: "LambdaContext", to_spare: float) -> Callable[[], float]:
    """Return a function that returns the seconds until `to_spare` seconds before the timeout of this invocation."""
    return lambda: context.get_remaining_time_in_millis() / 1000 - to_spare
