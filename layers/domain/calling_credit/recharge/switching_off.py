"""The operator's switch: turns an account's automatic recharge off, and never on."""

from dataclasses import replace
from typing import Any, Final

from calling_credit.errors import InvalidValue, ProblemCode
from calling_credit.recharge.attempts import State
from calling_credit.recharge.decision import Rule
from calling_credit.recharge.switched_off import SwitchedOff
from calling_credit.request_fields import read_text

MAX_REASON_CHARACTERS: Final = 200


def parse_switch_off(body: dict[str, Any]) -> str:
    """Parse the reason of `{enabled: false, reason}`.

    Raises:
        InvalidValue: missing_field, invalid_field.
    """
    if "enabled" not in body:
        raise InvalidValue(ProblemCode.MISSING_FIELD, "enabled is missing; false switches automatic recharge off.")
    if body["enabled"] is not False:
        detail = "enabled must be false: only a billing admin of the account switches automatic recharge on."
        raise InvalidValue(ProblemCode.INVALID_FIELD, detail)
    return read_text(body, "reason", MAX_REASON_CHARACTERS)


def switch_off(rule: Rule, state: State, by: SwitchedOff) -> tuple[Rule, State]:
    """The rule after the operator switched it off, and its state, which records who did. A rule that is off already
    keeps its record.
    """
    return (replace(rule, enabled=False), replace(state, switched_off=by)) if rule.enabled else (rule, state)
