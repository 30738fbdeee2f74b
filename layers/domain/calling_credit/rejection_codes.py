"""The reasons why a call event is refused, as `make redrive PEEK=1` and the log name them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class RejectionCode(StrEnum):
    """Why a message is refused. docs/call-events.md and docs/runbook.md explain each."""

    UNKNOWN_VERSION = "unknown_version"
    INVALID_ID = "invalid_id"
    INVALID_DIRECTION = "invalid_direction"
    INVALID_NUMBER = "invalid_number"
    INVALID_TIMESTAMP = "invalid_timestamp"
    INVALID_DURATION = "invalid_duration"
    INVALID_DISPOSITION = "invalid_disposition"
    BODY_TOO_LARGE = "body_too_large"
    MISSING_FIELD = "missing_field"
    MALFORMED_JSON = "malformed_json"
    MALFORMED_RECORD = "malformed_record"
    CALL_NOT_FINISHED = "call_not_finished"
    OTHER_LEG = "other_leg"
    DUPLICATE_KEY = "duplicate_key"
    STARTED_TOO_FAR_AHEAD = "started_too_far_ahead"
    STARTED_TOO_LONG_AGO = "started_too_long_ago"
    ENDED_BEFORE_STARTED = "ended_before_started"
    ENDED_IN_THE_FUTURE = "ended_in_the_future"
    DURATION_MISMATCH = "duration_mismatch"
    CONFLICTING_CALL = "conflicting_call"
    UNKNOWN_ACCOUNT = "unknown_account"
    UNKNOWN_NUMBER = "unknown_number"
    NUMBER_AMBIGUOUS = "number_ambiguous"
    NOT_POSTED = "not_posted"
    NOT_PRICED = "not_priced"
    UNREADABLE_ITEM = "unreadable_item"


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a message was refused: a stable code, and a sentence for the producer's engineers."""

    code: RejectionCode
    detail: str


UNREADABLE_ITEM: Final = Rejection(
    RejectionCode.UNREADABLE_ITEM,
    "A stored item of this account or number cannot be read. See make list-unrated KIND=unreadable; repair the item,"
    " then run make redrive.",
)


@dataclass(frozen=True, slots=True)
class UnreadableRecord:
    """A record of another system that names its call but is refused."""

    call_id: str
    rejection: Rejection
