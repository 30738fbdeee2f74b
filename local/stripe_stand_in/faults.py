"""Fault injection: what goes wrong, for which requests or events, and how often."""

import fnmatch
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

REQUEST_FAULTS: Final = {
    "answer_lost": "the request runs, and the connection closes without an answer",
    "dropped": "the connection closes before the request runs",
    "slow": "the request runs, and the answer comes after `seconds`",
    "late": "the request runs after `seconds`, and is then answered",
    "error_500": "500 before the request runs; an idempotency key stores it",
    "error_500_after": "the request runs, and is answered with 500; an idempotency key stores it",
    "refused": "the request is refused with `status`, `code`, `param`, and `message`; an idempotency key stores it",
    "rate_limited": "429 rate_limit before the request runs; not stored",
    "lock_timeout": "429 lock_timeout before the request runs; not stored",
}
"""The faults of a request, matched by `METHOD /path` with `*` for any text."""

EVENT_FAULTS: Final = {
    "duplicated": "the event is delivered twice",
    "delayed": "the event is delivered after `seconds`",
    "reordered": "the event is delivered after the next one",
    "lost": "the event is never delivered",
}
"""The faults of an event, matched by its type with `*` for any text."""

LISTING_FAULTS: Final = {"listed_late": "the event is delivered at once, but listed only after `seconds`"}
"""The faults of the list of events, matched by type with `*` for any text."""


class ConnectionLost(ConnectionError):  # noqa: N818 - an event, not a mistake
    """The client gets no answer and cannot know whether the request ran."""


@dataclass(slots=True)
class Fault:
    """An injected fault: the first `skip` matches pass, the next `count` fail. With `customer`, only requests that name
    this customer, and events about its objects, match.
    """

    kind: str
    match: str
    count: int = 1
    skip: int = 0
    seconds: float = 0.0
    status: int = 400
    code: str | None = None
    param: str | None = None
    customer: str | None = None
    message: str = "The stand-in was asked to refuse this request."


class Faults:
    """The faults that are still to happen; thread-safe."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = Lock()

    def add(
        self, kind: str, match: str = "*", *, count: int = 1, skip: int = 0, seconds: float = 0.0, **refusal: Any
    ) -> Fault:
        """Inject a fault: `match` is `POST /v1/payment_intents/*/confirm` or an event type such as `charge.*`.

        Args:
            refusal: `status`, `code`, `param`, and `message` of the error, for the kind `refused`; `customer` for any.

        Raises:
            TypeError: `refusal` has another name.
            ValueError: the kind is unknown.
        """
        known = (*REQUEST_FAULTS, *EVENT_FAULTS, *LISTING_FAULTS)
        if kind not in known:
            raise ValueError(f"unknown fault {kind!r}; use one of {', '.join(known)}")
        fault = Fault(kind, match, count, skip, seconds, **refusal)
        with self._lock:
            self._faults.append(fault)
        return fault

    def of_request(self, method: str, path: str, customer: str | None = None) -> Fault | None:
        """Return the fault of this request, if any, and count it. `customer` is the customer that the request names."""
        return self._take(REQUEST_FAULTS, f"{method} {path}", customer)

    def of_event(self, event_type: str, customer: str | None = None) -> Fault | None:
        """Return the fault of an event of this type, if any, and count it. `customer` is that of the event's object."""
        return self._take(EVENT_FAULTS, event_type, customer)

    def of_listing(self, event_type: str) -> Fault | None:
        """Return the fault of listing an event of this type, if any, and count it."""
        return self._take(LISTING_FAULTS, event_type)

    def waiting(self) -> list[Fault]:
        """Return the faults that are still to happen."""
        with self._lock:
            return list(self._faults)

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._faults.clear()

    def _take(self, kinds: dict[str, str], subject: str, customer: str | None = None) -> Fault | None:
        with self._lock:
            for fault in self._faults:
                if fault.kind not in kinds or not fnmatch.fnmatchcase(subject, fault.match):
                    continue
                if fault.customer not in (None, customer):
                    continue
                if fault.skip:
                    fault.skip -= 1
                    continue
                fault.count -= 1
                if fault.count <= 0:
                    self._faults.remove(fault)
                return fault
        return None
