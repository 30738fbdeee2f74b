"""Take the finished calls that a switch reports over HTTP: judge each event at once, and queue those that are accepted.

Nothing is charged here. An event that is acknowledged is in the call queue, whole and with its account, line, and user;
an event that is rejected is written nowhere.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from calling_credit.accounts.number_resolver import NumberResolver
from calling_credit.call_events import parse_event
from calling_credit.charging.call_queue import CallQueue
from calling_credit.charging.named_events import name_lines
from calling_credit.ids import is_call_id
from calling_credit.rejection_codes import Rejection

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RejectedEvent:
    """An event of a request, by its position from 0, that is not charged. `call_id` is None if it is unreadable."""

    index: int
    call_id: str | None
    rejection: Rejection


@dataclass(frozen=True, slots=True)
class Report:
    """How many events of a request are in the queue, and the others."""

    accepted: int
    rejected: list[RejectedEvent]


def report_calls(
    events: Sequence[Event | Rejection],
    numbers: NumberResolver,
    queue: CallQueue,
    now: datetime,
    seconds_left: Callable[[], float],
) -> Report:
    """Queue the events that can be charged, and say why the others cannot.

    Raises:
        Unavailable: the table did not answer, or the queue did not acknowledge every accepted event.
    """
    accepted: list[str] = []
    rejected: list[RejectedEvent] = []
    for index, event in enumerate(name_lines(events, numbers, now)):
        outcome = event if isinstance(event, Rejection) else parse_event(event, now)
        if isinstance(outcome, Rejection):
            rejected.append(RejectedEvent(index, _call_id_of(events[index]), outcome))
        else:
            accepted.append(json.dumps(event, ensure_ascii=False))
    queue.send(accepted, seconds_left)
    return Report(len(accepted), rejected)


def _call_id_of(event: Event | Rejection) -> str | None:
    call_id = None if isinstance(event, Rejection) else event.get("call_id")
    return call_id if isinstance(call_id, str) and is_call_id(call_id) else None
