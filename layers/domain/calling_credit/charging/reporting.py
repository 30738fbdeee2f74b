"""Take the finished calls that a switch reports over HTTP: judge each event at once, and queue those that are accepted.

Nothing is charged here. An event that is acknowledged is in the call queue, whole and with its account, line, and user;
an event that is rejected is written nowhere. While the history of its number cannot be read, an event is queued without
them: its sender can correct nothing, and a switch drops what is rejected. `rate_calls` refuses it alone, and the
dead-letter queue keeps it until the history is repaired.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from calling_credit.call_event_form import MAX_BODY_CHARACTERS
from calling_credit.call_events import parse_event, too_large
from calling_credit.calls import Call, FreeEvent
from calling_credit.charging.call_queue import CallQueue, not_queued
from calling_credit.charging.formats.records import Item
from calling_credit.charging.named_events import NO_LINE, LineFinder, Unnamed
from calling_credit.dynamodb.errors import AWS_ERRORS
from calling_credit.errors import Unavailable
from calling_credit.ids import is_call_id
from calling_credit.rejection_codes import Rejection, RejectionCode, UnreadableRecord

Event = dict[str, Any]

UNKNOWN_ACCOUNT: Final = Rejection(
    RejectionCode.UNKNOWN_ACCOUNT,
    "No account has this account_id. Correct it, leave it out if from is the number of the line, or create the account;"
    " then send the event again.",
)
_NAMELESS: Final[Event] = {"account_id": NO_LINE, "line_id": NO_LINE}
"""Stands for the names of an event whose number's history cannot be read, so that its other fields are judged."""
MAX_VALUE_CHARACTERS: Final = 255
"""A longer text says nothing in fields without a check, such as those of an event that costs nothing."""


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
    items: Sequence[Item],
    zone: str | None,
    finder: LineFinder,
    queue: CallQueue,
    now: datetime,
    seconds_left: Callable[[], float],
) -> Report:
    """Queue the events that can be charged, and say why the others cannot. `zone` is the IANA time zone of times
    without one.

    Raises:
        Unavailable: `not_queued`, the table did not answer, or the queue did not acknowledge every accepted event.
    """
    events = [item.rejection if isinstance(item, UnreadableRecord) else item for item in items]
    try:
        completed = finder.complete(events, now, zone, keeps_unreadable=True)
        outcomes = [_outcome(one, now) for one in completed]
        existing = finder.facts.existing(_accounts_to_check(events, outcomes), now)
    except (Unavailable, *AWS_ERRORS) as error:
        raise not_queued() from error
    accepted: list[str] = []
    rejected: list[RejectedEvent] = []
    for index, (event, completion, outcome) in enumerate(zip(events, completed, outcomes, strict=True)):
        message = _message(event, completion, outcome, existing)
        if isinstance(message, Rejection):
            rejected.append(RejectedEvent(index, _call_id_of(items[index]), message))
        else:
            accepted.append(message)
    queue.send(accepted, seconds_left)
    return Report(len(accepted), rejected)


def _outcome(event: Event | Rejection, now: datetime) -> Call | FreeEvent | Rejection:
    if isinstance(event, Rejection):
        return event
    return parse_event(_NAMELESS | event if isinstance(event, Unnamed) else event, now)


def _accounts_to_check(
    events: Sequence[Event | Rejection], outcomes: Sequence[Call | FreeEvent | Rejection]
) -> set[str]:
    """The accounts that events of calls name themselves. An account that a number leads to exists."""
    return {
        outcome.account_id
        for event, outcome in zip(events, outcomes, strict=True)
        if isinstance(outcome, Call) and not isinstance(event, Rejection) and event.get("account_id")
    }


def _message(
    event: Event | Rejection,
    completed: Event | Rejection,
    outcome: Call | FreeEvent | Rejection,
    existing: frozenset[str],
) -> str | Rejection:
    """The message of an event for the queue, or why it is rejected."""
    if isinstance(event, Rejection) or isinstance(completed, Rejection):
        return event if isinstance(event, Rejection) else completed  # type: ignore[return-value]
    if isinstance(outcome, Rejection):
        return outcome
    if isinstance(outcome, Call) and event.get("account_id") and outcome.account_id not in existing:
        return UNKNOWN_ACCOUNT
    body = json.dumps({name: value for name, value in completed.items() if _can_be_sent(value)})
    return body if len(body) <= MAX_BODY_CHARACTERS else too_large()


def _can_be_sent(value: Any) -> bool:
    """Whether a value can be in a message. Half a character, which JSON can express, cannot; JSON in ASCII hides the
    characters that SQS refuses.
    """
    if isinstance(value, dict | list) or len(str(value)) > MAX_VALUE_CHARACTERS:
        return False
    return not isinstance(value, str) or value.encode(errors="ignore").decode() == value


def _call_id_of(item: Item) -> str | None:
    if isinstance(item, UnreadableRecord):
        call_id: Any = item.call_id
    else:
        call_id = None if isinstance(item, Rejection) else item.get("call_id")
    return call_id if isinstance(call_id, str) and is_call_id(call_id) else None
