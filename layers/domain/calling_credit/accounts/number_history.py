"""Which line a phone number belonged to, and when. Reads no table and no clock.

A number belongs to at most one line at a time. What changes takes effect a while ahead (`ahead`, which is `at` plus
LeadSeconds), so that a history that was read before the change stays right for the calls that began until then. A past
assignment never changes: an event that names only a number resolves to the same account however late it is delivered.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, NamedTuple

MAX_ASSIGNMENTS: Final = 500
"""The newest assignments that a number keeps. A call from before them is of an unknown number."""


class NumberProblem(StrEnum):
    """Why a number names no line at an instant."""

    UNKNOWN_NUMBER = "unknown_number"
    NUMBER_AMBIGUOUS = "number_ambiguous"
    NOT_DECIDED_YET = "not_decided_yet"
    UNREADABLE_ITEM = "unreadable_item"


class LineName(NamedTuple):
    """A line, by the ids of its account and its own."""

    account_id: str
    line_id: str


@dataclass(frozen=True, slots=True)
class Holder:
    """A line that has a number, and its user."""

    line: LineName
    user_id: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """A number belonged to a line from `since` up to, not including, `until`; None while nothing ends it. Both are
    instants in the form of keys.
    """

    holder: Holder
    since: str
    until: str | None = None

    def covers(self, instant: str) -> bool:
        """Whether it is in force at an instant."""
        return self.since <= instant and (self.until is None or instant < self.until)


@dataclass(frozen=True, slots=True)
class NumberHistory:
    """The assignments of a number, oldest first; they never overlap. `claims` are the lines that had the number at the
    same time when it was indexed: until all but one of them give it up, it names none of them.
    """

    assignments: tuple[Assignment, ...] = ()
    claims: tuple[Holder, ...] = ()

    @property
    def current(self) -> Assignment | None:
        """The assignment that nothing ends; None without one."""
        return self.assignments[-1] if self.assignments and self.assignments[-1].until is None else None

    @property
    def holders(self) -> tuple[Holder, ...]:
        """The line that has the number, or all lines that claim it."""
        return self.claims or ((self.current.holder,) if self.current else ())

    def is_held_by(self, line: LineName) -> bool:
        """Whether the line has or claims the number."""
        return any(holder.line == line for holder in self.holders)

    def is_taken(self, line: LineName) -> bool:
        """Whether another line has or claims the number."""
        return any(holder.line != line for holder in self.holders)


NEVER_ASSIGNED: Final = NumberHistory()


def assignment_at(history: NumberHistory, instant: str) -> Assignment | NumberProblem:
    """Return the assignment in force at an instant, or why there is none."""
    for assignment in reversed(history.assignments):
        if assignment.covers(instant):
            return assignment
    return NumberProblem.NUMBER_AMBIGUOUS if history.claims else NumberProblem.UNKNOWN_NUMBER


def assign(history: NumberHistory, holder: Holder, at: str, ahead: str) -> NumberHistory:
    """Give a number that no other line has to a line.

    A free number belongs to the line at once, but not before its last assignment ended. A line that changes its user
    keeps the number without a gap.
    """
    assert not history.is_taken(holder.line), "the number belongs to another line"
    if history.current is not None:
        if history.current.holder == holder:
            return history
        history = _end(history, ahead)
    kept = history.assignments
    since = max(at, kept[-1].until or "") if kept else at
    if kept and kept[-1].until == since and kept[-1].holder == holder:
        since, kept = kept[-1].since, kept[:-1]
    return NumberHistory((*kept, Assignment(holder, since))[-MAX_ASSIGNMENTS:])


def release(history: NumberHistory, line: LineName, at: str, ahead: str) -> NumberHistory:
    """Take a number from a line. Of the lines that claim a number, the last one that remains receives it."""
    if history.claims:
        rest = tuple(holder for holder in history.claims if holder.line != line)
        if len(rest) > 1:
            return replace(history, claims=rest)
        unclaimed = replace(history, claims=())
        return assign(unclaimed, rest[0], at, ahead) if rest else unclaimed
    return _end(history, ahead) if history.is_held_by(line) else history


def mark_ambiguous(history: NumberHistory, holder: Holder, ahead: str) -> NumberHistory:
    """Add a line that has the number, although another one has it too."""
    if history.is_held_by(holder.line):
        return history
    return replace(_end(history, ahead), claims=(*history.holders, holder))


def rename_user(history: NumberHistory, holder: Holder) -> NumberHistory:
    """Store the user of a line that claims the number."""
    claims = tuple(holder if claim.line == holder.line else claim for claim in history.claims)
    return replace(history, claims=claims)


def forget_account(history: NumberHistory, account_id: str, at: str) -> NumberHistory:
    """Drop the ended assignments of an account. An assignment in force remains."""
    kept = (
        assignment
        for assignment in history.assignments
        if assignment.holder.line.account_id != account_id or assignment.until is None or assignment.until > at
    )
    return replace(history, assignments=tuple(kept))


def accounts_of(history: NumberHistory) -> Iterator[tuple[str, bool]]:
    """Yield the accounts that have or had a number, the latest first, and whether each has it still."""
    seen: set[str] = set()
    for holder in history.holders:
        if holder.line.account_id not in seen:
            seen.add(holder.line.account_id)
            yield holder.line.account_id, True
    for assignment in reversed(history.assignments):
        if assignment.holder.line.account_id not in seen:
            seen.add(assignment.holder.line.account_id)
            yield assignment.holder.line.account_id, False


def _end(history: NumberHistory, ahead: str) -> NumberHistory:
    """End the current assignment, if there is one. One that would end before it begins is left out."""
    current = history.current
    if current is None:
        return history
    kept = history.assignments[:-1]
    return replace(history, assignments=(*kept, replace(current, until=ahead)) if current.since < ahead else kept)
