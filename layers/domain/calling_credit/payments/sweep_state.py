"""How far Stripe's events are listed, which of them are handled, and which failed and wait. Decides nothing about money
and does no I/O.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from calling_credit.payments.webhook_signature import UNREADABLE, StripeEvent

OVERLAP: Final = 15 * 60
"""How many seconds before the position events are listed again, because they do not become visible in order."""
FIRST_PERIOD: Final = timedelta(days=3)
"""How far back the first sweep lists: as long as Stripe retries a callback (docs.stripe.com/webhooks)."""
GAP: Final = timedelta(days=25)
"""After this time without a complete sweep, events may be gone: Stripe keeps them for 30 days."""
COMPARED_PERIOD: Final = timedelta(days=180)
"""How old the refunds, disputes, and warnings are that are compared after a gap: disputes arrive up to about 120 days
after a payment.
"""
REPORT_AFTER: Final = 24 * 3600
"""The age in seconds at which a failed event becomes an issue for operators; it is still tried."""
KEPT: Final = timedelta(days=30)
"""How long Stripe lists an event (docs.stripe.com/api/events)."""
FORGET_AFTER: Final = 30 * 24 * 3600
"""The age in seconds at which a reported event is no longer tried."""
MAX_HANDLED: Final = 5_000
"""The most events that are remembered as handled, about 200 KB; Stripe may send 330 a minute before one is handled
twice, which is harmless.
"""
MAX_WAITING: Final = 200
"""The most failed events, about 60 KB."""
FIRST_RETRY, LAST_RETRY = 300, 6 * 3600


@dataclass(slots=True)
class WaitingEvent:
    """An event that failed, with everything that its handling needs, because Stripe deletes events."""

    event: StripeEvent
    since: int
    code: str = ""
    tries: int = 0
    retry_at: int = 0
    is_reported: bool = False

    def failed(self, code: str, now: int) -> None:
        """Count a failure; wait 5 minutes first, then twice as long each time, up to 6 hours."""
        self.code = code
        self.retry_at = now + min(FIRST_RETRY * 2 ** min(self.tries, 10), LAST_RETRY)
        self.tries += 1


@dataclass(slots=True)
class Comparison:
    """How far the lists of refunds, disputes, and warnings are compared after a gap."""

    since: int
    list_number: int = 0
    after: str = ""


@dataclass(slots=True)
class SweepState:
    """The stored state of the sweep. Times are Unix times; `position` is the creation of the newest event that was
    handled or set aside, `complete_at` the last time that nothing was left to list.
    """

    position: int
    complete_at: int
    started_at: int
    handled: dict[str, int] = field(default_factory=dict)
    waiting: dict[str, WaitingEvent] = field(default_factory=dict)
    comparison: Comparison | None = None
    unheard_since: int | None = None
    """When the oldest payment happened since which no callback has arrived."""
    is_behind: bool = False
    version: int = 0

    def move_past(self, created: Iterable[int]) -> None:
        """Move the position past these events, and forget handled events that will not be listed again."""
        self.position = max([self.position, *created])
        oldest = self.position - OVERLAP
        listed_again = [(at, event_id) for event_id, at in self.handled.items() if at >= oldest]
        self.handled = {event_id: at for at, event_id in sorted(listed_again)[-MAX_HANDLED:]}

    def mend_times(self, now: datetime) -> None:
        """If a stored time cannot be true, list everything that Stripe keeps, and compare the lists."""
        if max(self.position, self.complete_at, self.started_at) > int(now.timestamp()) + OVERLAP:
            self.position, self.complete_at, self.started_at = 0, 0, 0

    def listed_since(self, now: datetime) -> int:
        """The creation from which events are listed: Stripe keeps no older ones."""
        return max(self.position - OVERLAP, int((now - KEPT).timestamp()))

    def begin_comparison_after_gap(self, now: datetime) -> None:
        """Compare the lists if no sweep was complete for so long that events may be gone."""
        if now.timestamp() - self.complete_at > GAP.total_seconds():
            self.comparison = Comparison(int((now - COMPARED_PERIOD).timestamp()))
            self.complete_at = int(now.timestamp())

    def set_aside(self, group: str, event: StripeEvent, code: str, now: int) -> bool:
        """Keep a failed event to try it again. Return whether there is room for it: an event that operators know makes
        room, others never do.
        """
        waiting = self.waiting.get(group)
        if waiting is None:
            if len(self.waiting) >= MAX_WAITING and not self._make_room():
                return False
            waiting = self.waiting[group] = WaitingEvent(event, now)
        waiting.event = event
        waiting.failed(code, now)
        return True

    def due(self, now: int) -> list[str]:
        """The groups of the failed events whose next try is due, the longest due first."""
        due = [(waiting.retry_at, group) for group, waiting in self.waiting.items() if waiting.retry_at <= now]
        return [group for _, group in sorted(due)]

    def unreported(self, now: int) -> list[WaitingEvent]:
        """The failed events that operators must learn of."""
        return [
            waiting
            for waiting in self.waiting.values()
            if not waiting.is_reported and now - waiting.since >= REPORT_AFTER
        ]

    def forget_old(self, now: int) -> None:
        """Stop trying reported events that are 30 days old; their issues stay."""
        for group, waiting in list(self.waiting.items()):
            if waiting.is_reported and now - waiting.since >= FORGET_AFTER:
                del self.waiting[group]

    def _make_room(self) -> bool:
        reported = [(waiting.since, group) for group, waiting in self.waiting.items() if waiting.is_reported]
        if reported:
            del self.waiting[min(reported)[1]]
        return bool(reported)


def first_state(now: datetime) -> SweepState:
    """The state before the first sweep."""
    started_at = int(now.timestamp())
    return SweepState(int((now - FIRST_PERIOD).timestamp()), started_at, started_at)


def state_item(state: SweepState) -> dict[str, Any]:
    """The attributes of a state."""
    return asdict(state)


def state_from_item(item: dict[str, Any]) -> SweepState:
    """The state of stored attributes. One that cannot be read begins before everything that Stripe keeps."""
    try:
        return _read_state(item)
    except UNREADABLE:
        version = item.get("version")
        return SweepState(0, 0, 0, version=version if isinstance(version, int) else 0)


def _read_state(item: dict[str, Any]) -> SweepState:
    waiting = {
        group: WaitingEvent(**{**stored, "event": StripeEvent(**stored["event"])})
        for group, stored in item.get("waiting", {}).items()
    }
    comparison = Comparison(**item["comparison"]) if "comparison" in item else None
    handled = {event_id: int(at) for event_id, at in item.get("handled", {}).items()}
    unheard_since = int(item["unheard_since"]) if "unheard_since" in item else None
    position, complete_at, started_at = (int(item[name]) for name in ("position", "complete_at", "started_at"))
    is_behind, version = bool(item.get("is_behind")), int(item["version"])
    return SweepState(
        position, complete_at, started_at, handled, waiting, comparison, unheard_since, is_behind, version
    )
