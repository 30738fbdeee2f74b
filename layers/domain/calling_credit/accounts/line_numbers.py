"""Plans what a write of a line changes in the assignments of its numbers, in the same transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from calling_credit.accounts.account import Line
from calling_credit.accounts.number_history import (
    Holder,
    LineName,
    NumberHistory,
    assign,
    release,
    rename_user,
)
from calling_credit.accounts.number_store import history_actions, read_histories
from calling_credit.errors import Conflict, InvalidValue, NotFound, ProblemCode
from calling_credit.ids import check_id
from calling_credit.instants import format_instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LEAD: Final = timedelta(seconds=120)
"""How far ahead a moved number changes its line, unless the stack's LeadSeconds says otherwise."""


@dataclass(frozen=True, slots=True)
class NumberPlan:
    """The actions that keep the numbers of a line. If the number comes from another line, `closes_at` is the instant
    from which on that line is closed.
    """

    actions: list[dict[str, Any]]
    closes_at: str | None = None


class LineNumbers:
    """The numbers of lines in the table."""

    def __init__(self, client: "DynamoDBClient", table_name: str, lead: timedelta) -> None:
        self._client = client
        self._table_name = table_name
        self._lead = lead

    def plan(
        self, account_id: str, before: Line | None, line: Line, now: datetime, move_from: LineName | None
    ) -> NumberPlan:
        """Plan the write of a line whose open state was `before`; None for a new or a closed line.

        A line of version 1.0.0 that is not indexed yet keeps its number without an assignment: only the index command
        sees whether another line has it too.

        Raises:
            Conflict: `number_taken`. Unavailable: the table did not answer.
        """
        at, ahead = format_instant(now), format_instant(now + self._lead)
        numbers = {line.number} | ({before.number} if before else set())
        histories = read_histories(self._client, self._table_name, numbers)
        holder = Holder(LineName(account_id, line.line_id), line.user_id)
        after = dict(histories)
        if before is not None and before.number != line.number:
            after[before.number] = release(after[before.number], holder.line, at, ahead)
        is_moved = move_from is not None and not _has_moved(histories[line.number], holder.line, move_from)
        if is_moved:
            assert move_from is not None
            after[line.number] = _taken_over(histories[line.number], move_from, at, ahead)
        if is_moved or before is None or before.number != line.number:
            after[line.number] = _claimed(after[line.number], holder, line.number, at, ahead)
        elif after[line.number].is_held_by(holder.line):
            after[line.number] = _kept(after[line.number], holder, at, ahead)
        return NumberPlan(history_actions(self._table_name, histories, after), ahead if is_moved else None)


def parse_move(body: Mapping[str, Any], account_id: str, line_id: str) -> LineName | None:
    """Parse `move_from: {account_id, line_id}`, the line whose number the request takes over; None if it is absent.

    Raises:
        InvalidValue: missing_field, invalid_field, invalid_id.
    """
    value = body.get("move_from")
    if value is None:
        return None
    if not isinstance(value, dict):
        raise InvalidValue(ProblemCode.INVALID_FIELD, "move_from must be an object with account_id and line_id.")
    for field in LineName._fields:
        if not isinstance(value.get(field), str):
            detail = f"move_from.{field} is missing; name the line that has the number now."
            raise InvalidValue(ProblemCode.MISSING_FIELD, detail)
    name = LineName(*(check_id(value[field], f"move_from.{field}") for field in LineName._fields))
    if name == (account_id, line_id):
        raise InvalidValue(ProblemCode.INVALID_FIELD, "move_from must name another line than the one in the path.")
    if "number" not in body:
        raise InvalidValue(ProblemCode.MISSING_FIELD, "number is missing; send the number that move_from gives up.")
    return name


def not_on_this_line() -> NotFound:
    """Return the error of a move from a line that does not have the number."""
    return NotFound(
        ProblemCode.UNKNOWN_LINE,
        "The line in move_from does not exist or has another number. Check its account_id and line_id.",
    )


def _has_moved(history: NumberHistory, line: LineName, move_from: LineName) -> bool:
    """Whether an earlier try of the same request has moved the number."""
    return history.is_held_by(line) and not history.is_held_by(move_from)


def _taken_over(history: NumberHistory, move_from: LineName, at: str, ahead: str) -> NumberHistory:
    """The history after a line gave up its number; it has it until the move takes effect. A line that is not indexed
    yet receives its assignment with its end.
    """
    if not history.holders:
        history = assign(history, Holder(move_from, ""), at, ahead)
    return release(history, move_from, at, ahead)


def _claimed(history: NumberHistory, holder: Holder, number: str, at: str, ahead: str) -> NumberHistory:
    if history.is_taken(holder.line):
        raise Conflict(
            ProblemCode.NUMBER_TAKEN,
            f"The number {number} belongs to another line. Find the line, and move the number with move_from; or send"
            " another number.",
            extra={"number": number},
        )
    return assign(history, holder, at, ahead)


def _kept(history: NumberHistory, holder: Holder, at: str, ahead: str) -> NumberHistory:
    """The history of a number that stays with its line, whose user may be another."""
    return rename_user(history, holder) if history.claims else assign(history, holder, at, ahead)
