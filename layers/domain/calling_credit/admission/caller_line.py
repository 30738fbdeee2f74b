"""Finds the line of a request that names the calling number instead of an account and a line."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from calling_credit.accounts.number_history import Assignment, NumberProblem
from calling_credit.accounts.number_resolver import NumberResolver
from calling_credit.admission.reasons import DenialReason
from calling_credit.instants import format_instant
from calling_credit.numbering import is_e164, is_emergency, is_short_code

_REASONS: Final[Mapping[NumberProblem, DenialReason]] = {
    NumberProblem.UNKNOWN_NUMBER: DenialReason.UNKNOWN_NUMBER,
    NumberProblem.NUMBER_AMBIGUOUS: DenialReason.NUMBER_AMBIGUOUS,
    NumberProblem.NOT_DECIDED_YET: DenialReason.UNKNOWN_NUMBER,
    NumberProblem.UNREADABLE_ITEM: DenialReason.UNKNOWN_NUMBER,
}
_NOBODY: Final = "unknown"
"""Stands for the ids in a request that is denied before any account is read."""


def caller_line(body: Mapping[str, Any], numbers: NumberResolver, now: datetime) -> Assignment | DenialReason | None:
    """Return the assignment of the number in `from` that is in force now, or why the call is denied; None if the
    request names its account and line, needs none, or has no number.

    Raises:
        Unavailable: the table did not answer.
    """
    number, dialed = body.get("from"), body.get("to")
    if not isinstance(number, str) or not is_e164(number):
        return None
    if "account_id" in body and ("line_id" in body or _needs_no_line(dialed)):
        return None
    if isinstance(dialed, str) and is_emergency(dialed):
        return None
    question = (number, format_instant(now))
    found = numbers.resolve({question}, now)[question]
    return _REASONS[found] if isinstance(found, NumberProblem) else found


def with_line(body: dict[str, Any], found: Assignment | DenialReason | None) -> dict[str, Any]:
    """The request with the account and the line that were found."""
    if found is None or ("account_id" in body and not _is_of_account(found, body["account_id"])):
        return body
    if isinstance(found, DenialReason):
        return {**body, "account_id": _NOBODY, "line_id": _NOBODY}
    return {"line_id": found.holder.line.line_id, **body, "account_id": found.holder.line.account_id}


def _needs_no_line(dialed: object) -> bool:
    return isinstance(dialed, str) and is_short_code(dialed)


def _is_of_account(found: Assignment | DenialReason, account_id: object) -> bool:
    return isinstance(found, Assignment) and found.holder.line.account_id == account_id
