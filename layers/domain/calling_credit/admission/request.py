"""The request of the switch and the answer: parsing, codes, and messages. Decides nothing."""

from typing import Any, Final

from calling_credit.admission.decision import MAX_GRANTED_SECONDS, AdmissionRequest, Decision
from calling_credit.admission.reasons import DenialReason
from calling_credit.errors import InvalidValue, ProblemCode
from calling_credit.ids import CALL_ID_FORM, check_id, is_call_id, is_id
from calling_credit.money import format_money
from calling_credit.numbering import is_e164, is_emergency, is_short_code, strip_trunk_zero
from calling_credit.rates.rate_steps import steps_view

DEFAULT_SECONDS: Final = 600
RETRY_AFTER_SECONDS: Final = 15
"""When to ask again while a recharge is in progress."""

WORDS: Final[dict[str, str]] = {
    DenialReason.UNKNOWN_NUMBER: "No line has the calling number.",
    DenialReason.NUMBER_AMBIGUOUS: "Several lines have the calling number; the operator must give it to one of them.",
    DenialReason.CALL_FINISHED: "This call has already ended.",
    DenialReason.HOLD_EXPIRED: "The hold for this call has expired; the call can no longer be extended.",
    DenialReason.UNKNOWN_ACCOUNT: "There is no account with this id.",
    DenialReason.ACCOUNT_CLOSED: "The account is closed.",
    DenialReason.ACCOUNT_FROZEN: "The account is frozen.",
    DenialReason.UNKNOWN_LINE: "The account has no line with this id.",
    DenialReason.INTERNATIONAL_OFF: "International calling is off for this line.",
    DenialReason.BLOCKED: "Calls to this destination are blocked.",
    DenialReason.UNRATED: "There is no price for this destination.",
    DenialReason.HIGH_COST: "Calls to this destination are expensive and must be allowed first.",
    DenialReason.SIMULTANEOUS_CALLS: "The account has reached its limit of simultaneous calls.",
    DenialReason.CALL_PRICE: "The call would exceed the price limit of one call.",
    DenialReason.DAILY_SPEND: "The account has reached its daily spending limit.",
    DenialReason.LINE_BUDGET: "The budget of this line is used up for this month.",
    DenialReason.USER_BUDGET: "The budget of this user is used up for this month.",
    DenialReason.FIRST_COUNTRY_CAP: "The account rarely calls this country. Until a billing admin confirms it on the "
    "Billing page, under Settings, Refused calls, calls there may cost only a small amount a day.",
    DenialReason.YOUNG_MONEY_CAP: "Credit that was just bought with a new card pays only a limited amount a day for "
    "expensive destinations. Wait until the card is a few days old, or contact your provider.",
    DenialReason.INSUFFICIENT_CREDIT: "The credit is not sufficient for this call.",
    DenialReason.RECHARGING: "The credit is not sufficient for this call; a recharge is in progress.",
    DenialReason.MAXIMUM_DURATION: "The call has reached the maximum duration.",
}
"""The sentence for each reason."""


def parse_request(body: dict[str, Any]) -> AdmissionRequest:
    """Parse `{call_id, account_id, line_id, to, requested_seconds?}`.

    A call to an emergency number is always allowed, so invalid fields of such a request are ignored. A call to another
    short code needs no line: an absent or invalid `line_id` counts as an unknown line.

    Raises:
        InvalidValue: missing_field, invalid_id, invalid_number, invalid_duration.
    """
    if isinstance(body.get("to"), str) and is_emergency(body["to"]):
        return _emergency_request(body)
    needs_line = not (isinstance(body.get("to"), str) and is_short_code(body["to"]))
    if "account_id" not in body and isinstance(body.get("from"), str):
        detail = "from must be the number of a line, in E.164 or as dialed there; or send account_id and line_id."
        raise InvalidValue(ProblemCode.INVALID_NUMBER, detail)
    for name in ("call_id", "account_id", "line_id", "to") if needs_line else ("call_id", "account_id"):
        if not isinstance(body.get(name), str):
            raise InvalidValue(ProblemCode.MISSING_FIELD, f"{name} is missing; send it as a string.")
    call_id, number = body["call_id"], strip_trunk_zero(body["to"])
    if not is_call_id(call_id):
        raise InvalidValue(ProblemCode.INVALID_ID, CALL_ID_FORM)
    if not is_e164(number) and not is_short_code(number):
        raise InvalidValue(
            ProblemCode.INVALID_NUMBER,
            "to must be E.164 with a leading +, a number as dialed from the line, or a short code of 2 to 6 digits.",
        )
    seconds = body.get("requested_seconds", DEFAULT_SECONDS)
    if not _is_duration(seconds):
        detail = f"requested_seconds must be a whole number from 1 to {MAX_GRANTED_SECONDS}."
        raise InvalidValue(ProblemCode.INVALID_DURATION, detail)
    account_id = check_id(body["account_id"], "account_id")
    line_id = check_id(body["line_id"], "line_id") if needs_line else _id_in(body, "line_id")
    return AdmissionRequest(call_id, account_id, line_id, number, seconds)


def _emergency_request(body: dict[str, Any]) -> AdmissionRequest:
    seconds = body.get("requested_seconds", DEFAULT_SECONDS)
    requested = seconds if _is_duration(seconds) else DEFAULT_SECONDS
    call_id, account_id, line_id = (_id_in(body, name) for name in ("call_id", "account_id", "line_id"))
    return AdmissionRequest(call_id, account_id, line_id, body["to"], requested)


def _id_in(body: dict[str, Any], name: str) -> str:
    """Return the id in a field; empty if it is absent or invalid."""
    value = body.get(name)
    has_form = is_call_id if name == "call_id" else is_id
    return value if isinstance(value, str) and has_form(value) else ""


def _is_duration(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_GRANTED_SECONDS


def decision_view(decision: Decision, *, has_minutes: bool = False) -> dict[str, Any]:
    """Return `{decision, reason, max_seconds, rate_per_minute, rate_steps?, held, covered_seconds?, message?,
    retry_after_seconds?, limited_by?}`. `rate_steps` only for a row that has some, `covered_seconds` only for an
    account or a line with included minutes.

    `max_seconds` counts from the beginning of the call. `limited_by` says why the call is shorter than requested.
    """
    reason, row = decision.reason, decision.row
    view: dict[str, Any] = {
        "decision": "allow" if reason is None else "deny",
        "reason": reason,
        "max_seconds": decision.max_seconds,
        "rate_per_minute": None if row is None else format_money(row.rate_micros_per_minute),
        "held": format_money(decision.held_micros),
    }
    if row is not None and row.rate_steps:
        view["rate_steps"] = steps_view(row.rate_steps)
    if has_minutes:
        view["covered_seconds"] = decision.covered_seconds
    if reason is not None:
        view["message"] = WORDS[reason]
    if reason == DenialReason.RECHARGING:
        view["retry_after_seconds"] = RETRY_AFTER_SECONDS
    if decision.limited_by is not None:
        view["limited_by"] = decision.limited_by
    return view
