"""Finds the line that a number belonged to when a call began, with a cache of the numbers' histories.

Every change of a number takes effect LeadSeconds ahead. A history therefore decides only about calls that began up to
half of that after it was read: the other half is for a change that was already under way, whose transaction is stored
a while after its time was taken. A cached history that names no line is read again, so a new number works at once.
"""

import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from calling_credit.accounts.number_history import Assignment, NumberHistory, NumberProblem, assignment_at
from calling_credit.accounts.number_store import read_histories
from calling_credit.dynamodb.unreadable import OnUnreadable, raise_unreadable
from calling_credit.instants import format_instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

HISTORY_TTL: Final = timedelta(seconds=60)
"""How long a history is cached, so that an erased number is soon unknown everywhere."""
MAX_HISTORIES: Final = 50_000

Question = tuple[str, str]
"""A number, and the instant at which a call from it began, in the form of keys."""


class NumberResolver:
    """Resolves numbers for posting and for authorization alike."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table_name: str,
        lead: timedelta,
        *,
        sleep: Callable[[float], None] = time.sleep,
        on_unreadable: OnUnreadable = raise_unreadable,
    ) -> None:
        self._client = client
        self._table_name = table_name
        self.lead = lead
        self._sleep = sleep
        self._on_unreadable = on_unreadable
        self._cache: dict[str, tuple[datetime, NumberHistory]] = {}

    def resolve(self, questions: Iterable[Question], now: datetime) -> dict[Question, Assignment | NumberProblem]:
        """Return the assignment in force at each question's instant, or why there is none. `not_decided_yet` means that
        the call begins so far ahead that the number may still move before.

        Raises:
            Unavailable: the table did not answer.
            UnreadableItem: a history is unreadable, and `on_unreadable` raises it.
        """
        distinct = set(questions)
        answers: dict[Question, Assignment | NumberProblem] = {}
        for question in distinct:
            assignment = self._cached(question, now)
            if assignment is not None:
                answers[question] = assignment
        missing = distinct - set(answers)
        wanted = {number for number, _ in missing}
        histories = read_histories(self._client, self._table_name, wanted, self._sleep, self._on_unreadable)
        if len(self._cache) + len(histories) > MAX_HISTORIES:
            self._cache.clear()
        self._cache.update({number: (now, history) for number, history in histories.items()})
        for number, instant in missing:
            if number not in histories:
                answers[number, instant] = NumberProblem.UNREADABLE_ITEM
                continue
            is_decided = instant < self._horizon(now)
            found = assignment_at(histories[number], instant)
            answers[number, instant] = found if is_decided else NumberProblem.NOT_DECIDED_YET
        return answers

    def forget(self) -> None:
        """Clear the cache."""
        self._cache.clear()

    def _cached(self, question: Question, now: datetime) -> Assignment | None:
        number, instant = question
        if number not in self._cache:
            return None
        read_at, history = self._cache[number]
        if now - read_at >= HISTORY_TTL or instant >= self._horizon(read_at):
            return None
        found = assignment_at(history, instant)
        return found if isinstance(found, Assignment) else None

    def _horizon(self, read_at: datetime) -> str:
        """The instant up to which a history that was read at this time decides."""
        return format_instant(read_at + self.lead / 2)
