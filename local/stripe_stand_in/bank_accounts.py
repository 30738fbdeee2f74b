"""US bank accounts (ACH Direct Debit): Stripe's test accounts, and what happens to their payments on later days.

A payment stays in processing. Its bank answers after four business days, which `pass_days` lets pass. A return after
that is a dispute, which is lost at once and ends the mandate (docs.stripe.com/payments/ach-direct-debit).
"""

from typing import Final

from local.stripe_stand_in.account import Account
from local.stripe_stand_in.balance import DAY_SECONDS
from local.stripe_stand_in.declines import Decline
from local.stripe_stand_in.known_cards import KnownCard, card_with_id, card_with_number
from local.stripe_stand_in.parameters import choice, fields, list_of
from local.stripe_stand_in.refusals import Fields, Refusal

KIND: Final = "us_bank_account"
BANK: Final = "STRIPE TEST BANK"
ROUTING_NUMBER: Final = "110000000"
OPTIONS: Final = fields(
    {
        "financial_connections": fields({"permissions": list_of(choice("payment_method"))}),
        "verification_method": choice("automatic", "instant"),
    }
)
"""The options of a Checkout Session."""
ANSWER_DAYS: Final = 4
"""The days after which the bank answers."""
NO_MANDATE: Final = (
    "This PaymentIntent requires a mandate, but no existing mandate was found. Collect mandate acceptance from the "
    "customer and try again, providing acceptance data in the mandate_data parameter."
)

FAILURES: Final = {
    "insufficient_funds": Decline(
        "insufficient_funds", "The bank account has insufficient funds.", "insufficient_funds"
    ),
    "bank_account_closed": Decline("account_closed", "The bank account has been closed.", "bank_account_closed"),
    "bank_account_invalid_details": Decline(
        "no_account", "The bank account could not be found.", "bank_account_invalid_details"
    ),
    "debit_not_authorized": Decline(
        "debit_not_authorized",
        "The customer has notified their bank that this payment was unauthorized.",
        "debit_not_authorized",
    ),
    "bank_account_frozen": Decline(
        "bank_account_restricted", "The bank account does not allow this payment.", "bank_account_frozen"
    ),
}
"""Failed debits by decline code, each with Stripe's error code (docs.stripe.com/declines/network-codes)."""


def _account(
    number: str, name: str, does: str, *, fails: str | None = None, dispute: str | None = None, stays: bool = False
) -> KnownCard:
    failure = FAILURES[fails] if fails else None
    return KnownCard(
        number, does, (f"usBankAccount_{name}",), KIND, charge=failure, dispute=dispute, processing=stays, bank=BANK
    )


BANK_ACCOUNTS: Final = (
    _account("000123456789", "success", "Pays after four days"),
    _account("000111111113", "accountClosed", "Fails after four days: account closed", fails="bank_account_closed"),
    _account("000111111116", "noAccount", "Fails after four days: no account", fails="bank_account_invalid_details"),
    _account(
        "000222222227", "insufficientFunds", "Fails after four days: insufficient funds", fails="insufficient_funds"
    ),
    _account(
        "000333333335", "debitNotAuthorized", "Fails after four days: not authorized", fails="debit_not_authorized"
    ),
    _account("000555555559", "dispute", "Pays after four days; then returned", dispute="debit_not_authorized"),
    _account("000000000009", "processing", "Stays in processing", stays=True),
)
_BY_NUMBER: Final = {one.number: one for one in BANK_ACCOUNTS}
_BY_ID: Final = {f"pm_{name}": one for one in BANK_ACCOUNTS for name in one.names}


def account_with_number(number: str) -> KnownCard | None:
    """Return the test bank account with this number."""
    return _BY_NUMBER.get(number)


def method_with_id(object_id: str) -> KnownCard | None:
    """Return the test card or test bank account of a well-known id."""
    return _BY_ID.get(object_id) or card_with_id(object_id)


def method_named(name: str) -> KnownCard | None:
    """Return the test card or test bank account with a number or a well-known id."""
    return _BY_NUMBER.get(name) or card_with_number(name) or method_with_id(name)


def printed(test_account: KnownCard) -> Fields:
    """Return the `us_bank_account` of a payment method."""
    return {
        "account_holder_type": "company",
        "account_type": "checking",
        "bank_name": test_account.bank,
        "financial_connections_account": None,
        "fingerprint": test_account.fingerprint,
        "last4": test_account.last4,
        "networks": {"preferred": "ach", "supported": ["ach"]},
        "routing_number": ROUTING_NUMBER,
        "status_details": {},
    }


def charge_details(payment_method: Fields) -> Fields:
    """Return the details of a charge to a bank account."""
    account = payment_method[KIND]
    copied = ("account_holder_type", "account_type", "bank_name", "fingerprint", "last4", "routing_number")
    unknown = dict.fromkeys(("expected_debit_date", "mandate", "payment_reference"))
    return {name: account[name] for name in copied} | unknown


def mandate_refusal(account: Account, intent: Fields, payment_method: Fields | None) -> Refusal | None:
    """Return the error of a bank account without a mandate, which its setup gives and a dispute ends."""
    if payment_method is None or payment_method["type"] != KIND or payment_method["id"] in account.set_up:
        return None
    return Refusal(400, NO_MANDATE, payment_intent=dict(intent))


def end_mandate(account: Account, charge: Fields) -> None:
    """End the mandate of a disputed payment, which is final."""
    account.set_up.discard(charge["payment_method"])


def session_options(of_card: Fields, given: Fields, types: list[str] | None) -> Fields:
    """Return the options of each payment method type of a session, or of its setup intent."""
    shown: Fields = {"card": dict(of_card)} if types is None or "card" in types else {}
    if types and KIND in types:
        shown[KIND] = {"verification_method": "automatic", **given.get("payment_method_options", {}).get(KIND, {})}
    return shown


def answered(account: Account, days: int) -> list[Fields]:
    """Let days pass at the banks. Return the processing payments whose bank answers now, the oldest first."""
    account.bank_seconds += days * DAY_SECONDS
    now = account.timestamp() + account.bank_seconds
    found = []
    for intent in account.objects["payment_intent"].values():
        test_account = account.cards.get(intent["payment_method"] or "")
        if intent["status"] != "processing" or test_account is None or not test_account.bank or test_account.processing:
            continue
        charge = account.get("charge", intent["latest_charge"])
        if charge["created"] + ANSWER_DAYS * DAY_SECONDS <= now:
            found.append(intent)
    return found
