"""Checkout: a session in setup or payment mode, and the effect of its hosted page."""

from typing import Final

from local.stripe_stand_in import bank_accounts, checkout_payments
from local.stripe_stand_in.account import Account
from local.stripe_stand_in.answers import page
from local.stripe_stand_in.currencies import currency
from local.stripe_stand_in.known_cards import KnownCard
from local.stripe_stand_in.parameters import (
    PAGING,
    Parameters,
    choice,
    clearable_text,
    fields,
    instants,
    integer,
    list_of,
    merge_metadata,
    metadata,
    text,
    web_address,
)
from local.stripe_stand_in.payment_methods import attach_to, new_card
from local.stripe_stand_in.refusals import Fields, Refusal, bad_parameter, missing_parameter
from local.stripe_stand_in.setup_intents import new_setup_intent

EXPIRES_SECONDS: Final = 86_400
MIN_EXPIRES_SECONDS: Final = 1_800
METHODS: Final = ("card", "link", "us_bank_account")

CREATE: Final = Parameters(
    {
        "allowed_payment_method_types": list_of(choice(*METHODS)),
        "cancel_url": web_address,
        "client_reference_id": text,
        "currency": currency,
        "customer": text,
        "expires_at": integer,
        "locale": text,
        "metadata": metadata,
        "mode": choice("setup", "payment", "subscription"),
        "payment_method_options": fields({"us_bank_account": bank_accounts.OPTIONS}),
        "setup_intent_data": fields({"description": clearable_text, "metadata": metadata}),
        "success_url": web_address,
        "ui_mode": choice("hosted_page"),
        **checkout_payments.PARAMETERS,
    },
    ("mode", "success_url"),
)
LIST: Final = Parameters({**PAGING, "created": instants, "customer": text, "status": text})


def create(account: Account, given: Fields) -> Fields:
    """POST /v1/checkout/sessions."""
    _check(account, given)
    types = given.get("allowed_payment_method_types")
    if given["mode"] == "payment":
        session = account.add("checkout.session", _session_fields(account, given, types, None))
        session |= checkout_payments.payment_fields(given)
        account.checkout_data[session["id"]] = given.get("payment_intent_data", {})
    else:
        intent = new_setup_intent(account, given, types)
        account.emit("setup_intent.created", intent)
        session = account.add("checkout.session", _session_fields(account, given, types, intent["id"]))
    session["url"] = f"{account.base_url}/checkout/pay/{session['id']}"
    return session


def retrieve(account: Account, _given: Fields, session_id: str) -> Fields:
    """GET /v1/checkout/sessions/{id}; an open session past its `expires_at` expires now."""
    session = account.get("checkout.session", session_id, "session", 404)
    if session["status"] == "open" and session["expires_at"] <= account.timestamp():
        end(account, session)
    return session


def list_sessions(account: Account, given: Fields) -> Fields:
    """GET /v1/checkout/sessions, newest first."""
    having = {name: given[name] for name in ("customer", "status") if name in given}
    return page(account.newest_first("checkout.session", **having), given, "/v1/checkout/sessions")


def expire(account: Account, given: Fields, session_id: str) -> Fields:
    """POST /v1/checkout/sessions/{id}/expire."""
    session = retrieve(account, given, session_id)
    if session["status"] != "open":
        message = f"This Session cannot be expired: only open Sessions can, and its status is {session['status']}."
        raise Refusal(400, message, param="session")
    end(account, session)
    return session


def end(account: Account, session: Fields) -> None:
    """Expire a session, which closes its page and cancels its unpaid intent."""
    session.update(status="expired", url=None)
    checkout_payments.cancel_unpaid(account, session)
    account.emit("checkout.session.expired", session)


def pay(
    account: Account, session: Fields, test_card: KnownCard, holder: str, expiry: tuple[int, int]
) -> Refusal | None:
    """Pay with the card from the page; the error if it is declined, after which the page stays open.

    Raises:
        Refusal: the session is no longer open, or its customer was deleted.
    """
    _require_open(account, session)
    back = f"{account.base_url}/checkout/pay/{session['id']}"
    refusal = checkout_payments.submit(account, session, test_card, holder, expiry, back)
    follow_intent(account, account.get("payment_intent", session["payment_intent"]))
    return refusal


def follow_intent(account: Account, intent: Fields) -> Fields | None:
    """Apply the state of an intent to its session, if it has one; return the session."""
    session = checkout_payments.session_of(account, intent)
    if session is None or intent["status"] not in ("succeeded", "processing"):
        return session
    is_paid = intent["status"] == "succeeded"
    if session["status"] == "open":
        holder = account.get("payment_method", intent["payment_method"])["billing_details"]["name"]
        details = _customer_details(account, session, holder or "")
        paid = "paid" if is_paid else "unpaid"
        session.update(status="complete", url=None, customer_details=details, payment_status=paid)
        account.emit("checkout.session.completed", session)
    elif is_paid and session["payment_status"] == "unpaid":
        session["payment_status"] = "paid"
        account.emit("checkout.session.async_payment_succeeded", session)
    return session


def fail_later(account: Account, intent: Fields) -> None:
    """Announce that the payment of a completed page failed."""
    session = checkout_payments.session_of(account, intent)
    if session is not None and session["status"] == "complete":
        account.emit("checkout.session.async_payment_failed", session)


def complete(account: Account, session: Fields, test_card: KnownCard, holder: str, expiry: tuple[int, int]) -> Fields:
    """Save the card from the page for the session's customer; return the payment method.

    Raises:
        Refusal: the session is no longer open, or its customer was deleted.
    """
    _require_open(account, session)
    if session["customer"] is not None:
        account.get("customer", session["customer"], "customer")
    card = new_card(account, test_card)
    card["billing_details"]["name"] = holder or None
    if card["type"] == "card":
        card["card"] |= {"exp_month": expiry[0], "exp_year": expiry[1]}
    account.set_up.add(card["id"])
    if session["customer"] is not None:
        attach_to(account, card, session["customer"])
    intent = account.get("setup_intent", session["setup_intent"])
    intent.update(payment_method=card["id"], status="succeeded", last_setup_error=None)
    account.emit("setup_intent.succeeded", intent)
    session.update(status="complete", url=None, customer_details=_customer_details(account, session, holder))
    account.emit("checkout.session.completed", session)
    return card


def _require_open(account: Account, session: Fields) -> None:
    if retrieve(account, {}, session["id"])["status"] != "open":
        raise Refusal(400, "This Checkout Session is no longer open.", param="session")


def _check(account: Account, given: Fields) -> None:
    if given["mode"] == "subscription":
        raise bad_parameter("The local stand-in supports Checkout only in setup and payment mode.", None, "mode")
    if given["mode"] == "payment":
        checkout_payments.check(given)
    elif "payment_intent_data" in given or "line_items" in given:
        name = next(name for name in checkout_payments.PARAMETERS if name in given)
        raise bad_parameter(f"You can only use `{name}` in `payment` mode.", None, name)
    elif "currency" not in given and "allowed_payment_method_types" not in given:
        raise missing_parameter("currency")
    if "customer" in given:
        account.get("customer", given["customer"], "customer")
    ahead = given.get("expires_at", account.timestamp() + EXPIRES_SECONDS) - account.timestamp()
    if not MIN_EXPIRES_SECONDS <= ahead <= EXPIRES_SECONDS:
        message = "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation."
        raise bad_parameter(message, None, "expires_at")


def _customer_details(account: Account, session: Fields, holder: str) -> Fields:
    customer = account.objects["customer"].get(session["customer"] or "", {})
    return {
        "address": None,
        "business_name": None,
        "email": customer.get("email"),
        "individual_name": None,
        "name": holder or None,
        "phone": None,
        "tax_exempt": None,
        "tax_ids": None,
    }


def _session_fields(account: Account, given: Fields, types: list[str] | None, setup_intent_id: str | None) -> Fields:
    unused = (
        "adaptive_pricing after_expiration allow_promotion_codes amount_subtotal amount_total "
        "billing_address_collection branding_settings client_secret collected_information consent consent_collection "
        "currency_conversion customer_account customer_creation customer_details customer_email "
        "excluded_payment_method_types integration_identifier invoice invoice_creation origin_context payment_intent "
        "payment_link payment_method_configuration_details permissions recovered_from saved_payment_method_options "
        "shipping_address_collection shipping_cost submit_type subscription total_details wallet_options"
    )
    return {
        **dict.fromkeys(unused.split()),
        "allowed_payment_method_types": types,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "cancel_url": given.get("cancel_url"),
        "client_reference_id": given.get("client_reference_id"),
        "currency": given["currency"].lower() if "currency" in given else None,
        "custom_fields": [],
        "custom_text": dict.fromkeys(("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")),
        "customer": given.get("customer"),
        "discounts": None,
        "expires_at": given.get("expires_at", account.timestamp() + EXPIRES_SECONDS),
        "livemode": False,
        "locale": given.get("locale"),
        "metadata": merge_metadata({}, given.get("metadata", {})),
        "mode": given["mode"],
        "payment_method_collection": "always",
        "payment_method_options": bank_accounts.session_options({"request_three_d_secure": "automatic"}, given, types),
        "payment_method_types": types or ["card"],
        "payment_status": "no_payment_required",
        "phone_number_collection": {"enabled": False},
        "setup_intent": setup_intent_id,
        "shipping_options": [],
        "status": "open",
        "success_url": given["success_url"],
        "ui_mode": "hosted_page",
        "url": None,
    }
