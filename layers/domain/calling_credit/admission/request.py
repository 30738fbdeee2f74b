"""Admission as the switch asks for it and is told: what a request may say, what is answered, in codes and in words.
Decides nothing.
"""

from typing import Any, Final

from calling_credit.admission.decision import Ask, Decision
from calling_credit.admission.reasons import DenialReason
from calling_credit.call_events import MAX_DURATION_SECONDS
from calling_credit.errors import InvalidValue, ProblemCode
from calling_credit.ids import check_id, is_call_id
from calling_credit.money import format_money
from calling_credit.numbering import is_e164, is_short_code

DEFAULT_SECONDS: Final = 600
RETRY_AFTER_SECONDS: Final = 15
"""When to ask again while a recharge is under way."""

WORDS: Final[dict[str, str]] = {
    DenialReason.CALL_FINISHED: "This call has ended already.",
    DenialReason.HOLD_EXPIRED: "The hold for this call has expired; the call can no longer be extended.",
    DenialReason.UNKNOWN_ACCOUNT: "There is no account of this id.",
    DenialReason.ACCOUNT_CLOSED: "The account is closed.",
    DenialReason.ACCOUNT_FROZEN: "The account is frozen.",
    DenialReason.UNKNOWN_LINE: "The account has no line of this id.",
    DenialReason.INTERNATIONAL_OFF: "International calling is off for this line.",
    DenialReason.BLOCKED: "Calls to this destination are blocked.",
    DenialReason.UNRATED: "There is no price for this destination.",
    DenialReason.HIGH_COST: "Calls to this destination cost a lot and must be allowed first.",
    DenialReason.SIMULTANEOUS_CALLS: "The account has as many calls at once as it may have.",
    DenialReason.CALL_PRICE: "The call would cost more than one call may.",
    DenialReason.DAILY_SPEND: "What the account may spend in a day is used up.",
    DenialReason.INSUFFICIENT_CREDIT: "The credit does not pay for this call.",
    DenialReason.RECHARGING: "The credit does not pay for this call; a recharge is under way.",
}
"""The sentence for each reason."""


def read_ask(body: dict[str, Any]) -> Ask:
    """Parse `{call_id, account_id, line_id, to, requested_seconds?}`. A call to an emergency number is always allowed,
    so invalid fields of such a request are ignored.

    Raises:
        InvalidValue: missing_field, invalid_id, invalid_number, invalid_duration.
    """
    if isinstance(body.get("to"), str) and is_short_code(body["to"]):
        return _short_code_ask(body)
    for name in ("call_id", "account_id", "line_id", "to"):
        if not isinstance(body.get(name), str):
            raise InvalidValue(ProblemCode.MISSING_FIELD, f"{name} is missing; send it as text.")
    call_id, number = body["call_id"], body["to"]
    if not is_call_id(call_id):
        raise InvalidValue(ProblemCode.INVALID_ID, "call_id must be 1 to 96 letters, digits or _ . : @ + -.")
    if not is_e164(number):
        raise InvalidValue(
            ProblemCode.INVALID_NUMBER, "to must be E.164 with a leading +, or a short code of 2 to 6 digits."
        )
    seconds = body.get("requested_seconds", DEFAULT_SECONDS)
    if not _is_duration(seconds):
        detail = f"requested_seconds must be a whole number from 1 to {MAX_DURATION_SECONDS}."
        raise InvalidValue(ProblemCode.INVALID_DURATION, detail)
    account_id, line_id = (check_id(body[name], name) for name in ("account_id", "line_id"))
    return Ask(call_id, account_id, line_id, number, seconds)


def _short_code_ask(body: dict[str, Any]) -> Ask:
    def id_in(name: str) -> str:
        value = body.get(name)
        return value if isinstance(value, str) and is_call_id(value) else ""

    seconds = body.get("requested_seconds", DEFAULT_SECONDS)
    asked = seconds if _is_duration(seconds) else DEFAULT_SECONDS
    return Ask(id_in("call_id"), id_in("account_id"), id_in("line_id"), body["to"], asked)


def _is_duration(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_DURATION_SECONDS


def decision_view(decision: Decision) -> dict[str, Any]:
    """The answer: `{decision, reason, max_seconds, rate_per_minute, held}`. `max_seconds` counts from the beginning of
    the call. Beside it, where there is something to say: `message` (the reason in words), `retry_after_seconds`,
    `limited_by` (why the call may not be as long as was asked for).
    """
    reason, row = decision.reason, decision.row
    view: dict[str, Any] = {
        "decision": "allow" if reason is None else "deny",
        "reason": reason,
        "max_seconds": decision.max_seconds,
        "rate_per_minute": None if row is None else format_money(row.rate_micros_per_minute),
        "held": format_money(decision.held_micros),
    }
    if reason is not None:
        view["message"] = WORDS[reason]
    if reason == DenialReason.RECHARGING:
        view["retry_after_seconds"] = RETRY_AFTER_SECONDS
    if decision.limited_by is not None:
        view["limited_by"] = decision.limited_by
    return view
