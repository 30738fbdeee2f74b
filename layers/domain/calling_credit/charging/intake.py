"""Turns a batch of messages into distinct calls: parses each message, merges repeated calls, and refuses conflicts.

DynamoDB refuses two actions on one item in a transaction, so calls must be distinct before they are written.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from calling_credit.call_events import Call, Rejection, parse_call
from calling_credit.rejection_codes import RejectionCode


@dataclass(frozen=True, slots=True)
class Message:
    """One queued message: its delivery id, when it was sent (epoch milliseconds) and its body."""

    message_id: str
    sent_at_ms: int
    body: str


@dataclass(slots=True)
class Intake:
    """The distinct calls of a batch, the message ids of each by the call's key, and the refused messages."""

    calls: list[Call] = field(default_factory=list)
    messages: dict[tuple[str, str, str], list[str]] = field(default_factory=dict)
    refused: dict[str, Rejection] = field(default_factory=dict)


CONFLICT = Rejection(
    RejectionCode.CONFLICTING_CALL,
    "A call with the same account_id, started_at and call_id but other facts came first. If this record is the right"
    " one, correct the call with make correct-call; if it is another call, give it its own call_id.",
)


def accept_messages(messages: Iterable[Message], now: datetime) -> Intake:
    """Parse and merge a batch. Of messages with the same call but different facts, the one sent first wins."""
    intake = Intake()
    winners: dict[tuple[str, str, str], Call] = {}
    for message in sorted(messages, key=lambda message: message.sent_at_ms):
        call = parse_call(message.body, now)
        if isinstance(call, Rejection):
            intake.refused[message.message_id] = call
            continue
        key = call.key
        winner = winners.setdefault(key, call)
        if winner is call:
            intake.calls.append(call)
            intake.messages[key] = [message.message_id]
        elif winner.facts_hash == call.facts_hash:
            intake.messages[key].append(message.message_id)
        else:
            intake.refused[message.message_id] = CONFLICT
    return intake
