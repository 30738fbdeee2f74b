"""The DynamoDB type of every attribute whose type readers depend on. A name has one type in all kinds of items,
except the unchecked ones."""

from collections.abc import Mapping
from typing import Any, Final

_NUMBERS: Final = """
    a f t e r _ m i c r o s   a f t e r _ s e c o n d s   a m o u n t _ m i c r o s   a s k e d _ s e c o n d s   a
    t t e m p t   a v a i l a b l e _ m i c r o s   b a s e _ c o n n e c t i o n _ f e e _ m i c r o s   b a s e _
    r a t e _ m i c r o s _ p e r _ m i n u t e   b e f o r e _ m i c r o s   b e f o r e _ s e c o n d s   b i l l
    e d _ s e c o n d s   b o u g h t _ b a c k _ a t   b u d g e t _ m i c r o s   c a l l s   c a l l s _ s e e n
    c h a n g e s   c h a r g e d _ a t _ e n d   c h a r g e d _ a t _ g r a n t   c h a r g e d _ m i c r o s   c
    o n f i r m _ n u m b e r   c o n n e c t i o n _ f e e _ m i c r o s   c o v e r e d _ s e c o n d s   d a i l
    y _ l i m i t _ m i c r o s   d e c k _ m i n u t e   d e n i a l s   d e t a i l s _ v e r s i o n   d i s p u
    t e d _ m i c r o s   d u r a t i o n _ s e c o n d s   e n t r i e s   e n t r y _ c o u n t   e x p i r e d _
    m i c r o s   e x p i r e d _ p a r t s   e x p i r e s _ a t   f a c t s _ v e r s i o n   f a i l u r e s   g
    i v e n _ m i c r o s   g o o d w i l l _ m i c r o s   g r o s s _ m i c r o s   h e a d r o o m _ m i c r o s
    h e a r d _ a t   h e l d _ m i c r o s   h o u r l y _ c o u n t   i n _ p r o g r e s s _ e x p i r a t i o n
    i n c r e m e n t _ s e c o n d s   i s s u e d   l e f t _ m i c r o s   l e f t _ s e c o n d s   l i m i t _
    m i c r o s   l i n e _ m i c r o s   l i n e _ v e r s i o n   l i s t e d   l i v e _ h o l d s   l o t s   l
    o w _ m i c r o s   m a r k u p _ h u n d r e d t h s   m a x _ s e c o n d s   m i n i m u m _ s e c o n d s
    m i n u t e s   m o n t h l y _ l i m i t _ m i c r o s   n e t _ m i c r o s   n u d g e   n u m b e r _ i n _
    m o n t h   p a y m e n t s   p e r _ m i n u t e   p o s t e d _ m i c r o s   r a t e _ m i c r o s _ p e r _
    m i n u t e   r e d e e m e d   r e f u n d e d _ m i c r o s   r e v e r s a l s   r e v e r s e d _ g r o s s
    _ m i c r o s   r e v e r s e d _ m i c r o s   r u l e _ v e r s i o n   s c h e m a   s e t t i n g s _ v e r
    s i o n   s p e n t _ m i c r o s   s t a n d i n g _ m i c r o s   s t a t e _ v e r s i o n   s t a t e d _ s
    e c o n d s   s u m s   t a k e n _ b a c k   t a k i n g s   t a x _ m i c r o s   t h r e s h o l d _ m i c r
    o s   t i m e s   t o t a l _ m i c r o s   t r a c e d _ m i c r o s   t r i e s _ l e f t   u n t r a c e d _
    a t _ e n d   u n t r a c e d _ a t _ g r a n t   u s e d _ s e c o n d s   u s e r _ m i c r o s   w a r n e d
    w a r n e d _ d a y s   w a r n e d _ m i c r o s   y o u n g _ m i c r o s
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
    is_over override suspended_recharge suspends suspicious
"""
_MAPS: Final = "announced caps in_flight limits own_limits postal_address request tax_identity"
_LISTS: Final = "assignments billing_emails bundles parts price_terms reports"
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
