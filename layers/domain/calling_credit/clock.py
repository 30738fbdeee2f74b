"""The one wall clock. Handlers read it once and hand `now` on; nothing below them asks what time it is."""

from datetime import UTC, datetime


def now() -> datetime:
    """The current instant, UTC."""
    return datetime.now(UTC)
