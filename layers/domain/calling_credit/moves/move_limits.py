"""The limits of a day from the configuration, and what counts a client that has used its day up."""

from typing import Final

from calling_credit.config import Config
from calling_credit.money import parse_money
from calling_credit.moves.desk import Limits

LIMITED: Final = {"adjustments_limited": 1}
"""The metric of a request above the day of a client."""


def move_limits(settings: Config) -> Limits:
    """The limits of a deployment."""
    return Limits(
        parse_money(settings.adjustment_approval, decimals=2),
        parse_money(settings.adjustment_daily_maximum, decimals=2),
    )
