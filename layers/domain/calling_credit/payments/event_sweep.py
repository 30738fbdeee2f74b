"""Handles what happened at Stripe even if Stripe never tried to deliver it: the endpoint was deleted, disabled, or
subscribed to too few events.

Events are listed by creation from a stored position. The position moves only past events that were handled, or set
aside because they failed. Handling an event again is harmless, so a crash or a second sweep at once only costs work.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Final

import stripe

from calling_credit.dynamodb.unreadable import UnreadableItem
from calling_credit.errors import ProblemCode
from calling_credit.payments.callback_watch import note_payments
from calling_credit.payments.issues import Issue, IssueCode, report_issue
from calling_credit.payments.stripe_lists import COMPARED, EventPage, ListedEvent, list_events, list_objects
from calling_credit.payments.sweep_state import SweepState, first_state, state_item
from calling_credit.payments.sweep_store import SweepStore
from calling_credit.payments.webhook_signature import StripeEvent
from calling_credit.topups.store import TopUpStore
from calling_credit.topups.topup import TopUpStatus

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_FAILED_RETRIES: Final = 3
"""After this many failures a sweep tries no more waiting events, so that they leave time for the others."""
MAX_FAILURES_IN_A_ROW: Final = 3
"""After this many, Stripe or the table is at fault, not the events, and the sweep stops."""
COMPLETE_AT_EVERY: Final = 3600
"""How often, in seconds, a sweep without news stores that it was complete."""

Handle = Callable[[StripeEvent], str | None]
"""Handles an event; returns None, or the code of the failure."""


class EventSweep:
    """One sweep. `failures` counts the events that failed, `tally` the numbers that operators watch."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table_name: str,
        stripe_client: stripe.StripeClient,
        handle: Handle,
        now: datetime,
        seconds_left: Callable[[], float],
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._stripe = stripe_client
        self._handle = handle
        self._now = now
        self._timestamp = int(now.timestamp())
        self._seconds_left = seconds_left
        self._store = SweepStore(client, table_name)
        self._topups = TopUpStore(client, table_name)
        self._state = first_state(now)
        self._heard_at = 0
        self._failures_in_a_row = 0
        self.failures = 0
        self.tally: Counter[str] = Counter()

    def run(self, state: SweepState | None, heard_at: int) -> SweepState:
        """Handle what is new since the stored state (None: the first sweep), and return the new state.

        Raises:
            Unavailable: Stripe does not list its events; the position stays.
        """
        self._state, self._heard_at = state or self._state, heard_at
        before = state_item(self._state)
        self._state.mend_times(self._now)
        self._state.begin_comparison_after_gap(self._now)
        self._retry_waiting()
        is_complete = self._handle_new_events()
        if is_complete and self._timestamp - self._state.complete_at >= COMPLETE_AT_EVERY:
            self._state.complete_at = self._timestamp
        is_complete = is_complete and self._compare_lists()
        self._state.is_behind = not is_complete
        self._state.move_past([])  # Forgets what a sweep without an end has remembered beyond the limit.
        self._report_old()
        self.failures = len(self._state.waiting) + (not is_complete)
        if state is None or state_item(self._state) != before:
            self._store.save(self._state)
        return self._state

    def _handle_new_events(self) -> bool:
        """Handle the events since the position, the oldest period first. Return whether none is left."""
        since, until = self._state.listed_since(self._now), None
        while self._seconds_left() > 0:
            page = list_events(self._stripe, since, until)
            middle = _middle(since, until, page) if page.has_more else None
            if middle is not None:
                until = middle
                continue
            listed = self._read_second(page) if page.has_more else page.events
            if listed is None or not self._handle_period(listed):
                return False
            self._state.move_past(one.created for one in listed)
            if until is None:
                return True
            if listed and not self._store.save(self._state):
                return False
            since, until = until, _next_end(since, until, self._timestamp)
        return False

    def _read_second(self, page: EventPage) -> list[ListedEvent] | None:
        """All events of a second with more than one page of them; None if time ran out before."""
        listed: list[ListedEvent] = []
        for event in page.read_all():
            if self._seconds_left() <= 0:
                return None
            listed.append(event)
        return listed

    def _handle_period(self, listed: Iterable[ListedEvent]) -> bool:
        """Handle each object of these events (newest first) once, payments last. Return False if time or room ran out
        before.
        """
        oldest_first = reversed([one for one in listed if one.event.event_id not in self._state.handled])
        new = sorted(oldest_first, key=lambda one: one.created)
        note_payments(self._state, self._heard_at, new, self._timestamp)
        groups: dict[str, list[ListedEvent]] = {}
        for one in sorted(new, key=lambda one: one.is_payment):
            groups.setdefault(one.group, []).append(one)
        for group, events in groups.items():
            if self._seconds_left() <= 0 or not self._handle_group(group, events):
                return False
            self._state.handled |= {one.event.event_id: one.created for one in events}
            if self._failures_in_a_row >= MAX_FAILURES_IN_A_ROW:
                return False
        return True

    def _handle_group(self, group: str, events: list[ListedEvent]) -> bool:
        """Handle the newest event of a group. Return whether it is handled or set aside."""
        newest = events[-1]
        return self._has_ended(newest) or self._try(group, newest.event)

    def _has_ended(self, listed: ListedEvent) -> bool:
        """Whether the event's top-up has ended as the event says, so that Stripe need not be asked."""
        if not (listed.is_payment and listed.account_id and listed.topup_id):
            return False
        try:
            topup = self._topups.read(listed.account_id, listed.topup_id)
        except UnreadableItem:
            return False  # Handling the event fails too, and sets it aside.
        if topup is None or not topup.is_finished or topup.intent_id != listed.event.object_id:
            return False
        return topup.status == TopUpStatus.SUCCEEDED or not listed.event.kind.endswith(".succeeded")

    def _try(self, group: str, event: StripeEvent) -> bool:
        """Try an event. Return whether it is handled, or set aside because it failed. An unreadable event names no
        object; it says nothing about Stripe or the table.
        """
        if not event.object_id:
            return self._state.set_aside(group, event, ProblemCode.MALFORMED_EVENT, self._timestamp)
        code = self._handle(event)
        if code is None:
            self._failures_in_a_row = 0
            self._state.waiting.pop(group, None)
            return True
        self._failures_in_a_row += 1
        return self._state.set_aside(group, event, code, self._timestamp)

    def _retry_waiting(self) -> None:
        """Try failed events again. Their failures do not stop the others."""
        failed = 0
        for group in self._state.due(self._timestamp):
            if self._seconds_left() <= 0 or failed >= MAX_FAILED_RETRIES:
                break
            self._try(group, self._state.waiting[group].event)
            failed += group in self._state.waiting
        self._failures_in_a_row = 0

    def _compare_lists(self) -> bool:
        """After a gap, check every refund, dispute, and warning. Return whether none is left."""
        while (comparison := self._state.comparison) is not None:
            if self._seconds_left() <= 0:
                return False
            events, has_more = list_objects(self._stripe, comparison.list_number, comparison.since, comparison.after)
            for event in events:
                if self._seconds_left() <= 0 or self._failures_in_a_row >= MAX_FAILURES_IN_A_ROW:
                    return False
                if not self._try(ListedEvent(event, 0).group, event):
                    return False
                comparison.after = event.event_id
            if not has_more:
                comparison.list_number, comparison.after = comparison.list_number + 1, ""
            if comparison.list_number == len(COMPARED):
                self._state.comparison = None
        return True

    def _report_old(self) -> None:
        """Tell operators about events that have failed for a day."""
        for waiting in self._state.unreported(self._timestamp):
            event = waiting.event
            details = f"{event.kind} of {event.object_id} fails: {waiting.code}"
            issue = Issue(event.object_id, IssueCode.EVENT_NOT_HANDLED, "", details, f"{event.event_id}#{event.kind}")
            self.tally["payment_issues"] += report_issue(self._client, self._table_name, issue, self._now)
            waiting.is_reported = True
        self._state.forget_old(self._timestamp)


def _middle(since: int, until: int | None, page: EventPage) -> int | None:
    """The end of the older half of a period with too many events for one page; None if it is a single second."""
    middle = (since + (page.events[0].created + 1 if until is None else until)) // 2
    return middle if middle > since else None


def _next_end(since: int, until: int, now: int) -> int | None:
    """The end of the next period: it is twice as long, or open if it reaches the present."""
    following = until + 2 * (until - since)
    return following if following < now else None
