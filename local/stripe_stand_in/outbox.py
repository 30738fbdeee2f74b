"""The queue of events for the webhook: in order, unless a fault applies. Does not depend on HTTP."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Condition
from typing import Final

from local.stripe_stand_in.faults import Faults
from local.stripe_stand_in.refusals import Fields

HELD_SECONDS: Final = 1.0
"""The longest time that a reordered event waits for the next event."""


@dataclass(order=True, slots=True)
class Delivery:
    """One event to be delivered, not before `due`."""

    due: datetime
    number: int
    event: Fields = field(compare=False)
    attempt: int = field(default=0, compare=False)
    held: bool = field(default=False, compare=False)


class Outbox:
    """The deliveries, ordered by due time; thread-safe."""

    def __init__(self, faults: Faults, now: Callable[[], datetime]) -> None:
        self._faults = faults
        self.now = now
        self._waiting: list[Delivery] = []
        self._numbers = itertools.count()
        self._in_progress = 0
        self.changed = Condition()

    def put(self, event: Fields) -> None:
        """Queue an event; apply the faults of its type."""
        fault = self._faults.of_event(event["type"], event["data"]["object"].get("customer"))
        kind = fault.kind if fault else ""
        seconds = fault.seconds if fault else 0.0
        with self.changed:
            if kind == "reordered":
                self._append(event, HELD_SECONDS, held=True)
            elif kind != "lost":
                for _ in range(2 if kind == "duplicated" else 1):
                    self._append(event, seconds if kind == "delayed" else 0.0)
                self._release_held()
            self.changed.notify_all()

    def put_again(self, delivery: Delivery, seconds: float) -> None:
        """Queue a delivery that failed for another attempt, unless its endpoint was deleted or disabled meanwhile."""
        if not delivery.event["pending_webhooks"]:
            return
        with self.changed:
            due = self.now() + timedelta(seconds=seconds)
            again = Delivery(due, next(self._numbers), delivery.event, delivery.attempt + 1)
            self._waiting.append(again)
            self.changed.notify_all()

    def take(self) -> Delivery | None:
        """Remove and return the next due delivery; the caller then calls `done`."""
        with self.changed:
            due = min((item for item in self._waiting if item.due <= self.now()), default=None)
            if due is not None:
                self._waiting.remove(due)
                self._in_progress += 1
            return due

    def done(self) -> None:
        """Record that a taken delivery was delivered, queued again, or abandoned."""
        with self.changed:
            self._in_progress -= 1
            self.changed.notify_all()

    def take_events(self) -> list[Fields]:
        """Remove and return all due and all reordered events, for a test that delivers them itself."""
        with self.changed:
            taken = sorted(item for item in self._waiting if item.held or item.due <= self.now())
            for item in taken:
                self._waiting.remove(item)
            for item in taken:
                mark_delivered(item.event)
            return [item.event for item in sorted(taken, key=lambda item: item.held)]

    def abandon(self) -> None:
        """Give up all queued deliveries: their endpoint no longer takes them."""
        with self.changed:
            for item in self._waiting:
                mark_delivered(item.event)
            self._waiting.clear()
            self.changed.notify_all()

    def pending(self) -> int:
        """Return the number of deliveries queued or in progress."""
        with self.changed:
            return len(self._waiting) + self._in_progress

    def seconds_until_next(self, at_most: float) -> float:
        """Return the seconds until the next delivery is due."""
        with self.changed:
            if not self._waiting:
                return at_most
            seconds = (min(self._waiting).due - self.now()).total_seconds()
            return min(max(seconds, 0.0), at_most)

    def clear(self) -> None:
        """Remove all queued deliveries."""
        with self.changed:
            self._waiting.clear()
            self.changed.notify_all()

    def _append(self, event: Fields, seconds: float, *, held: bool = False) -> None:
        due = self.now() + timedelta(seconds=seconds)
        self._waiting.append(Delivery(due, next(self._numbers), event, held=held))

    def _release_held(self) -> None:
        """Queue the held events after the event that was just queued."""
        for item in [item for item in self._waiting if item.held]:
            self._waiting.remove(item)
            self._append(item.event, 0.0)


def mark_delivered(event: Fields) -> None:
    """Mark an event as delivered, or as not to be delivered."""
    event["pending_webhooks"] = 0
