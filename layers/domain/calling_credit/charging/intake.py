"""Turns a batch of messages into distinct calls: parses each message, merges repeated calls, and refuses conflicts.
Events that cost nothing are kept apart.

DynamoDB refuses two actions on one item in a transaction, so calls must be distinct before they are written.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from calling_credit.call_events import parse_event, read_event
from calling_credit.calls import Call, FreeEvent
from calling_credit.instants import format_instant
from calling_credit.rejection_codes import Rejection, RejectionCode

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_SENT: Final = "first_sent_at"
"""The message attribute of a message that was sent again: when it was first sent (epoch milliseconds)."""
ARCHIVED: Final = "archived"
"""The message attribute of a message that comes from the raw archive, so that it is not archived again. A second copy
would be kept longer than the first, and would be sent twice by the next replay.
"""
MAX_DIGITS: Final = 15


def first_sent_ms(sent_ms: int, attribute: str | None) -> int:
    """When a message was first sent (epoch milliseconds), from its own time and its attribute `FIRST_SENT`. Anything
    but a time before its own is ignored.
    """
    text = attribute or ""
    is_time = text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS
    return min(sent_ms, int(text)) if is_time else sent_ms


@dataclass(frozen=True, slots=True)
class Message:
    """One queued message: its delivery id, when it was first sent (epoch milliseconds), and its body."""

    message_id: str
    sent_at_ms: int
    body: str
    correlation_id: str = ""

    @property
    def cause(self) -> str:
        """The correlation id: the one that the message brings, else its own id."""
        return self.correlation_id or self.message_id


@dataclass(slots=True)
class Intake:
    """The distinct calls of a batch, the message ids of each by the call's key, and the refused messages.

    `free` are the events that cost nothing. Each says when its call ended at the latest.
    """

    calls: list[Call] = field(default_factory=list)
    free: list[FreeEvent] = field(default_factory=list)
    messages: dict[tuple[str, str, str], list[str]] = field(default_factory=dict)
    refused: dict[str, Rejection] = field(default_factory=dict)

    def refuse_lines(self, lines: Collection[tuple[str, str]], rejection: Rejection) -> None:
        """Refuse every message of the calls of these lines, by account and line."""
        for call in self.calls:
            if (call.account_id, call.line_id) in lines:
                self.refused.update(dict.fromkeys(self.messages.pop(call.key, ()), rejection))
        self.calls = [call for call in self.calls if (call.account_id, call.line_id) not in lines]


CONFLICT = Rejection(
    RejectionCode.CONFLICTING_CALL,
    "A call with the same account_id, started_at and call_id but other facts came first. If this record is the right"
    " one, correct the call with make correct-call; if it is another call, give it its own call_id.",
)


NameLines = Callable[[list[dict[str, Any] | Rejection]], list[dict[str, Any] | Rejection]]


def accept_messages(
    messages: Iterable[Message], now: datetime, name_lines: NameLines = lambda events: events
) -> Intake:
    """Parse and merge a batch. Of messages with the same call but different facts, the one sent first wins.

    `name_lines` adds account and line to the events that name only a number.
    """
    intake = Intake()
    winners: dict[tuple[str, str, str], Call] = {}
    ordered = sorted(messages, key=lambda message: message.sent_at_ms)
    events = name_lines([read_event(message.body) for message in ordered])
    for message, event in zip(ordered, events, strict=True):
        call = event if isinstance(event, Rejection) else parse_event(event, now, message.cause)
        if isinstance(call, Rejection):
            intake.refused[message.message_id] = call
            continue
        key = call.key
        if isinstance(call, FreeEvent):
            intake.free.append(_with_end(call, message.sent_at_ms))
            intake.messages.setdefault(key, []).append(message.message_id)
            continue
        winner = winners.setdefault(key, call)
        if winner is call:
            intake.calls.append(call)
            intake.messages[key] = [message.message_id]
        elif winner.facts_hash == call.facts_hash:
            intake.messages[key].append(message.message_id)
        else:
            intake.refused[message.message_id] = CONFLICT
    return intake


def _with_end(event: FreeEvent, sent_at_ms: int) -> FreeEvent:
    """The event with the time of its call's end: at the latest, the time when the event was first sent.

    So neither a repeated event nor a fast clock of the switch moves the end.
    """
    sent_at = format_instant(EPOCH + timedelta(milliseconds=sent_at_ms))
    return replace(event, ended_at=min(event.ended_at or sent_at, sent_at))
