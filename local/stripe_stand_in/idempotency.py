"""Idempotency keys: the first answer to a key is kept for a day and given again; the same key for something else, or
while the first request is still under way, is refused.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from local.stripe_stand_in.answers import Answer
from local.stripe_stand_in.refusals import Fields, Refusal

KEPT_FOR: Final = timedelta(hours=24)
MAX_LENGTH: Final = 255


@dataclass(slots=True)
class _Kept:
    path: str
    form: Fields
    request_id: str
    at: datetime
    answer: Answer | None = None


class Keys:
    """The keys of one account; safe to use from any thread."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}
        self._lock = Lock()

    def begin(self, key: str, path: str, form: Fields, request_id: str, now: datetime) -> Answer | None:
        """Take the key for a request; returns the answer to give again if it is known already.

        Raises:
            Refusal: the key was used for something else, or its first request is not done.
        """
        if len(key) > MAX_LENGTH:
            raise Refusal(400, f"Idempotency keys are at most {MAX_LENGTH} characters long.", kept=False)
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or now - kept.at >= KEPT_FOR:
                self._kept[key] = _Kept(path, form, request_id, now)
                return None
        if kept.path != path:
            raise _other_use(f"for the same endpoint they were first used for ('{path}' vs '{kept.path}')", key)
        if kept.form != form:
            raise _other_use("with the same parameters they were first used with", key)
        if kept.answer is None:
            raise _in_use(key)
        headers = {"Idempotent-Replayed": "true", "Original-Request": kept.request_id}
        return Answer(kept.answer.status, {**kept.answer.headers, **headers}, kept.answer.body)

    def finish(self, key: str, answer: Answer) -> None:
        """Keep the answer."""
        self._kept[key].answer = answer

    def release(self, key: str) -> None:
        """Forget the key: nothing was executed under it."""
        del self._kept[key]


def _other_use(rule: str, key: str) -> Refusal:
    message = (
        f"Keys for idempotent requests can only be used {rule}. Try using a key other than '{key}' if you meant to "
        "execute a different request."
    )
    return Refusal(400, message, kind="idempotency_error", kept=False)


def _in_use(key: str) -> Refusal:
    message = (
        "There is currently another in-progress request using this Idempotent Key (that probably means you submitted "
        f"twice, and the other request is still going through): {key}. Please try again later."
    )
    return Refusal(409, message, code="idempotency_key_in_use", kept=False)
