"""When the days and months of a rule's limits begin."""

from datetime import datetime, time, timedelta

from calling_credit.instants import format_instant, zone


def next_day(now: datetime, time_zone: str) -> str:
    """The instant at which the next local day begins."""
    tomorrow = now.astimezone(zone(time_zone)).date() + timedelta(days=1)
    return format_instant(datetime.combine(tomorrow, time(), zone(time_zone)))


def next_month(now: datetime, time_zone: str) -> str:
    """The instant at which the next local month begins."""
    today = now.astimezone(zone(time_zone)).date()
    first = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    return format_instant(datetime.combine(first, time(), zone(time_zone)))
