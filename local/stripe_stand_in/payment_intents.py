"""Payment intents: the endpoints and the status transitions. `attempts` decides how a card behaves."""

from typing import Final

from local.stripe_stand_in import bank_accounts
from local.stripe_stand_in.account import Account
from local.stripe_stand_in.answers import page
from local.stripe_stand_in.attempts import attempt
from local.stripe_stand_in.checkout_payments import session_of
from local.stripe_stand_in.currencies import currency
from local.stripe_stand_in.intents import (
    check_amount,
    new_intent,
    return_url_refusal,
    type_refusal,
    usable_payment_method,
)
from local.stripe_stand_in.parameters import (
    PAGING,
    Parameters,
    boolean,
    choice,
    clearable_text,
    email,
    fields,
    instants,
    list_of,
    merge_metadata,
    metadata,
    positive_integer,
    text,
    web_address,
)
from local.stripe_stand_in.refusals import Fields, Refusal, bad_parameter, unexpected_state

CONFIRMABLE: Final = ("requires_payment_method", "requires_confirmation", "requires_action")
CANCELABLE: Final = ("requires_payment_method", "requires_capture", "requires_confirmation", "requires_action")

SUCCEEDED: Final = (
    "You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed."
)

AT_CONFIRMATION: Final = {
    "allowed_payment_method_types": list_of(choice("card", "link", bank_accounts.KIND)),
    "payment_method": text,
    "receipt_email": email,
    "setup_future_usage": choice("off_session", "on_session"),
}
DETAILS: Final = {
    **AT_CONFIRMATION,
    "customer": text,
    "description": clearable_text,
    "metadata": metadata,
    "statement_descriptor_suffix": clearable_text,
}
ONLY_WITH_CONFIRM: Final = {"error_on_requires_action": boolean, "off_session": boolean, "return_url": web_address}
AUTOMATIC: Final = fields({"enabled": boolean, "allow_redirects": choice("always", "never")}, ("enabled",))
CREATE: Final = Parameters(
    {
        **DETAILS,
        **ONLY_WITH_CONFIRM,
        "amount": positive_integer,
        "automatic_payment_methods": AUTOMATIC,
        "capture_method": choice("automatic", "automatic_async"),
        "confirm": boolean,
        "currency": currency,
    },
    ("amount", "currency"),
)
UPDATE: Final = Parameters({**DETAILS, "amount": positive_integer, "currency": currency})
CONFIRM: Final = Parameters({**AT_CONFIRMATION, **ONLY_WITH_CONFIRM})
CANCEL: Final = Parameters(
    {"cancellation_reason": choice("abandoned", "duplicate", "fraudulent", "requested_by_customer")}
)
LIST: Final = Parameters({**PAGING, "created": instants, "customer": text})
RETRIEVE: Final = Parameters({"client_secret": text})


def create(account: Account, given: Fields) -> Fields:
    """POST /v1/payment_intents."""
    check_amount(given["amount"])
    is_confirming = given.get("confirm", False)
    for name in ONLY_WITH_CONFIRM:
        if name in given and not is_confirming:
            raise bad_parameter(f"`{name}` can only be used when `confirm` is true.", None, name)
    if "customer" in given:
        account.get("customer", given["customer"], "customer")
    payment_method = None
    if "payment_method" in given:
        payment_method = usable_payment_method(account, given.get("customer"), given["payment_method"])
    intent = new_intent(account, given, payment_method)
    refusal = _confirmation_refusal(intent, payment_method, given) if is_confirming else None
    if is_confirming and refusal is None:
        refusal = bank_accounts.mandate_refusal(account, intent, payment_method)
    if refusal is not None:
        del account.objects["payment_intent"][intent["id"]]
        raise refusal
    account.emit("payment_intent.created", intent)
    if payment_method is not None and is_confirming:
        _attempt(account, intent, payment_method, given)
    return intent


def update(account: Account, given: Fields, intent_id: str) -> Fields:
    """POST /v1/payment_intents/{id}. Once it is paid or canceled, only descriptive fields can change."""
    intent = _intent(account, intent_id)
    is_final = intent["status"] not in CONFIRMABLE
    for name in given:
        if is_final and name not in ("metadata", "description", "receipt_email", "expand"):
            message = f"This PaymentIntent's {name} could not be updated because it has a status of {intent['status']}."
            raise unexpected_state(message, intent)
    if "amount" in given:
        check_amount(given["amount"])
    if "customer" in given:
        account.get("customer", given["customer"], "customer")
    customer_id = given.get("customer", intent["customer"])
    payment_method = (
        usable_payment_method(account, customer_id, given["payment_method"]) if "payment_method" in given else None
    )
    _change_details(intent, given)
    if payment_method is not None:
        intent.update(payment_method=payment_method["id"], status="requires_confirmation", next_action=None)
    return intent


def confirm(account: Account, given: Fields, intent_id: str) -> Fields:
    """POST /v1/payment_intents/{id}/confirm."""
    intent = _intent(account, intent_id)
    if intent["status"] == "succeeded":
        raise unexpected_state(SUCCEEDED, intent)
    if intent["status"] not in CONFIRMABLE:
        message = _status_message(intent, "confirm", "requires_confirmation, requires_action")
        raise unexpected_state(message, intent)
    payment_method = None
    if named := given.get("payment_method", intent["payment_method"]):
        payment_method = usable_payment_method(account, intent["customer"], named)
    refusal = _confirmation_refusal(intent, payment_method, given)
    refusal = refusal or type_refusal(intent, payment_method)
    if refusal := refusal or bank_accounts.mandate_refusal(account, intent, payment_method):
        raise refusal
    _change_details(intent, given)
    if payment_method is not None:
        _attempt(account, intent, payment_method, given)
    return intent


def cancel(account: Account, given: Fields, intent_id: str) -> Fields:
    """POST /v1/payment_intents/{id}/cancel."""
    intent = _intent(account, intent_id)
    if session_of(account, intent) is not None and intent["status"] != "requires_capture":
        message = "You cannot cancel the PaymentIntent of a Checkout Session. Expire the Checkout Session instead."
        raise unexpected_state(message, intent)
    if intent["status"] not in CANCELABLE:
        raise unexpected_state(_status_message(intent, "cancel", ", ".join(CANCELABLE)), intent)
    intent.update(
        status="canceled",
        canceled_at=account.timestamp(),
        cancellation_reason=given.get("cancellation_reason"),
        next_action=None,
    )
    account.emit("payment_intent.canceled", intent)
    return intent


def retrieve(account: Account, given: Fields, intent_id: str) -> Fields:
    """GET /v1/payment_intents/{id}."""
    intent = _intent(account, intent_id)
    if given.get("client_secret", intent["client_secret"]) != intent["client_secret"]:
        message = "The client_secret provided does not match the client_secret associated with this object."
        raise Refusal(400, message, code="payment_intent_invalid_parameter", param="client_secret")
    return intent


def list_payment_intents(account: Account, given: Fields) -> Fields:
    """GET /v1/payment_intents, newest first."""
    having = {"customer": given["customer"]} if "customer" in given else {}
    return page(account.newest_first("payment_intent", **having), given, "/v1/payment_intents")


def _intent(account: Account, intent_id: str) -> Fields:
    return account.get("payment_intent", intent_id, "intent", 404)


def _change_details(intent: Fields, given: Fields) -> None:
    plain = ("amount", "customer", "description", "receipt_email", "setup_future_usage", "statement_descriptor_suffix")
    intent.update({name: given[name] for name in plain if name in given})
    if "currency" in given:
        intent["currency"] = given["currency"].lower()
    if "metadata" in given:
        intent["metadata"] = merge_metadata(intent["metadata"], given["metadata"])
    if types := given.get("allowed_payment_method_types"):
        intent.update(allowed_payment_method_types=types, payment_method_types=types, automatic_payment_methods=None)


def _confirmation_refusal(intent: Fields, payment_method: Fields | None, given: Fields) -> Refusal | None:
    if payment_method is None:
        message = (
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the "
            "PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a "
            "payment method or ConfirmationToken."
        )
        return unexpected_state(message, intent)
    automatic = None if "allowed_payment_method_types" in given else intent["automatic_payment_methods"]
    return return_url_refusal(automatic, given.get("return_url"))


def _attempt(account: Account, intent: Fields, payment_method: Fields, given: Fields) -> None:
    refusal = attempt(
        account,
        intent,
        payment_method,
        off_session=given.get("off_session", False),
        return_url=given.get("return_url"),
        may_challenge=not given.get("error_on_requires_action", False),
    )
    if refusal is not None:
        raise refusal


def _status_message(intent: Fields, verb: str, statuses: str) -> str:
    return (
        f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}. Only a PaymentIntent "
        f"with one of the following statuses may be {verb}ed: {statuses}."
    )
