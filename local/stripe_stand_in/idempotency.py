"""Idempotency keys: the first answer to a key is stored for a day and replayed. The same key with another request, or
while the first request is running, is refused.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from local.stripe_stand_in.answers import Answer
from local.stripe_stand_in.refusals import Fields, Refusal

RETENTION: Final = timedelta(hours=24)
MAX_LENGTH: Final = 255


@dataclass(slots=True)
class _Entry:
    path: str
    form: Fields
    request_id: str
    at: datetime
    answer: Answer | None = None


class Keys:
    """The keys of one account; thread-safe."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}
        self._lock = Lock()

    def begin(self, key: str, path: str, form: Fields, request_id: str, now: datetime) -> Answer | None:
        """Reserve the key for a request; return the answer to replay, if there is one.

        Raises:
            Refusal: the key belongs to another request, or its first request is still running.
        """
        if len(key) > MAX_LENGTH:
            raise Refusal(400, f"Idempotency keys are at most {MAX_LENGTH} characters long.", is_stored=False)
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or now - entry.at >= RETENTION:
                self._entries[key] = _Entry(path, form, request_id, now)
                return None
        if entry.path != path:
            raise _other_use(f"for the same endpoint they were first used for ('{path}' vs '{entry.path}')", key)
        if entry.form != form:
            raise _other_use("with the same parameters they were first used with", key)
        if entry.answer is None:
            raise _in_use(key)
        headers = {"Idempotent-Replayed": "true", "Original-Request": entry.request_id}
        return Answer(entry.answer.status, {**entry.answer.headers, **headers}, entry.answer.body)

    def finish(self, key: str, answer: Answer) -> None:
        """Store the answer."""
        self._entries[key].answer = answer

    def release(self, key: str) -> None:
        """Release the key: no request ran under it."""
        del self._entries[key]


def _other_use(rule: str, key: str) -> Refusal:
    message = (
        f"Keys for idempotent requests can only be used {rule}. Try using a key other than '{key}' if you meant to "
        "execute a different request."
    )
    return Refusal(400, message, kind="idempotency_error", is_stored=False)


def _in_use(key: str) -> Refusal:
    message = (
        "There is currently another in-progress request using this Idempotent Key (that probably means you submitted "
        f"twice, and the other request is still going through): {key}. Please try again later."
    )
    return Refusal(409, message, code="idempotency_key_in_use", is_stored=False)
