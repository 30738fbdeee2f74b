"""Names the account and the line of events that name only the calling number.

Such an event belongs to the line that had the number when the call began, not to the one that has it now. A call is
therefore charged to one account, however late and however often its event is delivered.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from calling_credit.accounts.number_history import Assignment, NumberProblem
from calling_credit.accounts.number_resolver import NumberResolver, Question
from calling_credit.instants import format_instant, parse_instant
from calling_credit.numbering import is_e164
from calling_credit.rejection_codes import Rejection, RejectionCode

Event = dict[str, Any]

REJECTIONS: Final[Mapping[NumberProblem, Rejection]] = {
    NumberProblem.UNKNOWN_NUMBER: Rejection(
        RejectionCode.UNKNOWN_NUMBER,
        "No line had the number in from when the call began. Send the call with account_id and line_id.",
    ),
    NumberProblem.NUMBER_AMBIGUOUS: Rejection(
        RejectionCode.NUMBER_AMBIGUOUS,
        "Several lines have the number in from; make index-accounts lists them. Give all but one of them another"
        " number, and send the call with account_id and line_id.",
    ),
    NumberProblem.NOT_DECIDED_YET: Rejection(
        RejectionCode.STARTED_TOO_FAR_AHEAD,
        "started_at is ahead, and the number in from may move to another line before; check the switch's clock.",
    ),
}


def name_lines(events: Iterable[Event | Rejection], numbers: NumberResolver, now: datetime) -> list[Event | Rejection]:
    """Give each event without `account_id` the account, line, and user of its number; or say why there are none. The
    events keep their order, and an event keeps the line and the user that it names.

    Raises:
        Unavailable: the table did not answer.
    """
    read = list(events)
    questions = {index: question for index, event in enumerate(read) if (question := question_of(event)) is not None}
    answers = numbers.resolve(questions.values(), now) if questions else {}
    for index, question in questions.items():
        event = read[index]
        assert not isinstance(event, Rejection)
        read[index] = _named(event, answers[question])
    return read


def question_of(event: Event | Rejection) -> Question | None:
    """The number that called, and when, of an event that names no account; None if the event names an account, or does
    not say both. The `from` of an inbound call is the other party.
    """
    if isinstance(event, Rejection) or "account_id" in event or event.get("direction") == "inbound":
        return None
    number, started_at = event.get("from"), event.get("started_at")
    started = parse_instant(started_at) if isinstance(started_at, str) else None
    if started is None or not isinstance(number, str) or not is_e164(number):
        return None
    return number, format_instant(started)


def _named(event: Event, answer: Assignment | NumberProblem) -> Event | Rejection:
    if isinstance(answer, NumberProblem):
        return REJECTIONS[answer]
    line, user_id = answer.holder.line, answer.holder.user_id
    user = {"user_id": user_id} if user_id else {}
    return {"line_id": line.line_id, **user, **event, "account_id": line.account_id}
