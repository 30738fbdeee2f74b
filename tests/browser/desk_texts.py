"""Times, and a text that must be shown as text wherever a customer, a switch, or a colleague can write one."""

from datetime import UTC, datetime, timedelta
from typing import Final

from calling_credit.instants import format_instant

HOSTILE: Final = '<img src=x onerror="document.title=1">'
CALL_AT: Final = datetime.now(UTC).replace(hour=10, minute=0, second=0, microsecond=0) - timedelta(days=2)


def ago(**how_long: float) -> str:
    """A time before now."""
    return format_instant(datetime.now(UTC) - timedelta(**how_long))
