"""Faults on demand: what should go wrong, for which requests or events, and how often."""

import fnmatch
from dataclasses import dataclass
from threading import Lock
from typing import Final

REQUEST_FAULTS: Final = {
    "answer_lost": "it is executed, and the connection closes without an answer",
    "dropped": "the connection closes before anything is done",
    "slow": "it is executed, and answered only after `seconds`",
    "late": "nothing is done for `seconds`; then it is executed and answered",
    "error_500": "500 before anything is done; an idempotency key keeps it",
    "error_500_after": "it is executed, and answered 500; an idempotency key keeps that",
    "rate_limited": "429 rate_limit before anything is done; nothing keeps it",
    "lock_timeout": "429 lock_timeout before anything is done; nothing keeps it",
}
"""What can go wrong with a request, matched by `METHOD /path` with `*` for any text."""

EVENT_FAULTS: Final = {
    "duplicated": "it is delivered twice",
    "delayed": "it is delivered only after `seconds`",
    "reordered": "it is delivered after the event that follows it",
    "lost": "it is never delivered",
}
"""What can go wrong with an event, matched by its type with `*` for any text."""


class ConnectionLost(ConnectionError):  # noqa: N818 - it is what happened
    """The client gets no answer; whether the request was executed, it cannot know."""


@dataclass(slots=True)
class Fault:
    """One order: the next `count` matches after the first `skip` go wrong."""

    kind: str
    match: str
    count: int = 1
    skip: int = 0
    seconds: float = 0.0


class Faults:
    """The orders that are not used up; safe to use from any thread."""

    def __init__(self) -> None:
        self._orders: list[Fault] = []
        self._lock = Lock()

    def add(self, kind: str, match: str = "*", *, count: int = 1, skip: int = 0, seconds: float = 0.0) -> Fault:
        """Order a fault: `match` is `POST /v1/payment_intents/*/confirm` or an event type such as `charge.*`.

        Raises:
            ValueError: there is no such fault.
        """
        if kind not in REQUEST_FAULTS and kind not in EVENT_FAULTS:
            raise ValueError(f"no fault is called {kind!r}; there are {', '.join([*REQUEST_FAULTS, *EVENT_FAULTS])}")
        order = Fault(kind, match, count, skip, seconds)
        with self._lock:
            self._orders.append(order)
        return order

    def of_request(self, method: str, path: str) -> Fault | None:
        """What goes wrong with this request."""
        return self._take(REQUEST_FAULTS, f"{method} {path}")

    def of_event(self, event_type: str) -> Fault | None:
        """What goes wrong with the delivery of an event of this type."""
        return self._take(EVENT_FAULTS, event_type)

    def waiting(self) -> list[Fault]:
        """The orders that are not used up."""
        with self._lock:
            return list(self._orders)

    def clear(self) -> None:
        """Let everything go right again."""
        with self._lock:
            self._orders.clear()

    def _take(self, kinds: dict[str, str], subject: str) -> Fault | None:
        with self._lock:
            for order in self._orders:
                if order.kind not in kinds or not fnmatch.fnmatchcase(subject, order.match):
                    continue
                if order.skip:
                    order.skip -= 1
                    continue
                order.count -= 1
                if order.count <= 0:
                    self._orders.remove(order)
                return order
        return None
