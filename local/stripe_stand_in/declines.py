"""The reasons of declined card payments in Stripe's terms: error code, decline code, advice code, and message."""

from dataclasses import dataclass
from typing import Final

ADVICE_CODES: Final = ("confirm_card_data", "do_not_try_again", "try_again_later")

NO_ADVICE: Final = "no_advice"
"""Asks for a decline without an advice code."""


@dataclass(frozen=True, slots=True)
class Decline:
    """One reason. Issuer declines have the code `card_declined` and the details in `decline_code`."""

    code: str
    message: str
    decline_code: str | None = None
    advice_code: str | None = None
    param: str | None = None

    @property
    def reason(self) -> str:
        """The most specific code."""
        return self.decline_code or self.code


GENERIC: Final = "Your card was declined."

OWN_CODES: Final = {
    decline.code: decline
    for decline in (
        Decline("expired_card", "Your card has expired.", None, "confirm_card_data", "exp_month"),
        Decline("incorrect_cvc", "Your card's security code is incorrect.", None, "confirm_card_data", "cvc"),
        Decline("incorrect_number", "Your card number is incorrect.", None, "confirm_card_data", "number"),
        Decline(
            "processing_error",
            "An error occurred while processing your card. Try again in a little bit.",
            None,
            "try_again_later",
        ),
    )
}
"""Declines that Stripe reports with a code of their own and no decline code."""

ADVICE: Final = {
    "generic_decline": "try_again_later",
    "insufficient_funds": "try_again_later",
    "try_again_later": "try_again_later",
    "lost_card": "do_not_try_again",
    "stolen_card": "do_not_try_again",
    "pickup_card": "do_not_try_again",
    "fraudulent": "do_not_try_again",
    "revocation_of_all_authorizations": "do_not_try_again",
    "invalid_account": "do_not_try_again",
}

AUTHENTICATION_REQUIRED: Final = Decline(
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
    "authentication_required",
)


def decline_named(reason: str, advice_code: str | None = None) -> Decline:
    """Return the decline of a code; without `advice_code`, with the usual advice for the reason; with `NO_ADVICE`, with
    none.
    """
    if reason == "authentication_required":
        return AUTHENTICATION_REQUIRED
    if reason in OWN_CODES:
        own = OWN_CODES[reason]
        return Decline(own.code, own.message, None, _advice(advice_code, own.advice_code), own.param)
    message = "Your card has insufficient funds." if reason == "insufficient_funds" else GENERIC
    return Decline("card_declined", message, reason, _advice(advice_code, ADVICE.get(reason)))


def _advice(requested: str | None, usual: str | None) -> str | None:
    return None if requested == NO_ADVICE else requested or usual
