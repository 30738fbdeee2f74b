"""Why a card or bank account was declined: Stripe's codes, whether to retry, and the message for the customer.

Codes as Stripe documents them (docs.stripe.com/declines/codes, docs.stripe.com/error-codes). Messages never reveal that
a card was reported lost or stolen, because its holder may be the thief.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from calling_credit.payment_names import MethodType
from calling_credit.topups.api_error_codes import API_ERROR_CODES


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
    BANK_ACCOUNT_CLOSED = "bank_account_closed"
    BANK_ACCOUNT_INVALID = "bank_account_invalid_details"
    BANK_ACCOUNT_RESTRICTED = "bank_account_restricted"
    DEBIT_NOT_AUTHORIZED = "debit_not_authorized"
    PAYMENT_LOST = "payment_lost"
    CANCELED = "canceled"


BANK_CODES: Final[dict[str, FailureCode]] = {
    "account_closed": FailureCode.BANK_ACCOUNT_CLOSED,
    "bank_account_closed": FailureCode.BANK_ACCOUNT_CLOSED,
    "account_invalid": FailureCode.BANK_ACCOUNT_INVALID,
    "account_number_invalid": FailureCode.BANK_ACCOUNT_INVALID,
    "bank_account_invalid_details": FailureCode.BANK_ACCOUNT_INVALID,
    "bank_account_unusable": FailureCode.BANK_ACCOUNT_INVALID,
    "invalid_account_number": FailureCode.BANK_ACCOUNT_INVALID,
    "no_account": FailureCode.BANK_ACCOUNT_INVALID,
    "routing_number_invalid": FailureCode.BANK_ACCOUNT_INVALID,
    "tokenized_account_number_deactivated": FailureCode.BANK_ACCOUNT_INVALID,
    "account_frozen": FailureCode.BANK_ACCOUNT_RESTRICTED,
    "bank_account_frozen": FailureCode.BANK_ACCOUNT_RESTRICTED,
    "bank_account_restricted": FailureCode.BANK_ACCOUNT_RESTRICTED,
    "bank_ownership_changed": FailureCode.BANK_ACCOUNT_RESTRICTED,
    "payment_method_bank_account_blocked": FailureCode.BANK_ACCOUNT_RESTRICTED,
    "recipient_deceased": FailureCode.BANK_ACCOUNT_RESTRICTED,
    "debit_not_authorized": FailureCode.DEBIT_NOT_AUTHORIZED,
    "payment_intent_mandate_invalid": FailureCode.DEBIT_NOT_AUTHORIZED,
}
"""The codes of failed debits that customers see, by Stripe's error and decline codes
(docs.stripe.com/declines/network-codes, ACH Direct Debit). The bank account must not be debited again. The other reason
of a failed debit, insufficient funds (R01, R09), is soft.
"""
HARD_CODES: Final = frozenset(
    {
        FailureCode.EXPIRED_CARD,
        "card_not_supported",
        "currency_not_supported",
        "do_not_try_again",
        "expired_payment_method",
        "fraudulent",
        "incorrect_number",
        "invalid_account",
        "invalid_card_type",
        "invalid_cvc",
        "invalid_expiry_month",
        "invalid_expiry_year",
        "invalid_number",
        "lost_card",
        "merchant_blacklist",
        "new_account_information_available",
        "not_permitted",
        "pickup_card",
        "restricted_card",
        "revocation_of_all_authorizations",
        "revocation_of_authorization",
        "security_violation",
        "service_not_allowed",
        "stolen_card",
        "stop_payment_order",
        "testmode_decline",
        "transaction_not_allowed",
    }
)
"""The card must not be tried again, with any `advice_code` or without one."""
SOFT_CODES: Final = frozenset(
    {
        "approve_with_id",
        "call_issuer",
        "card_declined",
        "card_velocity_exceeded",
        "do_not_honor",
        "duplicate_transaction",
        "generic_decline",
        "incorrect_address",
        "incorrect_cvc",
        "incorrect_pin",
        "incorrect_postal_code",
        "incorrect_zip",
        "insufficient_funds",
        "invalid_amount",
        "invalid_pin",
        "no_action_taken",
        "offline_pin_required",
        "online_or_offline_pin_required",
        "payment_method_customer_decline",
        "payment_method_provider_decline",
        "pin_try_exceeded",
        "reenter_transaction",
        "refer_to_customer",
        "try_again_later",
        "withdrawal_count_limit_exceeded",
    }
)
"""The issuer declined, but another try may succeed. Unknown codes are soft too."""
NOT_OF_ISSUER: Final = API_ERROR_CODES | {
    FailureCode.AUTHENTICATION_REQUIRED,
    FailureCode.AUTHENTICATION_FAILED,
    FailureCode.PROCESSING_ERROR,
    FailureCode.CARD_REMOVED,
    "authentication_not_handled",
    "card_decline_rate_limit_exceeded",
    "issuer_not_available",
    "mobile_device_authentication_required",
}
"""The issuer did not decide against the card: the customer was not authenticated, the payment was not processed, or the
card was removed.
"""


class DeclineKind(StrEnum):
    """What a decline says about the card."""

    HARD = "hard"
    SOFT = "soft"
    NOT_OF_ISSUER = "not_of_issuer"


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
    FailureCode.BANK_ACCOUNT_CLOSED: "This bank account is closed. Use another payment method.",
    FailureCode.BANK_ACCOUNT_INVALID: "The bank could not find this account. Add it again, or use a card.",
    FailureCode.BANK_ACCOUNT_RESTRICTED: (
        "The bank does not allow debits of this account. Use another payment method, or contact your bank."
    ),
    FailureCode.DEBIT_NOT_AUTHORIZED: (
        "This bank account may not be debited without a new authorization. Add it again, or use another payment method."
    ),
    FailureCode.PAYMENT_LOST: (
        "Stripe no longer knows this payment, and it is not credited. Check your card statement before you pay again, "
        "and contact your provider if it was charged."
    ),
    FailureCode.CANCELED: "This payment was canceled. Nothing was charged. Start a new payment.",
}
"""The message for each code."""
OF_BANK_ACCOUNT: Final[dict[FailureCode, str]] = {
    FailureCode.CARD_REMOVED: "This bank account was removed. Add it again, or use another payment method.",
    FailureCode.INSUFFICIENT_FUNDS: (
        "The bank account has insufficient funds. Use another payment method, or a smaller amount."
    ),
    FailureCode.CARD_DECLINED: "Your bank declined the payment. Use another payment method, or contact your bank.",
    FailureCode.PAYMENT_LOST: (
        "Stripe no longer knows this payment, and it is not credited. Check your bank account before you pay again, "
        "and contact your provider if it was debited."
    ),
}
"""The messages that differ for a bank account."""
_FROM_STRIPE: Final = frozenset(FailureCode) - {FailureCode.CANCELED}


@dataclass(frozen=True, slots=True)
class Decline:
    """A decline: `code` is Stripe's decline code, or its error code if there is none; `advice` is its `advice_code`."""

    code: str
    advice: str | None = None

    @property
    def is_hard(self) -> bool:
        """Whether the card must not be tried again."""
        return self.kind is DeclineKind.HARD or self.code == FailureCode.CARD_REMOVED

    @property
    def kind(self) -> DeclineKind:
        """What the decline says about the card. Only an issuer's decline, hard or soft, uses up one of its tries."""
        if self.code in HARD_CODES or self.code in BANK_CODES or self.advice == "do_not_try_again":
            return DeclineKind.HARD
        return DeclineKind.NOT_OF_ISSUER if self.code in NOT_OF_ISSUER else DeclineKind.SOFT


UNSPECIFIED: Final = Decline(FailureCode.CARD_DECLINED)
"""A decline for which Stripe gives no reason."""


def public_code(code: str) -> FailureCode:
    """The code that customers see: Stripe's if they may know it, else `card_declined`."""
    if code == "authentication_not_handled":  # The bank repeats that it wants the customer.
        return FailureCode.AUTHENTICATION_REQUIRED
    if code in BANK_CODES:
        return BANK_CODES[code]
    return FailureCode(code) if code in _FROM_STRIPE else FailureCode.CARD_DECLINED


def message_of(code: str, brand: str = "") -> str:
    """The message for the customer, about a payment with a card or bank account of this brand."""
    public = public_code(code)
    of_bank = OF_BANK_ACCOUNT.get(public) if brand == MethodType.BANK_ACCOUNT else None
    return of_bank or WORDS[public]
