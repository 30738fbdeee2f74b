"""Why a card was declined: Stripe's codes, whether to retry, and the message for the customer.

Codes as Stripe documents them (docs.stripe.com/declines/codes, docs.stripe.com/error-codes). Messages never reveal that
a card was reported lost or stolen, because its holder may be the thief.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class FailureCode(StrEnum):
    """The codes of failed payments that customers see. Stripe's other decline codes are shown as `card_declined`."""

    AUTHENTICATION_REQUIRED = "authentication_required"
    AUTHENTICATION_FAILED = "payment_intent_authentication_failure"
    CARD_REMOVED = "card_removed"
    EXPIRED_CARD = "expired_card"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    INCORRECT_CVC = "incorrect_cvc"
    PROCESSING_ERROR = "processing_error"
    WITHDRAWAL_LIMIT = "withdrawal_count_limit_exceeded"
    CARD_VELOCITY = "card_velocity_exceeded"
    CARD_DECLINED = "card_declined"
    PAYMENT_LOST = "payment_lost"
    CANCELED = "canceled"


_HARD_CODES: Final = frozenset(
    {
        FailureCode.EXPIRED_CARD,
        FailureCode.CARD_REMOVED,
        "card_not_supported",
        "do_not_try_again",
        "invalid_account",
        "invalid_number",
        "incorrect_number",
        "lost_card",
        "new_account_information_available",
        "pickup_card",
        "restricted_card",
        "revocation_of_all_authorizations",
        "revocation_of_authorization",
        "stolen_card",
        "stop_payment_order",
    }
)

WORDS: Final[dict[FailureCode, str]] = {
    FailureCode.AUTHENTICATION_REQUIRED: "Your bank asks you to confirm this payment.",
    FailureCode.AUTHENTICATION_FAILED: "Your bank could not confirm this payment. Try again, or use another card.",
    FailureCode.CARD_REMOVED: "This card was removed. Add it again, or use another card.",
    FailureCode.EXPIRED_CARD: "This card has expired. Use another card.",
    FailureCode.INSUFFICIENT_FUNDS: "The card has insufficient funds. Use another card, or a smaller amount.",
    FailureCode.INCORRECT_CVC: "The card's security code is incorrect. Add the card again.",
    FailureCode.PROCESSING_ERROR: "Your bank could not process the payment. Try again in a few minutes.",
    FailureCode.WITHDRAWAL_LIMIT: "The card is over its limit. Use another card, or contact your bank.",
    FailureCode.CARD_VELOCITY: "The card is over its limit. Use another card, or contact your bank.",
    FailureCode.CARD_DECLINED: "Your bank declined the card. Use another card, or contact your bank.",
    FailureCode.PAYMENT_LOST: (
        "Stripe no longer knows this payment, and it is not credited. Check your card statement before you pay again, "
        "and contact your provider if it was charged."
    ),
    FailureCode.CANCELED: "This payment was canceled. Nothing was charged. Start a new payment.",
}
"""The message for each code."""
_FROM_STRIPE: Final = frozenset(FailureCode) - {FailureCode.CANCELED}


@dataclass(frozen=True, slots=True)
class Decline:
    """A decline: `code` is Stripe's decline code, or its error code if there is none; `advice` is its `advice_code`."""

    code: str
    advice: str | None = None

    @property
    def is_hard(self) -> bool:
        """Whether the card must not be tried again."""
        return self.code in _HARD_CODES or self.advice == "do_not_try_again"


UNSPECIFIED: Final = Decline(FailureCode.CARD_DECLINED)
"""A decline for which Stripe gives no reason."""


def public_code(code: str) -> FailureCode:
    """The code that customers see: Stripe's if they may know it, else `card_declined`."""
    return FailureCode(code) if code in _FROM_STRIPE else FailureCode.CARD_DECLINED


def message_of(code: str) -> str:
    """The message for the customer."""
    return WORDS[public_code(code)]
