"""The one wall clock. Handlers read it once and hand `now` on; nothing below them asks what time it is. And how much of
an invocation is left.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def now() -> datetime:
    """The current instant, UTC."""
    return datetime.now(UTC)


def seconds_left(context: "LambdaContext", to_spare: float) -> Callable[[], float]:
    """What tells the seconds until this invocation must begin nothing more: so many before its timeout."""
    return lambda: context.get_remaining_time_in_millis() / 1000 - to_spare
