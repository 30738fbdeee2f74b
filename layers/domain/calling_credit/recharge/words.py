"""The words for the reasons why a rule does not charge."""

from typing import Final

from calling_credit.payment_names import MethodType, method_name
from calling_credit.recharge.attempts import SuspensionReason
from calling_credit.recharge.decision import StopReason

WORDS: Final[dict[str, str]] = {
    StopReason.DISABLED: "Automatic recharge is off.",
    StopReason.IN_FLIGHT: "A recharge is in progress.",
    StopReason.NO_CALL_SINCE: "Automatic recharge charges after the next call.",
    StopReason.BACKING_OFF: "Paused: the card was declined.",
    StopReason.CARD_BUSY: "Paused: other payments with this card are in progress.",
    StopReason.DECLINED_TOO_OFTEN: "Paused: the card was declined too often. Use another card.",
    StopReason.CARD_BLOCKED: "Paused: the card is blocked after a dispute. Use another card.",
    StopReason.HOURLY_COUNT: "Paused: the hourly number of recharges was reached.",
    StopReason.DAILY_LIMIT: "Paused: the daily limit was reached.",
    StopReason.MONTHLY_LIMIT: "Paused: the monthly limit was reached.",
    StopReason.TOP_UP_MAXIMUM: "Paused: the amount exceeds the maximum payment. Choose a smaller amount.",
    StopReason.TAX_UNAVAILABLE: "Paused: the tax cannot be calculated. Check the legal name and the billing address.",
    StopReason.ACCOUNT_CLOSED: "Paused: the account is closed.",
    StopReason.ACCOUNT_FROZEN: "Paused: the account is frozen.",
    SuspensionReason.AUTHENTICATION: (
        "Paused: your bank asked for confirmation. Confirm the payment, add funds with this card, or use another card."
    ),
    SuspensionReason.REPEATEDLY: (
        "Paused: the card was declined three times. Use another card, or add funds to resume."
    ),
    SuspensionReason.UNUSABLE: "Paused: the card can no longer be charged. Use another card.",
    SuspensionReason.REMOVED: "Paused: {card} was removed. Choose a card.",
    SuspensionReason.REFUNDED: "Paused: a recharge was refunded. To resume, switch recharge off and on again.",
    SuspensionReason.DISPUTED: (
        "Paused: a payment was disputed or reported as fraud, so its card is blocked. Contact support to resume."
    ),
    SuspensionReason.LOST: (
        "Paused: Stripe no longer knows the last recharge. Check your card statement. To resume, add funds, or switch "
        "automatic recharge off and on."
    ),
    SuspensionReason.CHARGE_CHANGED: (
        "Paused: the first recharge would cost more than you accepted, so nothing was charged. Turn automatic recharge "
        "off and on again to see the amount."
    ),
}
"""The page's message for each code. {card} stands for the card of the rule."""


def message_of(reason: str, brand: str, last4: str) -> str:
    """The message for a code, about a rule with this card or bank account."""
    words = WORDS[reason].format(card=method_name(brand, last4))
    return words.replace("the card", "the bank account") if brand == MethodType.BANK_ACCOUNT else words
