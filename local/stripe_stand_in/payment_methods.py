"""Payment methods, all of them cards: made from Stripe's test cards, attached to a customer, detached for good."""

from typing import Any, Final

from local.stripe_stand_in.account import Account
from local.stripe_stand_in.answers import page
from local.stripe_stand_in.declines import Decline
from local.stripe_stand_in.known_cards import KnownCard, card_with_id, card_with_number
from local.stripe_stand_in.parameters import (
    PAGING,
    Parameters,
    changed_metadata,
    choice,
    clearable_text,
    email,
    fields,
    integer,
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
LIST: Final = Parameters({**PAGING, "customer": text, "type": choice("card")})
LIST_OF_CUSTOMER: Final = Parameters({**PAGING, "type": choice("card")})


def create(account: Account, given: Fields) -> Fields:
    """POST /v1/payment_methods, from a token or from the number of a test card."""
    card = given["card"]
    known = card_with_id(card["token"]) if "token" in card else card_with_number(card.get("number", ""))
    if known is None and "token" in card:
        raise no_such("token", card["token"], "card[token]")
    if known is None:
        message = "Your card was declined. Your request was in test mode, but used a non test card."
        raise Refusal(402, message, kind="card_error", code="card_declined", decline_code="test_mode_live_card")
    made = new_card(account, known)
    if "number" in card:
        made["card"] |= _expiry(account, card)
    made["billing_details"] |= given.get("billing_details", {})
    made["metadata"] = changed_metadata({}, given.get("metadata", {}))
    return made


def _expiry(account: Account, card: Fields) -> Fields:
    """The date on the card.

    Raises:
        Refusal: there is no such month, or it is over.
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
    found = account.newest_first("payment_method", customer=given.get("customer"))
    return page(found if "customer" in given else [], given, "/v1/payment_methods")


def list_of_customer(account: Account, given: Fields, customer_id: str) -> Fields:
    """GET /v1/customers/{id}/payment_methods, newest first."""
    account.get("customer", customer_id, "customer", 404)
    found = account.newest_first("payment_method", customer=customer_id)
    return page(found, given, f"/v1/customers/{customer_id}/payment_methods")


def retrieve_of_customer(account: Account, _given: Fields, customer_id: str, payment_method_id: str) -> Fields:
    """GET /v1/customers/{id}/payment_methods/{id}."""
    found = account.get("payment_method", payment_method_id, "payment_method", 404)
    if found["customer"] != customer_id:
        raise no_such("payment_method", payment_method_id, "payment_method", 404)
    return found


def attach(account: Account, given: Fields, payment_method_id: str) -> Fields:
    """POST /v1/payment_methods/{id}/attach; a card that is declined already here stays unattached."""
    account.get("customer", given["customer"], "customer")
    found = resolve(account, payment_method_id, "payment_method", status=404)
    if found["id"] in account.spent:
        raise unusable_payment_method(
            "This PaymentMethod was previously used without being attached to a Customer or was detached from a "
            "Customer, and may not be used again."
        )
    if found["customer"] not in (None, given["customer"]):
        raise unusable_payment_method("The payment method you provided has already been attached to a customer.")
    if decline := account.cards[found["id"]].attach:
        raise card_error(decline)
    attach_to(account, found, given["customer"])
    return found


def attach_to(account: Account, payment_method: Fields, customer_id: str) -> None:
    """Save a card for a customer."""
    if payment_method["customer"] is None:
        payment_method["customer"] = customer_id
        account.emit("payment_method.attached", payment_method)


def detach(account: Account, _given: Fields, payment_method_id: str) -> Fields:
    """POST /v1/payment_methods/{id}/detach; it can never be used again, and is nobody's default."""
    found = account.get("payment_method", payment_method_id, "payment_method", 404)
    customer_id = found["customer"]
    if customer_id is None:
        raise unusable_payment_method(
            "The payment method you provided is not attached to a customer so detachment is impossible."
        )
    account.spent.add(found["id"])
    account.change(found, "payment_method.detached", {"customer": None})
    customer = account.objects["customer"][customer_id]
    if customer["invoice_settings"]["default_payment_method"] == found["id"]:
        settings = {**customer["invoice_settings"], "default_payment_method": None}
        account.change(customer, "customer.updated", {"invoice_settings": settings})
    return found


def resolve(account: Account, payment_method_id: str, param: str, status: int = 400) -> Fields:
    """The payment method of an id; one of Stripe's well-known ids means a new card each time.

    Raises:
        Refusal: there is none.
    """
    known = card_with_id(payment_method_id) if payment_method_id not in account.objects["payment_method"] else None
    if known is not None:
        return new_card(account, known)
    return account.get("payment_method", payment_method_id, param, status)


def new_card(account: Account, known: KnownCard) -> Fields:
    """A payment method of a test card, nobody's yet."""
    now = account.now()
    made = account.add(
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
            "card": {
                "brand": known.brand,
                "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
                "country": "US",
                "display_brand": known.brand,
                "exp_month": now.month,
                "exp_year": now.year + CARD_YEARS_AHEAD,
                "fingerprint": known.fingerprint,
                "funding": "debit" if "debit" in known.does else "credit",
                "generated_from": None,
                "last4": known.last4,
                "networks": {"available": [known.brand], "preferred": None},
                "regulated_status": "unregulated",
                "three_d_secure_usage": {"supported": known.authentication != "never"},
                "wallet": None,
            },
            "customer": None,
            "customer_account": None,
            "livemode": False,
            "metadata": {},
            "radar_options": {},
            "type": "card",
        },
    )
    account.cards[made["id"]] = known
    return made


def has_expired(account: Account, payment_method: Fields) -> bool:
    """Whether the month on the card is over."""
    card, now = payment_method["card"], account.now()
    return bool((card["exp_year"], card["exp_month"]) < (now.year, now.month))


def card_error(decline: Decline, **more: Any) -> Refusal:
    """The answer to a card that was declined."""
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
