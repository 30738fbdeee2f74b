"""The reasons why a call is denied."""

from enum import StrEnum
from typing import Final


class DenialReason(StrEnum):
    """Why a call is denied, in the order in which the reasons are checked. docs/api.md explains each.

    The last one only limits the duration of a call.
    """

    UNKNOWN_NUMBER = "unknown_number"
    NUMBER_AMBIGUOUS = "number_ambiguous"
    CALL_FINISHED = "call_finished"
    HOLD_EXPIRED = "hold_expired"
    UNKNOWN_ACCOUNT = "unknown_account"
    ACCOUNT_CLOSED = "account_closed"
    ACCOUNT_FROZEN = "account_frozen"
    UNKNOWN_LINE = "unknown_line"
    INTERNATIONAL_OFF = "international_calling_off"
    BLOCKED = "destination_blocked"
    UNRATED = "destination_unrated"
    HIGH_COST = "high_cost_destination"
    SIMULTANEOUS_CALLS = "simultaneous_calls_limit"
    CALL_PRICE = "call_price_limit"
    DAILY_SPEND = "daily_spend_limit"
    LINE_BUDGET = "line_budget"
    USER_BUDGET = "user_budget"
    FIRST_COUNTRY_CAP = "first_country_cap"
    YOUNG_MONEY_CAP = "young_money_cap"
    INSUFFICIENT_CREDIT = "insufficient_credit"
    RECHARGING = "recharging"
    MAXIMUM_DURATION = "maximum_duration"


FRAUD_REASONS: Final = frozenset(
    {
        DenialReason.ACCOUNT_FROZEN,
        DenialReason.BLOCKED,
        DenialReason.HIGH_COST,
        DenialReason.SIMULTANEOUS_CALLS,
        DenialReason.CALL_PRICE,
        DenialReason.DAILY_SPEND,
        DenialReason.FIRST_COUNTRY_CAP,
        DenialReason.YOUNG_MONEY_CAP,
    }
)
"""Denials that are announced, because they may be caused by fraud."""
LACK_OF_CREDIT: Final = frozenset({DenialReason.INSUFFICIENT_CREDIT, DenialReason.RECHARGING})
"""Denials for lack of credit. One of them after another lowering of the balance counts as spending."""
AFTER_DAILY_SPEND: Final = LACK_OF_CREDIT | {
    DenialReason.LINE_BUDGET,
    DenialReason.USER_BUDGET,
    DenialReason.FIRST_COUNTRY_CAP,
    DenialReason.YOUNG_MONEY_CAP,
}
"""Denials that the day's spending comes before: it is read before one of them is given."""
