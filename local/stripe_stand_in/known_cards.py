"""Stripe's test cards by number, by token and by payment method id, with the behavior of each, and cards of this
project that can be saved and are declined later for the reason in their id.
"""

import hashlib
from dataclasses import dataclass, replace
from typing import Final, Literal

from local.stripe_stand_in.declines import ADVICE_CODES, NO_ADVICE, Decline, decline_named

Authentication = Literal["never", "unless_set_up", "on_session", "always"]

ATTACHES_THEN_DECLINES: Final = "card_attachesThenDeclines_"
"""The prefix of this project's names: `pm_card_attachesThenDeclines_<reason>[_<advice_code>]`, for example
`pm_card_attachesThenDeclines_lost_card` or `pm_card_attachesThenDeclines_do_not_honor__do_not_try_again`. The reason
can be any decline code. The advice code `no_advice` stands for none, where the reason usually has one."""


@dataclass(frozen=True, slots=True)
class KnownCard:
    """A card number and its behavior; its ids are `pm_` or `tok_` and one of `names`. `bank` marks a bank account."""

    number: str
    does: str
    names: tuple[str, ...] = ()
    brand: str = "visa"
    attach: Decline | None = None
    charge: Decline | None = None
    authentication: Authentication = "never"
    dispute: str | None = None
    inquiry: bool = False
    warning: str | None = None
    processing: bool = False
    refund_fails: bool = False
    has_fingerprint: bool = True
    bank: str | None = None

    @property
    def last4(self) -> str:
        """The last four digits."""
        return self.number[-4:]

    @property
    def fingerprint(self) -> str | None:
        """A hash of the number, equal each time the card is saved; None if Stripe shows none."""
        if not self.has_fingerprint:
            return None
        return hashlib.sha256(f"card {self.number}".encode()).hexdigest()[:16]

    @property
    def security_code_length(self) -> int:
        """The number of digits of the CVC."""
        return 4 if self.brand == "amex" else 3


def _declining_card(number: str, reason: str, does: str, *names: str) -> KnownCard:
    decline = decline_named(reason)
    return KnownCard(number, does, names, attach=decline, charge=decline)


CARDS: Final = (
    KnownCard("4242424242424242", "Pays", ("card_visa", "visa")),
    KnownCard("5555555555554444", "Pays", ("card_mastercard", "mastercard"), "mastercard"),
    KnownCard("378282246310005", "Pays", ("card_amex", "amex"), "amex"),
    KnownCard("6011111111111117", "Pays", ("card_discover", "discover"), "discover"),
    KnownCard("4000056655665556", "Pays (a debit card)", ("card_visa_debit", "visa_debit")),
    KnownCard("4000000000000077", "Pays; funds are available immediately", ("card_bypassPending", "bypassPending")),
    KnownCard(
        "4000000000000341",
        "Can be saved; declined when charged",
        ("card_chargeCustomerFail", "chargeCustomerFail"),
        charge=decline_named("generic_decline"),
    ),
    KnownCard(
        "4000002500003155",
        "Requires authentication unless set up",
        ("card_authenticationRequiredOnSetup", "authenticationRequiredOnSetup"),
        authentication="unless_set_up",
    ),
    KnownCard(
        "4000002760003184",
        "Always requires authentication",
        ("card_authenticationRequired", "authenticationRequired"),
        authentication="always",
    ),
    KnownCard(
        "4000003800000446",
        "Requires authentication only for on-session payments",
        ("card_authenticationRequiredSetupForOffSession", "authenticationRequiredSetupForOffSession"),
        authentication="on_session",
    ),
    KnownCard(
        "4000008260003178",
        "Requires authentication, then has insufficient funds",
        ("card_authenticationRequiredChargeDeclinedInsufficientFunds",),
        charge=decline_named("insufficient_funds"),
        authentication="always",
    ),
    KnownCard(
        "4000000000003220",
        "Always requires 3D Secure",
        ("card_threeDSecure2Required", "threeDSecure2Required"),
        authentication="always",
    ),
    KnownCard(
        "4000000000000259",
        "Pays; disputed as fraudulent",
        ("card_createDispute", "createDispute"),
        dispute="fraudulent",
    ),
    KnownCard(
        "4000000000002685",
        "Pays; disputed as not received",
        ("card_createDisputeProductNotReceived", "createDisputeProductNotReceived"),
        dispute="product_not_received",
    ),
    KnownCard(
        "4000000000001976",
        "Pays; the bank opens an inquiry",
        ("card_createDisputeInquiry", "createDisputeInquiry"),
        dispute="fraudulent",
        inquiry=True,
    ),
    KnownCard(
        "4000000000005423",
        "Pays; the issuer sends an early fraud warning",
        ("card_createIssuerFraudRecord", "createIssuerFraudRecord"),
        warning="unauthorized_use_of_card",
    ),
    KnownCard(
        "4000000000005126",
        "Pays; refunds fail later",
        ("card_refundFail", "refundFail"),
        refund_fails=True,
    ),
    _declining_card("4000000000000002", "generic_decline", "Declined", "card_chargeDeclined", "chargeDeclined"),
    _declining_card(
        "4000000000009995",
        "insufficient_funds",
        "Declined: insufficient funds",
        "card_chargeDeclinedInsufficientFunds",
        "card_visa_chargeDeclinedInsufficientFunds",
        "visa_chargeDeclinedInsufficientFunds",
    ),
    _declining_card(
        "4000000000009987",
        "lost_card",
        "Declined: lost",
        "card_chargeDeclinedLostCard",
        "card_visa_chargeDeclinedLostCard",
        "visa_chargeDeclinedLostCard",
    ),
    _declining_card(
        "4000000000009979",
        "stolen_card",
        "Declined: stolen",
        "card_chargeDeclinedStolenCard",
        "card_visa_chargeDeclinedStolenCard",
        "visa_chargeDeclinedStolenCard",
    ),
    _declining_card(
        "4000000000000069",
        "expired_card",
        "Declined: expired",
        "card_chargeDeclinedExpiredCard",
        "chargeDeclinedExpiredCard",
    ),
    _declining_card(
        "4000000000000127",
        "incorrect_cvc",
        "Declined: wrong security code",
        "card_chargeDeclinedIncorrectCvc",
        "chargeDeclinedIncorrectCvc",
    ),
    _declining_card(
        "4000000000000119",
        "processing_error",
        "Declined: processing error",
        "card_chargeDeclinedProcessingError",
        "chargeDeclinedProcessingError",
    ),
    _declining_card(
        "4100000000000019",
        "fraudulent",
        "Blocked as fraudulent",
        "card_radarBlock",
        "radarBlock",
    ),
    # Two that are not Stripe's: a card without a fingerprint, and one whose payment stays in processing until the
    # control route settles or fails it.
    KnownCard("4000000000009243", "Pays; has no fingerprint", ("card_noFingerprint",), has_fingerprint=False),
    KnownCard("4000000000009235", "Payment stays in processing", ("card_processing", "processing"), processing=True),
)

_BY_NUMBER: Final = {card.number: card for card in CARDS}
_BY_NAME: Final = {name: card for card in CARDS for name in card.names}


def card_with_number(number: str) -> KnownCard | None:
    """Return the test card with this number; None for any other number, real ones included."""
    return _BY_NUMBER.get(number)


def renewed(card: KnownCard) -> KnownCard:
    """Return the card that replaces this one: another number, the same behavior."""
    return replace(card, number=_number_of(f"renews {card.number}"))


def card_with_id(object_id: str) -> KnownCard | None:
    """Return the test card of a well-known `pm_card_…` or `tok_…` id; None for any other id."""
    prefix, _, name = object_id.partition("_")
    if prefix not in ("pm", "tok"):
        return None
    if name.startswith(ATTACHES_THEN_DECLINES):
        return _card_declining(name.removeprefix(ATTACHES_THEN_DECLINES))
    return _BY_NAME.get(name)


def _card_declining(behavior: str) -> KnownCard:
    reason, advice_code = behavior, None
    for code in (*ADVICE_CODES, NO_ADVICE):
        if behavior.endswith(f"_{code}"):
            reason, advice_code = behavior.removesuffix(code).rstrip("_"), code
    number = _number_of(f"declines {behavior}")
    decline = decline_named(reason, advice_code)
    return KnownCard(number, f"Can be saved; declined when charged: {decline.reason}", charge=decline)


def _number_of(words: str) -> str:
    """Return a card number derived from the text, with a valid check digit."""
    digest = int.from_bytes(hashlib.sha256(words.encode()).digest()[:6])
    body = f"40000{digest % 10**10:010d}"
    return body + str(-luhn_sum(f"{body}0") % 10)


def luhn_sum(number: str) -> int:
    """Return the Luhn sum; a valid number's is a multiple of ten."""
    total = 0
    for index, digit in enumerate(reversed(number)):
        doubled = int(digit) * (1 + index % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return total
