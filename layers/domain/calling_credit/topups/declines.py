"""Why a card was declined: Stripe's codes, whether to retry, and the message for the customer.

Codes as Stripe documents them (docs.stripe.com/declines/codes, docs.stripe.com/error-codes). Messages never reveal that
a card was reported lost or stolen, because its holder may be the thief.
"""

from dataclasses import dataclass
from typing import Final

AUTHENTICATION_REQUIRED: Final = "authentication_required"
AUTHENTICATION_FAILED: Final = "payment_intent_authentication_failure"
CARD_REMOVED: Final = "card_removed"
EXPIRED: Final = "expired_card"
CARD_DECLINED: Final = "card_declined"

_HARD_CODES: Final = frozenset(
    {
        EXPIRED,
        CARD_REMOVED,
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

_WORDS: Final = {
    AUTHENTICATION_REQUIRED: "Your bank asks you to confirm this payment.",
    AUTHENTICATION_FAILED: "Your bank could not confirm this payment. Try again, or use another card.",
    CARD_REMOVED: "This card was removed. Add it again, or use another card.",
    EXPIRED: "This card has expired. Use another card.",
    "insufficient_funds": "The card has insufficient funds. Use another card, or a smaller amount.",
    "incorrect_cvc": "The card's security code is incorrect. Add the card again.",
    "processing_error": "Your bank could not process the payment. Try again in a few minutes.",
    "withdrawal_count_limit_exceeded": "The card is over its limit. Use another card, or contact your bank.",
    "card_velocity_exceeded": "The card is over its limit. Use another card, or contact your bank.",
}
_DEFAULT_MESSAGE: Final = "Your bank declined the card. Use another card, or contact your bank."


@dataclass(frozen=True, slots=True)
class Decline:
    """A decline: `code` is Stripe's decline code, or its error code if there is none; `advice` is its `advice_code`."""

    code: str
    advice: str | None = None

    @property
    def is_hard(self) -> bool:
        """Whether the card must not be tried again."""
        return self.code in _HARD_CODES or self.advice == "do_not_try_again"


UNSPECIFIED: Final = Decline(CARD_DECLINED)
"""A decline for which Stripe gives no reason."""


def public_code(code: str) -> str:
    """The code that customers see: Stripe's if they may know it, else `card_declined`."""
    return code if code in _WORDS else CARD_DECLINED


def message_of(code: str) -> str:
    """The message for the customer."""
    return _WORDS.get(code, _DEFAULT_MESSAGE)
