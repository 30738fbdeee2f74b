"""Stripe's test cards by number, by token and by payment method id, with what each of them does, and a few of our own
that can be saved and are declined later, each for the reason in its id.
"""

import hashlib
from dataclasses import dataclass
from typing import Final, Literal

from local.stripe_stand_in.declines import ADVICE_CODES, Decline, decline_named

Authentication = Literal["never", "unless_set_up", "on_session", "always"]

ATTACHES_THEN_DECLINES: Final = "card_attachesThenDeclines_"
"""Begins a name of our own: `pm_card_attachesThenDeclines_<reason>[_<advice_code>]`, for example
`pm_card_attachesThenDeclines_lost_card` or `pm_card_attachesThenDeclines_do_not_honor__do_not_try_again`."""


@dataclass(frozen=True, slots=True)
class KnownCard:
    """A card number and its behaviour; `names` are what follows `pm_` or `tok_` in the ids that mean it."""

    number: str
    does: str
    names: tuple[str, ...] = ()
    brand: str = "visa"
    attach: Decline | None = None
    charge: Decline | None = None
    authentication: Authentication = "never"
    dispute: str | None = None
    inquiry: bool = False
    processing: bool = False
    refund_fails: bool = False

    @property
    def last4(self) -> str:
        """The digits that may be shown."""
        return self.number[-4:]

    @property
    def fingerprint(self) -> str:
        """The same for the same number, however often it is saved."""
        return hashlib.sha256(f"card {self.number}".encode()).hexdigest()[:16]

    @property
    def security_code_length(self) -> int:
        """How many digits its CVC has."""
        return 4 if self.brand == "amex" else 3


def _declined(number: str, reason: str, does: str, *names: str) -> KnownCard:
    decline = decline_named(reason)
    return KnownCard(number, does, names, attach=decline, charge=decline)


CARDS: Final = (
    KnownCard("4242424242424242", "Pays", ("card_visa", "visa")),
    KnownCard("5555555555554444", "Pays", ("card_mastercard", "mastercard"), "mastercard"),
    KnownCard("378282246310005", "Pays", ("card_amex", "amex"), "amex"),
    KnownCard("6011111111111117", "Pays", ("card_discover", "discover"), "discover"),
    KnownCard("4000056655665556", "Pays (a debit card)", ("card_visa_debit", "visa_debit")),
    KnownCard("4000000000000077", "Pays, at once available", ("card_bypassPending", "bypassPending")),
    KnownCard(
        "4000000000000341",
        "Is saved, and declined when charged",
        ("card_chargeCustomerFail", "chargeCustomerFail"),
        charge=decline_named("generic_decline"),
    ),
    KnownCard(
        "4000002500003155",
        "Asks for authentication unless it was set up",
        ("card_authenticationRequiredOnSetup", "authenticationRequiredOnSetup"),
        authentication="unless_set_up",
    ),
    KnownCard(
        "4000002760003184",
        "Always asks for authentication",
        ("card_authenticationRequired", "authenticationRequired"),
        authentication="always",
    ),
    KnownCard(
        "4000003800000446",
        "Asks for authentication only when the customer is there",
        ("card_authenticationRequiredSetupForOffSession", "authenticationRequiredSetupForOffSession"),
        authentication="on_session",
    ),
    KnownCard(
        "4000008260003178",
        "Asks for authentication and has no funds",
        ("card_authenticationRequiredChargeDeclinedInsufficientFunds",),
        charge=decline_named("insufficient_funds"),
        authentication="always",
    ),
    KnownCard(
        "4000000000003220",
        "Always asks for 3D Secure",
        ("card_threeDSecure2Required", "threeDSecure2Required"),
        authentication="always",
    ),
    KnownCard(
        "4000000000000259",
        "Pays, and is disputed as fraudulent",
        ("card_createDispute", "createDispute"),
        dispute="fraudulent",
    ),
    KnownCard(
        "4000000000002685",
        "Pays, and is disputed as not received",
        ("card_createDisputeProductNotReceived", "createDisputeProductNotReceived"),
        dispute="product_not_received",
    ),
    KnownCard(
        "4000000000001976",
        "Pays, and is inquired about",
        ("card_createDisputeInquiry", "createDisputeInquiry"),
        dispute="fraudulent",
        inquiry=True,
    ),
    KnownCard(
        "4000000000005126",
        "Pays, and its refunds fail later",
        ("card_refundFail", "refundFail"),
        refund_fails=True,
    ),
    _declined("4000000000000002", "generic_decline", "Is declined", "card_chargeDeclined", "chargeDeclined"),
    _declined(
        "4000000000009995",
        "insufficient_funds",
        "Is declined: no funds",
        "card_chargeDeclinedInsufficientFunds",
        "card_visa_chargeDeclinedInsufficientFunds",
        "visa_chargeDeclinedInsufficientFunds",
    ),
    _declined(
        "4000000000009987",
        "lost_card",
        "Is declined: lost",
        "card_chargeDeclinedLostCard",
        "card_visa_chargeDeclinedLostCard",
        "visa_chargeDeclinedLostCard",
    ),
    _declined(
        "4000000000009979",
        "stolen_card",
        "Is declined: stolen",
        "card_chargeDeclinedStolenCard",
        "card_visa_chargeDeclinedStolenCard",
        "visa_chargeDeclinedStolenCard",
    ),
    _declined(
        "4000000000000069",
        "expired_card",
        "Is declined: expired",
        "card_chargeDeclinedExpiredCard",
        "chargeDeclinedExpiredCard",
    ),
    _declined(
        "4000000000000127",
        "incorrect_cvc",
        "Is declined: wrong security code",
        "card_chargeDeclinedIncorrectCvc",
        "chargeDeclinedIncorrectCvc",
    ),
    _declined(
        "4000000000000119",
        "processing_error",
        "Is declined: processing error",
        "card_chargeDeclinedProcessingError",
        "chargeDeclinedProcessingError",
    ),
    _declined(
        "4100000000000019",
        "fraudulent",
        "Is blocked as fraudulent",
        "card_radarBlock",
        "radarBlock",
    ),
    # Not Stripe's: a card whose payment stays in processing until the control route settles or fails it.
    KnownCard(
        "4000000000009235", "Its payment stays in processing", ("card_processing", "processing"), processing=True
    ),
)

_BY_NUMBER: Final = {card.number: card for card in CARDS}
_BY_NAME: Final = {name: card for card in CARDS for name in card.names}


def card_with_number(number: str) -> KnownCard | None:
    """The test card with these digits; None for any other, real ones included."""
    return _BY_NUMBER.get(number)


def card_with_id(object_id: str) -> KnownCard | None:
    """The test card that a well-known `pm_card_…` or `tok_…` id means; None for any other id."""
    prefix, _, name = object_id.partition("_")
    if prefix not in ("pm", "tok"):
        return None
    if name.startswith(ATTACHES_THEN_DECLINES):
        return _card_declining(name.removeprefix(ATTACHES_THEN_DECLINES))
    return _BY_NAME.get(name)


def _card_declining(wanted: str) -> KnownCard:
    reason, advice_code = wanted, None
    for code in ADVICE_CODES:
        if wanted.endswith(f"_{code}"):
            reason, advice_code = wanted.removesuffix(code).rstrip("_"), code
    number = _number_of(f"declines {wanted}")
    decline = decline_named(reason, advice_code)
    return KnownCard(number, f"Is saved, and declined when charged: {decline.reason}", charge=decline)


def _number_of(words: str) -> str:
    """A card number of its own for each text, with a right check digit."""
    digest = int.from_bytes(hashlib.sha256(words.encode()).digest()[:6])
    body = f"40000{digest % 10**10:010d}"
    return body + str(-luhn_sum(f"{body}0") % 10)


def luhn_sum(number: str) -> int:
    """The check sum of card numbers; a right number's is a multiple of ten."""
    total = 0
    for index, digit in enumerate(reversed(number)):
        doubled = int(digit) * (1 + index % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return total
