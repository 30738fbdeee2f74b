"""The DynamoDB type of every attribute whose type readers depend on. A name has one type in all kinds of items,
except the unchecked ones."""

from collections.abc import Mapping
from typing import Any, Final

_NUMBERS: Final = """
    amount_micros asked_seconds attempt available_micros base_connection_fee_micros base_rate_micros_per_minute
    billed_seconds bought_back_at calls_seen changes confirm_number connection_fee_micros covered_seconds
    daily_limit_micros deck_minute denials disputed_micros duration_seconds entry_count expires_at facts_version
    failures headroom_micros held_micros hourly_count in_progress_expiration increment_seconds left_micros
    left_seconds limit_micros line_version listed live_holds low_micros markup_hundredths max_seconds
    minimum_seconds minutes monthly_limit_micros nudge posted_micros rate_micros_per_minute refunded_micros
    reversals reversed_micros rule_version schema settings_version state_version sums taken_back threshold_micros
    total_micros tries_left used_seconds
"""
_TEXTS: Final = """
    PK SK account_id action asked_at at authorized_at brand breakdown_since bundle by call_id card_expires category
    changed_at changed_by changed_from code confirm_request country create_request created_at created_by credit
    currency customer_id data day debit deck denied_at destination details dialled_from direction disposition
    effective_from ended_at facts_hash failed_fingerprint failure_advice failure_code fingerprint from frozen_at
    frozen_by frozen_from handed_out_at intent_id key_hash kind last4 lease_until line_id list_version local_date
    name next_action_url next_attempt_at not_before number object_id origin outcome own_limits_at own_limits_by
    own_limits_from pages paid_at payment payment_method_id prefix price_list purpose rate_steps reason receipt_url
    recent recorded_at run settled_at status stopped stripe_account_id stripe_customer_id subject suspended_reason
    sweep_pk sweep_sk target time_zone to topup_id tries unfrozen_at unfrozen_by unfrozen_from updated_at user_id
    withdrawn_at written_by
"""
_FLAGS: Final = "admission enabled international_calling is_finished is_frozen suspended_recharge suspicious"
_MAPS: Final = "announced in_flight limits own_limits"
_LISTS: Final = "assignments billing_emails bundles price_terms"
UNCHECKED: Final = frozenset({"claims", "correlation_id", "old", "new", "version"})
"""Names whose type differs between kinds, or whose reader has a default for any other."""

TYPES: Final[Mapping[str, str]] = {
    name: kind
    for kind, names in (("N", _NUMBERS), ("S", _TEXTS), ("BOOL", _FLAGS), ("M", _MAPS), ("L", _LISTS))
    for name in names.split()
}
_FORMS: Final = frozenset({"S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"})
"""The names of DynamoDB's types in attribute values."""
_PLAIN: Final[Mapping[str, type]] = {"N": int, "S": str, "BOOL": bool, "M": dict, "L": list}


def find_wrong_type(item: Mapping[str, Any]) -> str | None:
    """The name of the first attribute that has another type than its name has, or is no whole number although its name
    is one; None if all are right.

    Args:
        item: as attribute values (`{"S": …}`) or as plain values; a projection need not have its key.
    """
    if any(_is_attribute_value(value) for value in item.values()):
        return next(
            (name for name, value in item.items() if name in TYPES and not _is_stored(TYPES[name], value)), None
        )
    return next((name for name, value in item.items() if name in TYPES and not _is_plain(TYPES[name], value)), None)


def _is_attribute_value(value: Any) -> bool:
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)) in _FORMS


def _is_stored(kind: str, value: Any) -> bool:
    return isinstance(value, dict) and kind in value and (kind != "N" or value["N"].lstrip("-").isdigit())


def _is_plain(kind: str, value: Any) -> bool:
    return isinstance(value, _PLAIN[kind]) and (kind != "N" or not isinstance(value, bool))
