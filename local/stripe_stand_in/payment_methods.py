"""Payment methods, cards and bank accounts: created from Stripe's test methods, attached to customers, detached
permanently.
"""

from collections.abc import Iterator
from typing import Any, Final

from local.stripe_stand_in import bank_accounts
from local.stripe_stand_in.account import Account
from local.stripe_stand_in.answers import page
from local.stripe_stand_in.declines import Decline
from local.stripe_stand_in.known_cards import KnownCard, card_with_id, card_with_number
from local.stripe_stand_in.parameters import (
    PAGING,
    Parameters,
    choice,
    clearable_text,
    email,
    fields,
    integer,
    merge_metadata,
    metadata,
    text,
)
from local.stripe_stand_in.refusals import Fields, Refusal, no_such, unusable_payment_method

CARD_YEARS_AHEAD: Final = 8
DETACHED: Final = (
    "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, or was detached "
    "from a Customer. It may not be used again. To use a PaymentMethod multiple times, you must attach it to a "
    "Customer first."
)

BILLING: Final = fields({"email": email, "name": clearable_text, "phone": clearable_text})
CARD: Final = fields({"token": text, "number": text, "exp_month": integer, "exp_year": integer, "cvc": text})
CREATE: Final = Parameters(
    {"type": choice("card"), "card": CARD, "billing_details": BILLING, "metadata": metadata}, ("type", "card")
)
ATTACH: Final = Parameters({"customer": text}, ("customer",))
TYPE: Final = choice("card", bank_accounts.KIND)
LIST: Final = Parameters({**PAGING, "customer": text, "type": TYPE})
LIST_OF_CUSTOMER: Final = Parameters({**PAGING, "type": TYPE})


def create(account: Account, given: Fields) -> Fields:
    """POST /v1/payment_methods, from a token or from the number of a test card."""
    card = given["card"]
    test_card = card_with_id(card["token"]) if "token" in card else card_with_number(card.get("number", ""))
    if test_card is None and "token" in card:
        raise no_such("token", card["token"], "card[token]")
    if test_card is None:
        message = "Your card was declined. Your request was in test mode, but used a non test card."
        raise Refusal(402, message, kind="card_error", code="card_declined", decline_code="test_mode_live_card")
    new = new_card(account, test_card)
    if "number" in card:
        new["card"] |= expiry(account, card)
    new["billing_details"] |= given.get("billing_details", {})
    new["metadata"] = merge_metadata({}, given.get("metadata", {}))
    return new


def expiry(account: Account, card: Fields) -> Fields:
    """Return the expiry date of the card.

    Raises:
        Refusal: the month is invalid or in the past.
    """
    now = account.now()
    month, year = card.get("exp_month", 0), card.get("exp_year", 0)
    if not 1 <= month <= 12:
        raise card_error(Decline("invalid_expiry_month", "Your card's expiration month is invalid.", param="exp_month"))
    if (year, month) < (now.year, now.month) or year > now.year + 50:
        raise card_error(Decline("invalid_expiry_year", "Your card's expiration year is invalid.", param="exp_year"))
    return {"exp_month": month, "exp_year": year}


def retrieve(account: Account, _given: Fields, payment_method_id: str) -> Fields:
    """GET /v1/payment_methods/{id}."""
    return resolve(account, payment_method_id, "payment_method", status=404)


def list_payment_methods(account: Account, given: Fields) -> Fields:
    """GET /v1/payment_methods, newest first."""
    if "customer" in given:
        account.get("customer", given["customer"], "customer")
    payment_method = _of_customer(account, given, given.get("customer"))
    return page(payment_method if "customer" in given else [], given, "/v1/payment_methods")


def list_of_customer(account: Account, given: Fields, customer_id: str) -> Fields:
    """GET /v1/customers/{id}/payment_methods, newest first."""
    account.get("customer", customer_id, "customer", 404)
    payment_method = _of_customer(account, given, customer_id)
    return page(payment_method, given, f"/v1/customers/{customer_id}/payment_methods")


def _of_customer(account: Account, given: Fields, customer_id: str | None) -> Iterator[Fields]:
    of_type = {"type": given["type"]} if "type" in given else {}
    return account.newest_first("payment_method", customer=customer_id, **of_type)


def retrieve_of_customer(account: Account, _given: Fields, customer_id: str, payment_method_id: str) -> Fields:
    """GET /v1/customers/{id}/payment_methods/{id}."""
    payment_method = account.get("payment_method", payment_method_id, "payment_method", 404)
    if payment_method["customer"] != customer_id:
        raise no_such("payment_method", payment_method_id, "payment_method", 404)
    return payment_method


def attach(account: Account, given: Fields, payment_method_id: str) -> Fields:
    """POST /v1/payment_methods/{id}/attach; a card that is declined here stays unattached."""
    account.get("customer", given["customer"], "customer")
    payment_method = resolve(account, payment_method_id, "payment_method", status=404)
    if payment_method["id"] in account.spent:
        raise unusable_payment_method(
            "This PaymentMethod was previously used without being attached to a Customer or was detached from a "
            "Customer, and may not be used again."
        )
    if payment_method["customer"] not in (None, given["customer"]):
        raise unusable_payment_method("The payment method you provided has already been attached to a customer.")
    if decline := account.cards[payment_method["id"]].attach:
        raise card_error(decline)
    attach_to(account, payment_method, given["customer"])
    return payment_method


def attach_to(account: Account, payment_method: Fields, customer_id: str) -> None:
    """Save a card for a customer."""
    if payment_method["customer"] is None:
        payment_method["customer"] = customer_id
        account.emit("payment_method.attached", payment_method)


def detach(account: Account, _given: Fields, payment_method_id: str) -> Fields:
    """POST /v1/payment_methods/{id}/detach; the card can never be used again and is no longer a default."""
    payment_method = account.get("payment_method", payment_method_id, "payment_method", 404)
    customer_id = payment_method["customer"]
    if customer_id is None:
        raise unusable_payment_method(
            "The payment method you provided is not attached to a customer so detachment is impossible."
        )
    account.spent.add(payment_method["id"])
    account.change(payment_method, "payment_method.detached", {"customer": None})
    customer = account.objects["customer"][customer_id]
    if customer["invoice_settings"]["default_payment_method"] == payment_method["id"]:
        settings = {**customer["invoice_settings"], "default_payment_method": None}
        account.change(customer, "customer.updated", {"invoice_settings": settings})
    return payment_method


def resolve(account: Account, payment_method_id: str, param: str, status: int = 400) -> Fields:
    """Return the payment method of an id; each use of one of Stripe's well-known ids creates a new card.

    Raises:
        Refusal: it does not exist.
    """
    is_stored = payment_method_id in account.objects["payment_method"]
    test_card = None if is_stored else bank_accounts.method_with_id(payment_method_id)
    if test_card is not None:
        return new_card(account, test_card)
    return account.get("payment_method", payment_method_id, param, status)


def new_card(account: Account, test_card: KnownCard) -> Fields:
    """Create a payment method from a test card or bank account, without a customer."""
    new = account.add(
        "payment_method",
        {
            "allow_redisplay": "unspecified",
            "billing_details": {
                "address": dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state")),
                "email": None,
                "name": None,
                "phone": None,
                "tax_id": None,
            },
            **_of_type(account, test_card),
            "customer": None,
            "customer_account": None,
            "livemode": False,
            "metadata": {},
            "radar_options": {},
        },
    )
    account.cards[new["id"]] = test_card
    return new


def _of_type(account: Account, test_card: KnownCard) -> Fields:
    """Return the type, and the fields that depend on it."""
    if test_card.bank:
        return {bank_accounts.KIND: bank_accounts.printed(test_card), "type": bank_accounts.KIND}
    now = account.now()
    card = {
        **printed(test_card),
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": "US",
        "exp_month": now.month,
        "exp_year": now.year + CARD_YEARS_AHEAD,
        "generated_from": None,
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": test_card.authentication != "never"},
        "wallet": None,
    }
    return {"card": card, "type": "card"}


def printed(test_card: KnownCard) -> Fields:
    """Return the fields of a payment method's card that depend on its number."""
    return {
        "brand": test_card.brand,
        "display_brand": test_card.brand,
        "fingerprint": test_card.fingerprint,
        "funding": "debit" if "debit" in test_card.does else "credit",
        "last4": test_card.last4,
        "networks": {"available": [test_card.brand], "preferred": None},
    }


def has_expired(account: Account, payment_method: Fields) -> bool:
    """Return whether the card has expired."""
    if payment_method["type"] != "card":
        return False
    card, now = payment_method["card"], account.now()
    return bool((card["exp_year"], card["exp_month"]) < (now.year, now.month))


def card_error(decline: Decline, **more: Any) -> Refusal:
    """Return the error for a declined card."""
    return Refusal(
        402,
        decline.message,
        kind="card_error",
        code=decline.code,
        decline_code=decline.decline_code,
        advice_code=decline.advice_code,
        param=decline.param,
        **more,
    )
