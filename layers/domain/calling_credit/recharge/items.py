"""Converts automatic recharge to its DynamoDB item and back, and builds the actions that change it.

One item holds rule and state. Every change reads both before and requires the item's `state_version`, so one of two
concurrent changes must read again.
"""

import json
import zlib
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from calling_credit.correlation import CORRELATION_ID, current_correlation
from calling_credit.dynamodb import sweep_keys
from calling_credit.dynamodb.attributes import from_attributes, to_attribute
from calling_credit.dynamodb.keys import recharge_key
from calling_credit.dynamodb.transactions import update
from calling_credit.dynamodb.unreadable import decoder
from calling_credit.instants import format_instant
from calling_credit.recharge.attempts import Attempt, InFlight, State, SuspensionReason
from calling_credit.recharge.card_expiry import notice_at
from calling_credit.recharge.decision import Rule
from calling_credit.recharge.suspensions import BY_REVERSAL, cause_of, strongest_reason
from calling_credit.recharge.switched_off import SwitchedOff
from calling_credit.topups.topup import LEASE, TopUp

RECHARGE_KIND: Final = "recharge"
CHECK_INTERVAL: Final = timedelta(hours=6)
"""As long as the stream retries a record."""
CHECK_SPREAD: Final = timedelta(hours=1)
"""How much later some accounts are checked, so that rules that were armed together are not checked together."""
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
    "card_expires",
)
_ABSENT: Final = {"card_expires": ""}
"""What an attribute means that an earlier release did not write."""
_STATE: Final = (
    "attempt",
    "failures",
    "not_before",
    "suspended_reason",
    "failed_fingerprint",
    "failed_payment_method",
    "stopped",
    "next_attempt_at",
    "expiry_announced",
    "accepted_micros",
    "accepted_after",
    "suspended_by",
    "suspended_before",
    "backup_due",
    "tax_from",
    "tax_percent",
)


@dataclass(frozen=True, slots=True)
class Recharge:
    """An account's rule (None before the first) and its state."""

    rule: Rule | None
    state: State


NO_RECHARGE: Final = Recharge(None, State())


@decoder
def recharge_from_item(attributes: dict[str, Any] | None) -> Recharge:
    """Rule and state of an item; NO_RECHARGE without one."""
    if attributes is None:
        return NO_RECHARGE
    item = _ABSENT | from_attributes(attributes)
    _read_suspension(item)
    rule = Rule(**{name: item[name] for name in _RULE}, version=item["rule_version"])
    in_flight, switched_off = item.get("in_flight"), item.get("switched_off")
    return Recharge(
        rule,
        State(
            version=item["state_version"],
            in_flight=InFlight(**in_flight) if in_flight else None,
            switched_off=SwitchedOff(**switched_off) if switched_off else None,
            recent=tuple(Attempt(*attempt) for attempt in json.loads(item["recent"])),
            **{name: item[name] for name in _STATE if name in item},
        ),
    )


def put_recharge_action(
    table_name: str, account_id: str, rule: Rule, state: State, now: datetime, *, rule_read: Rule | None
) -> dict[str, Any]:
    """The action that writes the state, and the rule if it differs from the one that was read.

    The sweep index returns the item when its wait ends, and every few hours if the rule may charge, so that a lost
    stream record cannot leave a balance unwatched.
    """
    check_at = _next_check(account_id, rule, state, now)
    attributes: dict[str, Any] = {name: value for name, value in asdict(state).items() if name in _STATE}
    attributes |= {
        "state_version": state.version + 1,
        CORRELATION_ID: current_correlation(),
        "in_flight": asdict(state.in_flight) if state.in_flight else None,
        "suspended_by": state.suspended_by or None,
        "backup_due": state.backup_due or None,
        "switched_off": asdict(state.switched_off) if state.switched_off else None,
        "recent": json.dumps([list(asdict(attempt).values()) for attempt in state.recent], separators=(",", ":")),
        "sweep_pk": sweep_keys.sweep_pk(RECHARGE_KIND, account_id) if check_at else None,
        "sweep_sk": f"{check_at}#{account_id}" if check_at else None,
    }
    if rule_read is None or rule != rule_read:
        version = rule_read.version + _settings_differ(rule, rule_read) if rule_read else 1
        attributes |= {name: value for name, value in asdict(replace(rule, version=version)).items() if name in _RULE}
        attributes["rule_version"] = version
    to_set = {name: value for name, value in attributes.items() if value is not None}
    to_remove = [name for name, value in attributes.items() if value is None]
    expression = "SET " + ", ".join(f"#{name} = :{name}" for name in to_set)
    if to_remove:
        expression += " REMOVE " + ", ".join(f"#{name}" for name in to_remove)
    values = {f":{name}": to_attribute(value) for name, value in to_set.items()}
    condition = "attribute_not_exists(PK)"
    if rule_read is not None:
        condition = "state_version = :seen"
        values[":seen"] = to_attribute(state.version)
    names = {f"#{name}": name for name in (*to_set, *to_remove)}
    return update(table_name, recharge_key(account_id), expression, condition, values, names)


def _read_suspension(item: dict[str, Any]) -> None:
    """Name the strongest reason of a suspension, and keep the one that the item had before a reversal suspended it."""
    causes, reason = item.get("suspended_by"), item.get("suspended_reason")
    if causes and reason not in BY_REVERSAL:
        item["suspended_before"] = reason
    item["suspended_reason"] = strongest_reason(reason, causes or ())


def suspend_action(table_name: str, topup: TopUp, *reasons: SuspensionReason) -> dict[str, Any]:
    """The action that suspends an existing rule in any state. A rule that is suspended already keeps its own
    reason for afterwards. The new version outdates every decision that was made before. Nothing checks a suspended
    rule, so it leaves the sweep index.
    """
    values = {
        ":reason": to_attribute(reasons[0]),
        ":one": to_attribute(1),
        ":causes": to_attribute(frozenset(str(cause_of(topup, reason)) for reason in reasons)),
    }
    expression = (
        "SET suspended_reason = if_not_exists(suspended_reason, :reason) ADD state_version :one, suspended_by :causes "
        "REMOVE stopped, next_attempt_at, sweep_pk, sweep_sk"
    )
    return update(table_name, recharge_key(topup.account_id), expression, "attribute_exists(PK)", values)


def _settings_differ(rule: Rule, rule_read: Rule) -> bool:
    """Whether more than the look of the card differs: its bank may give it another number."""
    look = replace(rule_read, brand=rule.brand, last4=rule.last4, fingerprint=rule.fingerprint)
    return replace(look, card_expires=rule.card_expires) != rule


def check_interval(account_id: str) -> timedelta:
    """How long after a check of an armed rule the next one is due: 6 to 7 hours, always the same for an account."""
    return CHECK_INTERVAL + timedelta(seconds=zlib.crc32(account_id.encode()) % CHECK_SPREAD.seconds)


def _next_check(account_id: str, rule: Rule, state: State, now: datetime) -> str | None:
    """The end of the wait, or a few hours ahead, or soon if the backup card is due; but not after the time to announce
    that the card expires.
    """
    may_charge = rule.enabled and state.suspended_reason is None
    interval = LEASE if state.backup_due else check_interval(account_id)
    check_at = state.next_attempt_at or (format_instant(now + interval) if may_charge else None)
    notice = notice_at(rule, state, now)
    if check_at is None or notice is None:
        return check_at
    return min(check_at, format_instant(max(notice, now)))
