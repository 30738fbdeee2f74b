"""The times of a call event in UTC. A switch that writes its local time has a zone; an hour that occurs twice there is
understood by the other times of the call.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product
from typing import Any, Final

from calling_credit.call_event_checks import TOLERANCE
from calling_credit.calls import MAX_DURATION_SECONDS
from calling_credit.instants import format_instant, parse_instant, zone
from calling_credit.rejection_codes import Rejection, RejectionCode

Event = dict[str, Any]

TIMES: Final = ("started_at", "answered_at", "ended_at")
_LOCAL: Final = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d(?:\.\d{1,9})?)", re.ASCII)
_CANONICAL: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
"""The form that `format_instant` gives."""
_WITH_BLANK: Final = re.compile(r"(\d{4}-\d\d-\d\d) (?=\d\d:)", re.ASCII)


def in_utc(event: Event, zone_name: str | None) -> Event | Rejection:
    """Return an event with its times as instants in UTC. A time in another form is kept as it is.

    Returns:
        The event; a Rejection (`invalid_timestamp`) if a time has no zone, or does not exist in it.
    """
    if all(_is_canonical(event.get(field)) for field in TIMES):
        return event
    instants: dict[str, list[datetime]] = {}
    for field in TIMES:
        text = event.get(field)
        if not isinstance(text, str):
            continue
        text = text.strip()
        instant = parse_instant(_WITH_BLANK.sub(r"\1T", text))
        local = None if instant is not None else _local_time(text)
        if instant is not None:
            instants[field] = [instant]
        elif local is not None:
            if zone_name is None:
                return _without_zone(field)
            instants[field] = _instants_of(local, zone_name)
            if not instants[field]:
                return _in_no_zone(field, zone_name)
    chosen = _chosen(instants, event.get("duration_seconds"))
    return event | {field: format_instant(instant) for field, instant in chosen.items()}


def with_end(event: Event) -> Event:
    """Return an event of an answered call with its end: the answer, or else the start, and the duration after it."""
    if "ended_at" in event:
        return event
    seconds = event.get("duration_seconds")
    is_talk = isinstance(seconds, int) and not isinstance(seconds, bool) and 0 < seconds <= MAX_DURATION_SECONDS
    begin = event.get("answered_at", event.get("started_at"))
    began = parse_instant(begin) if isinstance(begin, str) else None
    if not is_talk or began is None:
        return event
    try:
        return event | {"ended_at": format_instant(began + timedelta(seconds=seconds or 0))}
    except OverflowError:
        return event


def _is_canonical(time: object) -> bool:
    """Whether a time needs no change: it is absent, no text, or an instant in the canonical form."""
    return not isinstance(time, str) or _CANONICAL.fullmatch(time) is not None


def _local_time(text: str) -> datetime | None:
    match = _LOCAL.fullmatch(text)
    try:
        return None if match is None else datetime.fromisoformat(f"{match[1]}T{match[2]}")
    except ValueError:
        return None


def _instants_of(local: datetime, zone_name: str) -> list[datetime]:
    """The instants at which clocks of the zone show a local time, the earlier first: two where an hour occurs twice,
    and none where the clocks leave it out.
    """
    found: list[datetime] = []
    for fold in (0, 1):
        try:
            instant = local.replace(tzinfo=zone(zone_name), fold=fold).astimezone(UTC)
            shown = instant.astimezone(zone(zone_name)).replace(tzinfo=None)
        except OverflowError:
            continue
        if shown == local and instant not in found:
            found.append(instant)
    return sorted(found)


def _chosen(instants: Mapping[str, list[datetime]], seconds: object) -> dict[str, datetime]:
    """The instants of a call: the earliest that are in order and agree with its duration; else the earliest."""
    combinations = [dict(zip(instants, chosen, strict=True)) for chosen in product(*instants.values())]
    return next((times for times in combinations if _agree(times, seconds)), combinations[0])


def _agree(times: Mapping[str, datetime], seconds: object) -> bool:
    """Whether times are in order, and the duration fits them."""
    if not _are_in_order([times[field] for field in TIMES if field in times]):
        return False
    if not isinstance(seconds, int) or "ended_at" not in times or not times.keys() - {"ended_at"}:
        return True
    try:
        duration = timedelta(seconds=seconds)
    except OverflowError:
        return False
    if "answered_at" in times:
        return abs(times["ended_at"] - times["answered_at"] - duration) <= TOLERANCE
    return duration <= times["ended_at"] - times["started_at"] + TOLERANCE


def _are_in_order(instants: Iterable[datetime]) -> bool:
    ordered = list(instants)
    return all(earlier - later <= TOLERANCE for earlier, later in pairwise(ordered))


def _without_zone(field: str) -> Rejection:
    return Rejection(
        RejectionCode.INVALID_TIMESTAMP,
        f"{field} has no time zone; send it with an offset, such as 2026-11-23T10:00:00Z, or register the time zone of"
        " the switch with its connector key.",
    )


def _in_no_zone(field: str, zone_name: str) -> Rejection:
    return Rejection(
        RejectionCode.INVALID_TIMESTAMP,
        f"{field} does not exist in {zone_name}: the clocks were set forward. Check the time zone of the switch.",
    )
