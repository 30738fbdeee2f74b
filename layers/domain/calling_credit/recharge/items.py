"""The automatic recharge of an account as its item and back, and the actions that change it. Sends nothing.

Rule and state are separate attributes of one item. Whoever changes either read both before, and the item's
`state_version` is the condition: of two at once one reads again.
"""

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from calling_credit.dynamodb import sweep_keys
from calling_credit.dynamodb.attributes import from_attributes, to_attribute
from calling_credit.dynamodb.keys import recharge_key
from calling_credit.dynamodb.transactions import update
from calling_credit.instants import format_instant
from calling_credit.recharge.attempts import Attempt, InFlight, State
from calling_credit.recharge.decision import Rule

RECHARGE_KIND: Final = "recharge"
LOOKED_AT_EVERY: Final = timedelta(hours=6)
"""As long as the stream keeps trying a record."""
_RULE: Final = (
    "enabled",
    "threshold_micros",
    "amount_micros",
    "payment_method_id",
    "brand",
    "last4",
    "fingerprint",
    "hourly_count",
    "daily_limit_micros",
    "monthly_limit_micros",
)
_STATE: Final = (
    "attempt",
    "failures",
    "not_before",
    "suspended_reason",
    "failed_fingerprint",
    "stopped",
    "next_attempt_at",
)


@dataclass(frozen=True, slots=True)
class Recharge:
    """The rule of an account, None before there is one, and the state beside it."""

    rule: Rule | None
    state: State


NO_RECHARGE: Final = Recharge(None, State())


def read_recharge_item(attributes: dict[str, Any] | None) -> Recharge:
    """Rule and state behind the item."""
    if attributes is None:
        return NO_RECHARGE
    item = from_attributes(attributes)
    rule = Rule(**{name: item[name] for name in _RULE}, version=item["rule_version"])
    in_flight = item.get("in_flight")
    return Recharge(
        rule,
        State(
            version=item["state_version"],
            in_flight=InFlight(**in_flight) if in_flight else None,
            recent=tuple(Attempt(*attempt) for attempt in json.loads(item["recent"])),
            **{name: item[name] for name in _STATE if name in item},
        ),
    )


def keep_recharge_action(
    table_name: str, account_id: str, rule: Rule, state: State, now: datetime, *, rule_seen: Rule | None
) -> dict[str, Any]:
    """The action that writes what changed: the state always, the rule when it is another than the one seen.

    The sweep index shows it when its wait ends; a rule that may charge is shown every few hours all the same, so that
    no balance goes unwatched for ever because what should have woken somebody was lost.
    """
    look_at = _next_look(rule, state, now)
    said: dict[str, Any] = {name: value for name, value in asdict(state).items() if name in _STATE}
    said |= {
        "state_version": state.version + 1,
        "in_flight": asdict(state.in_flight) if state.in_flight else None,
        "recent": json.dumps([list(asdict(attempt).values()) for attempt in state.recent], separators=(",", ":")),
        "sweep_pk": sweep_keys.sweep_pk(RECHARGE_KIND, account_id) if look_at else None,
        "sweep_sk": f"{look_at}#{account_id}" if look_at else None,
    }
    if rule_seen is None or rule != rule_seen:
        version = rule_seen.version + 1 if rule_seen else 1
        said |= {name: value for name, value in asdict(replace(rule, version=version)).items() if name in _RULE}
        said["rule_version"] = version
    kept = {name: value for name, value in said.items() if value is not None}
    gone = [name for name, value in said.items() if value is None]
    expression = "SET " + ", ".join(f"#{name} = :{name}" for name in kept)
    if gone:
        expression += " REMOVE " + ", ".join(f"#{name}" for name in gone)
    values = {f":{name}": to_attribute(value) for name, value in kept.items()}
    condition = "attribute_not_exists(PK)"
    if rule_seen is not None:
        condition = "state_version = :seen"
        values[":seen"] = to_attribute(state.version)
    names = {f"#{name}": name for name in (*kept, *gone)}
    return update(table_name, recharge_key(account_id), expression, condition, values, names)


def _next_look(rule: Rule, state: State, now: datetime) -> str | None:
    if state.next_attempt_at is not None:
        return state.next_attempt_at
    may_charge = rule.enabled and state.suspended_reason is None
    return format_instant(now + LOOKED_AT_EVERY) if may_charge else None
