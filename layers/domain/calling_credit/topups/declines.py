"""Why a card was not charged: Stripe's codes, what they mean for trying again, and the words a person is told.

Codes as Stripe documents them (docs.stripe.com/declines/codes, docs.stripe.com/error-codes). A person is never told
that a card counts as lost or stolen: whoever holds it may be a thief.
"""

from dataclasses import dataclass
from typing import Final

AUTHENTICATION_REQUIRED: Final = "authentication_required"
AUTHENTICATION_FAILED: Final = "payment_intent_authentication_failure"
CARD_REMOVED: Final = "card_removed"
EXPIRED: Final = "expired_card"

_NEVER_AGAIN: Final = frozenset(
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
    AUTHENTICATION_FAILED: "Your bank's confirmation did not succeed. Try again, or use another card.",
    CARD_REMOVED: "This card was removed. Add it again, or use another card.",
    EXPIRED: "This card has expired. Use another card.",
    "insufficient_funds": "The card does not have enough money. Use another card, or a smaller amount.",
    "incorrect_cvc": "The security code of the card is not right. Add the card again.",
    "processing_error": "Your bank could not process the payment just now. Try again in a little while.",
    "withdrawal_count_limit_exceeded": "The card is over its limit. Use another card, or ask your bank.",
    "card_velocity_exceeded": "The card is over its limit. Use another card, or ask your bank.",
}
_DECLINED: Final = "Your bank declined the card. Use another card, or ask your bank."


@dataclass(frozen=True, slots=True)
class Decline:
    """A refusal: `code` is the most telling of Stripe's (the decline code where there is one); `advice` is Stripe's
    `advice_code`.
    """

    code: str
    advice: str | None = None

    @property
    def is_hard(self) -> bool:
        """Whether the same card will never be accepted, so that trying it again only makes things worse."""
        return self.code in _NEVER_AGAIN or self.advice == "do_not_try_again"


def shown_code(code: str) -> str:
    """The code a customer is given: Stripe's where it tells something they may know, `card_declined` otherwise."""
    return code if code in _WORDS else "card_declined"


def words(code: str) -> str:
    """What a person is told."""
    return _WORDS.get(code, _DECLINED)
