"""A small phone switch: it asks before it connects a call, asks again while the call runs, and reports its end. Its
calls have any duration and take no time.
"""

import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

from calling_credit.instants import format_instant
from local.http_api import HttpApi
from local.traffic import CallingLine

Answer = dict[str, Any]


@dataclass(slots=True)
class SwitchCall:
    """A running call: its line, its destination, and the last answer to its authorization."""

    line: CallingLine
    to: str
    answer: Answer = field(default_factory=dict)
    call_id: str = field(default_factory=lambda: f"c_{uuid.uuid4().hex}")

    @property
    def is_allowed(self) -> bool:
        """Whether the call is connected."""
        return bool(self.answer["decision"] == "allow")


class Switch:
    """Connects the calls that the API allows, and sends a call event to the queue when they end."""

    def __init__(self, api: HttpApi, token: str, queue_url: str) -> None:
        self._api = api
        self._token = token
        self._queue_url = queue_url

    def dial(self, line: CallingLine, to: str, seconds: int = 600) -> SwitchCall:
        """Dial a number; return the call, allowed or not.

        Raises:
            ApiError: the API refused the request.
        """
        call = SwitchCall(line, to)
        self.extend(call, seconds)
        return call

    def extend(self, call: SwitchCall, seconds: int) -> Answer:
        """Ask whether the call may last `seconds`, from its start or from now on."""
        call_ids = {"call_id": call.call_id, "account_id": call.line.account_id, "line_id": call.line.line_id}
        body = call_ids | {"to": call.to, "requested_seconds": seconds}
        call.answer = self._api.send("POST", "/calls/authorize", self._token, body)
        return call.answer

    def hang_up(self, call: SwitchCall, seconds: int) -> None:
        """End the call after `seconds`; 0 means that it was not answered."""
        ended = datetime.now(UTC)
        answered = ended - timedelta(seconds=seconds)
        event = {
            "version": "1",
            "call_id": call.call_id,
            "account_id": call.line.account_id,
            "line_id": call.line.line_id,
            "user_id": call.line.user_id,
            "direction": "outbound",
            "from": call.line.number,
            "to": call.to,
            "started_at": format_instant(answered - timedelta(seconds=5)),
            "answered_at": format_instant(answered) if seconds else None,
            "ended_at": format_instant(ended),
            "duration_seconds": seconds,
            "disposition": "answered" if seconds else "no_answer",
        }
        boto3.client("sqs").send_message(QueueUrl=self._queue_url, MessageBody=json.dumps(event))
