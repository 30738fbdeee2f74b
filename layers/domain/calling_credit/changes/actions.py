"""The actions of recorded changes."""

from enum import StrEnum


class ChangeAction(StrEnum):
    """What a change did, as items, events, and `GET /activity` name it."""

    ACCOUNT_CREATED = "account_created"
    ACCOUNT_CHANGED = "account_changed"
    ACCOUNT_FROZEN = "account_frozen"
    ACCOUNT_UNFROZEN = "account_unfrozen"
    LIMITS_CHANGED = "limits_changed"
    LINE_CREATED = "line_created"
    LINE_CHANGED = "line_changed"
    USER_CREATED = "user_created"
    USER_CHANGED = "user_changed"
    RULE_CHANGED = "rule_changed"
    RULE_SUSPENDED = "rule_suspended"
    RULE_RESUMED = "rule_resumed"
    CARD_SAVED = "card_saved"
    CARD_REMOVED = "card_removed"
    CARD_BLOCKED = "card_blocked"
    CARD_UNBLOCKED = "card_unblocked"
    CUSTOMER_REPLACED = "customer_replaced"
    ADJUSTMENT_POSTED = "adjustment_posted"
    CALL_CORRECTED = "call_corrected"
    CALL_WAIVED = "call_waived"
    CREDIT_REVERSED = "credit_reversed"
    CREDIT_RETURNED = "credit_returned"
    CALLS_RERATED = "calls_rerated"
    NUMBER_ERASED = "number_erased"
    LINKS_WITHDRAWN = "links_withdrawn"
