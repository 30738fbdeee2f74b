"""Sends the accounts of a night to their provers, page by page, and continues in a later run where it stopped.

First the accounts that Stripe's recent payments name, with these payments; then every account. The position is stored
after what it covers was sent, so a crash sends some accounts twice, which changes nothing, and misses none.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from calling_credit.audit.nightly_proof import Task
from calling_credit.audit.proof import Payment
from calling_credit.audit.proof_messages import message_bodies
from calling_credit.charging.call_queue import CallQueue
from calling_credit.dynamodb.positions import is_place, read_position, store_position
from calling_credit.dynamodb.sweep import account_pages
from calling_credit.dynamodb.sweep_keys import SWEEP_SHARDS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

POSITION: Final = "proof"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a night's list has come: whether the accounts with recent payments were sent, and the shard of the index
    and the last account in it that was sent. `shard` is the number of shards once all were sent.
    """

    night: str
    paid: bool = False
    shard: int = 0
    after: str = ""

    @property
    def is_done(self) -> bool:
        """Whether every account was sent."""
        return self.paid and self.shard >= SWEEP_SHARDS


def parse_progress(position: str, night: date) -> Progress:
    """The progress of a night in a stored position; the beginning if it is of another night, or cannot be read."""
    beginning = Progress(night.isoformat())
    try:
        progress = Progress(**json.loads(position))
    except (RecursionError, TypeError, ValueError):
        return beginning
    is_readable = all(isinstance(value, type(getattr(beginning, name))) for name, value in asdict(progress).items())
    is_of_night = is_readable and progress.night == beginning.night
    return progress if is_of_night and 0 <= progress.shard <= SWEEP_SHARDS and _is_after(progress.after) else beginning


def _is_after(text: str) -> bool:
    return not text or is_place(text)


class FanOut:
    """Sends the accounts of the night of `now`."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table_name: str,
        queue: CallQueue,
        now: datetime,
        seconds_left: Callable[[], float],
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._queue = queue
        self._now = now
        self._seconds_left = seconds_left
        self._with_payments: set[str] = set()
        self.sent = 0
        """The accounts that this run sent."""
        self.progress = self._stored()

    @property
    def night(self) -> date:
        """The date (UTC) that names the night."""
        return self._now.date()

    def is_done(self) -> bool:
        """Whether every account of the night was sent."""
        return self.progress.is_done

    def send_paid(self, payments: Iterable[Payment]) -> None:
        """Send the accounts that recent payments at Stripe name, in the index or not.

        Raises:
            Unavailable: not_queued; the next run sends them.
        """
        by_account: dict[str, list[Payment]] = defaultdict(list)
        for payment in payments:
            by_account[payment.account_id].append(payment)
        self._send(Task(account_id, self.night, tuple(paid)) for account_id, paid in sorted(by_account.items()))
        self.sent += len(by_account)
        self._with_payments = set(by_account)
        self._store(replace(self.progress, paid=True))

    def send_listed(self) -> None:
        """Send the accounts of the index, except those that this run sent with payments, until the time ends.

        Raises:
            Unavailable: not_queued; the next run continues.
        """
        for shard in range(self.progress.shard, SWEEP_SHARDS):
            after = self.progress.after if shard == self.progress.shard else ""
            for page in account_pages(self._client, self._table_name, shard, after):
                if self._seconds_left() < 0:
                    return
                if page:
                    accounts = [one for _, one in page if one not in self._with_payments]
                    self._send(Task(account_id, self.night) for account_id in accounts)
                    self.sent += len(accounts)
                    self._store(replace(self.progress, shard=shard, after=page[-1][0]))
            self._store(replace(self.progress, shard=shard + 1, after=""))

    def _send(self, tasks: Iterable[Task]) -> None:
        self._queue.send(list(message_bodies(tasks)), self._seconds_left)

    def _stored(self) -> Progress:
        """The progress of this night; the beginning if the last run was in another night."""
        position = read_position(self._client, self._table_name, POSITION)
        return parse_progress(position or "", self.night)

    def _store(self, progress: Progress) -> None:
        store_position(self._client, self._table_name, POSITION, json.dumps(asdict(progress)), self._now)
        self.progress = progress
