"""The operator's switch: turns an account's automatic recharge off, and never on."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from calling_credit.errors import InvalidValue, ProblemCode
from calling_credit.money import format_money
from calling_credit.recharge.attempts import State
from calling_credit.recharge.decision import Rule
from calling_credit.recharge.items import Recharge
from calling_credit.recharge.switched_off import SwitchedOff
from calling_credit.request_fields import read_text
from calling_credit.topups.topup import TopUp

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


def in_flight_view(stored: Recharge, read: Callable[[str], TopUp | None]) -> Mapping[str, Any] | None:
    """`{amount, top_up_id}` of the rule's payment that is under way and may still charge the card; None if none is."""
    in_flight = stored.state.in_flight
    topup = read(in_flight.topup_id) if in_flight is not None else None
    if topup is None or not topup.is_open:
        return None
    return {"amount": format_money(topup.amount_micros), "top_up_id": topup.topup_id}
