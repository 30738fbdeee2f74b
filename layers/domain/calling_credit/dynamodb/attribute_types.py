"""The DynamoDB type of every attribute whose type readers depend on. A name has one type in all kinds of items,
except the unchecked ones."""

from collections.abc import Mapping
from typing import Any, Final

_NUMBERS: Final = """
    after_micros after_seconds amount_micros asked_seconds attempt available_micros base_connection_fee_micros
    base_rate_micros_per_minute before_micros before_seconds billed_seconds bought_back_at budget_micros calls
    calls_seen changes charged_at_end charged_at_grant charged_micros confirm_number connection_fee_micros
    covered_seconds daily_limit_micros deck_minute denials details_version disputed_micros duration_seconds entries
    entry_count expired_micros expired_parts expires_at facts_version failures given_micros goodwill_micros
    gone_micros gross_micros headroom_micros heard_at held_micros hourly_count in_progress_expiration increment_seconds
    issued left_micros left_seconds limit_micros line_limit_micros line_micros line_version listed live_holds lots
    low_micros
    markup_hundredths max_seconds minimum_seconds minutes monthly_limit_micros net_micros nudge number_in_month
    payments per_minute posted_micros rate_micros_per_minute redeemed refunded_micros removed_parts reversals
    reversed_gross_micros reversed_micros rule_version schema settings_version spent_micros standing_micros
    state_version stated_seconds sums taken_back takings tax_micros threshold_micros times total_micros
    traced_micros tries_left untraced_at_end untraced_at_grant used_seconds user_limit_micros user_micros
    warned warned_days warned_micros young_micros
"""
_TEXTS: Final = """
    PK SK account_id action address address_hash asked_at asked_on at authorized_at billing brand breakdown_since
    budget_at budget_from budget_month budget_until bundle by by_address by_name call_id call_key card_expires
    category cause changed_at changed_by changed_from charged_since closed_at code confirm_request confirmed_at
    confirmed_by continue_from corrected_by counted counted_at counted_day counted_on counted_pk counting country
    counts_from create_request created_at created_by credit credit_notes currency customer_id data day debit
    decided_at decided_by decided_name deck denied_at destination detail details dialled_from direction disposition
    effective_from ended_at ends_at entered_at event_id exported_at facts_hash failed_fingerprint failure_advice
    failure_code fingerprint first_at first_seen_at freeze_links_after from frozen_at frozen_by frozen_from given_at
    goodwill_id granted_at handed_out_at happened_at idempotency_key indexed_at intent_id issued_at key key_hash
    kind last4 last_address last_on last_seen_at last_used_at latest_report lease_until legal_name line_id
    list_version local_date lot_id name next_action_url next_attempt_at not_before note notes_due number object_id
    open_until origin outcome own_limits_at own_limits_by own_limits_from pages paid_at payment payment_method_id
    po_number prefix price_list purpose rate_steps reader reason receipt receipt_due receipt_url recent recorded_at
    refund_id refused_at returned reversal_id revoked_at revoked_by run seller settled_at source stage started_at
    status stopped stripe_account_id stripe_customer_id subject suspended_reason sweep_pk sweep_sk target tax_from
    tax_percent time_zone to topup_id tries type unfrozen_at unfrozen_by unfrozen_from updated_at used_at used_from
    user_id warned_at withdrawn_at written_by zone
"""
_FLAGS: Final = """
    admission email_receipts enabled ended has_user_budgets international_calling is_complete is_finished is_frozen
    is_over override suspended_recharge suspends suspicious told_80 told_100
"""
_MAPS: Final = "announced caps in_flight limits own_limits postal_address request tax_identity"
_LISTS: Final = "assignments billing_emails bundles parts price_terms removed reports returned_charges"
UNCHECKED: Final = frozenset(
    {
        *("after", "claims", "correlation_id", "days", "full_on", "holder", "new", "old", "position", "proven_at"),
        *("report", "shard", "stored_at", "version"),
    }
)
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
