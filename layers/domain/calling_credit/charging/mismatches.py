"""Finds calls that were charged to another line than the one that had the calling number.

The charge stands, because the event names its account and line. The list shows operators a switch that is configured
with the wrong ids.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from calling_credit.accounts.number_history import Assignment, LineName
from calling_credit.accounts.number_resolver import NumberResolver
from calling_credit.accounts.posting_facts import Facts
from calling_credit.calls import Call
from calling_credit.instants import format_instant


def find_mismatches(
    calls: Iterable[Call], facts: Facts, numbers: NumberResolver, now: datetime
) -> list[tuple[Call, LineName]]:
    """Return the calls whose number belonged to another line when they began, with that line.

    Only calls are looked up whose line did not have the number for sure. A number of no line is a caller id as any.

    A number whose history is unreadable is left out; the resolver reports it.

    Raises:
        Unavailable: the table did not answer.
    """
    doubtful = [
        ((number, call.happened_at), call)
        for call in calls
        if (number := call.calling_number) is not None and not _had_number(call, number, facts, numbers.lead)
    ]
    held = numbers.resolve([question for question, _ in doubtful], now) if doubtful else {}
    return [
        (call, answer.holder.line)
        for question, call in doubtful
        if isinstance(answer := held[question], Assignment)
        and answer.holder.line != LineName(call.account_id, call.line_id)
    ]


def _had_number(call: Call, number: str, facts: Facts, lead: timedelta) -> bool:
    """Whether the call's line had the number for sure: it has it, and has not changed since the call began."""
    line = (call.account_id, call.line_id)
    settled_before = format_instant(call.started_at - lead)
    return (
        facts.numbers.get(line) == number
        and line not in facts.closings
        and facts.changes.get(line, "") < settled_before
    )
