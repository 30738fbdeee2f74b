"""Makes events whole: names the account, the line, and the user of events that name only the calling number, and reads
dialed numbers in the country of the line.

An event that names no account belongs to the line that had the number when the call began, not to the one that has it
now. A call is therefore charged to one account, however late and however often its event is delivered.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from calling_credit.accounts.cache import AccountFacts
from calling_credit.accounts.number_history import Assignment, NumberProblem
from calling_credit.accounts.number_resolver import NumberResolver, Question
from calling_credit.call_event_form import costs_nothing
from calling_credit.charging.canonical_events import canonical_facts
from calling_credit.charging.dialed_numbers import DialedNumbers
from calling_credit.instants import format_instant, parse_instant
from calling_credit.numbering import is_e164
from calling_credit.rejection_codes import UNREADABLE_ITEM, Rejection, RejectionCode

Event = dict[str, Any]


class Unnamed(Event):
    """An event without account or line, because the history of its number cannot be read."""


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
    NumberProblem.UNREADABLE_ITEM: UNREADABLE_ITEM,
}
NO_LINE: Final = "unknown"
"""The line of a call whose event names an account only, and whose number belongs to another account."""
_NO_NAME: Final = Rejection(
    RejectionCode.MISSING_FIELD,
    "account_id is missing; every event names its account, or the line's number in from. The from of an inbound call is"
    " the other party.",
)
_NO_NUMBER: Final = Rejection(
    RejectionCode.INVALID_NUMBER,
    "from must be the number of a line, in E.164 or as dialed there; or send account_id and line_id.",
)
_NO_START: Final = Rejection(
    RejectionCode.MISSING_FIELD, "started_at is missing; an event that names its line by from needs it."
)
_UNREADABLE_START: Final = Rejection(
    RejectionCode.INVALID_TIMESTAMP, "started_at must be RFC 3339 with an offset, such as 2026-11-23T10:00:00.000Z."
)


@dataclass(frozen=True, slots=True)
class LineFinder:
    """Finds the lines of events. `home` is the country in which a line dials if its number is unknown."""

    numbers: NumberResolver
    facts: AccountFacts
    home: str

    def complete(
        self,
        events: Iterable[Event | Rejection],
        now: datetime,
        zone: str | None = None,
        *,
        keeps_unreadable: bool = False,
    ) -> list[Event | Rejection]:
        """Return each event in canonical form with its account, line, and user; or why there is none. The events keep
        their order, and an event keeps the account, the line, and the user that it names.

        Args:
            events: the fields of each event as the switch sent them.
            zone: the IANA time zone of times without one.
            keeps_unreadable: whether an event whose number has an unreadable history stays as it is, as `Unnamed`,
                instead of being rejected.

        Raises:
            Unavailable: the table did not answer.
        """
        read = [one if isinstance(one, Rejection) else canonical_facts(one, zone) for one in events]
        dialed = DialedNumbers(self.facts, self.home)
        lines = dialed.lines_of([one for one in read if not isinstance(one, Rejection)], now)
        read = [one if isinstance(one, Rejection) else dialed.with_caller(one, lines) for one in read]
        questions = {index: question for index, event in enumerate(read) if (question := question_of(event))}
        answers = self.numbers.resolve(questions.values(), now) if questions else {}
        kept: set[int] = set()
        for index, question in questions.items():
            event, answer = read[index], answers[question]
            assert not isinstance(event, Rejection)
            if keeps_unreadable and answer is NumberProblem.UNREADABLE_ITEM:
                kept.add(index)
            else:
                read[index] = _named(event, answer)
        named = (event if index in kept else _identified(event) for index, event in enumerate(read))
        whole = [one if isinstance(one, Rejection) else dialed.with_dialed(one, lines) for one in named]
        return [
            Unnamed(one) if index in kept and not isinstance(one, Rejection) else one for index, one in enumerate(whole)
        ]


def question_of(event: Event | Rejection) -> Question | None:
    """The number that called, and when, of an event that does not name its account, or of a call that costs and does
    not name its line; None if the event does not say both. The `from` of an inbound call is the other party.
    """
    if isinstance(event, Rejection) or event.get("direction") == "inbound":
        return None
    if "account_id" in event and ("line_id" in event or costs_nothing(event)):
        return None
    number, started_at = event.get("from"), event.get("started_at")
    started = parse_instant(started_at) if isinstance(started_at, str) else None
    if started is None or not isinstance(number, str) or not is_e164(number):
        return None
    return number, format_instant(started)


def _named(event: Event, answer: Assignment | NumberProblem) -> Event | Rejection:
    if isinstance(answer, NumberProblem):
        is_charged_anyway = "account_id" in event and answer is NumberProblem.UNKNOWN_NUMBER
        return event if is_charged_anyway else REJECTIONS[answer]
    line, user_id = answer.holder.line, answer.holder.user_id
    if event.get("account_id", line.account_id) != line.account_id:
        return {"line_id": NO_LINE, **event}
    is_same_line = event.get("line_id", line.line_id) == line.line_id
    user = {"user_id": user_id} if user_id and is_same_line else {}
    return {"line_id": line.line_id, **user, **event, "account_id": line.account_id}


def _identified(event: Event | Rejection) -> Event | Rejection:
    """The event, or why nothing names its account."""
    if isinstance(event, Rejection) or "account_id" in event:
        return event
    if event.get("direction") == "inbound" or "from" not in event:
        return _NO_NAME
    if not isinstance(event["from"], str) or not is_e164(event["from"]):
        return _NO_NUMBER
    return _UNREADABLE_START if "started_at" in event else _NO_START
