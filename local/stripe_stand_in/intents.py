"""The fields of a payment intent, the amounts it allows, and the cards that can pay it."""

from typing import Final

from local.stripe_stand_in.account import Account
from local.stripe_stand_in.parameters import merge_metadata
from local.stripe_stand_in.payment_methods import DETACHED, resolve
from local.stripe_stand_in.refusals import Fields, Refusal, bad_parameter, unusable_payment_method

MIN_AMOUNT: Final = 50
MAX_AMOUNT: Final = 99_999_999
CARD_OPTIONS: Final = {
    "installments": None,
    "mandate_options": None,
    "network": None,
    "request_three_d_secure": "automatic",
}
RETURN_URL_NEEDED: Final = (
    "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of these "
    "payment methods might redirect your customer off of your page, you must provide a `return_url`. If you don't "
    "want to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to `true` and "
    "`automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and Payment Intents."
)


def customer_of(account: Account, path: str) -> str | None:
    """Return the customer of the payment intent that a path names, None without one."""
    named = path.removeprefix("/v1/payment_intents/").partition("/")[0]
    intent = account.objects["payment_intent"].get(named)
    return intent["customer"] if intent is not None else None


def new_intent(account: Account, given: Fields, payment_method: Fields | None) -> Fields:
    """Create an unconfirmed intent."""
    intent = account.add(
        "payment_intent",
        {
            "allowed_payment_method_types": given.get("allowed_payment_method_types"),
            "amount": given["amount"],
            "amount_capturable": 0,
            "amount_details": {"tip": {}},
            "amount_received": 0,
            "application": None,
            "application_fee_amount": None,
            "automatic_payment_methods": automatic_payment_methods(given),
            "canceled_at": None,
            "cancellation_reason": None,
            "capture_method": given.get("capture_method", "automatic_async"),
            "client_secret": None,
            "confirmation_method": "automatic",
            "currency": given["currency"].lower(),
            "customer": given.get("customer"),
            "customer_account": None,
            "description": given.get("description"),
            "excluded_payment_method_types": None,
            "last_payment_error": None,
            "latest_charge": None,
            "livemode": False,
            "metadata": merge_metadata({}, given.get("metadata", {})),
            "next_action": None,
            "on_behalf_of": None,
            "payment_method": payment_method["id"] if payment_method else None,
            "payment_method_configuration_details": None,
            "payment_method_options": _options(given.get("allowed_payment_method_types", ["card"])),
            "payment_method_types": given.get("allowed_payment_method_types", ["card"]),
            "processing": None,
            "receipt_email": given.get("receipt_email"),
            "review": None,
            "setup_future_usage": given.get("setup_future_usage"),
            "shipping": None,
            "source": None,
            "statement_descriptor": None,
            "statement_descriptor_suffix": given.get("statement_descriptor_suffix"),
            "status": "requires_confirmation" if payment_method else "requires_payment_method",
            "transfer_data": None,
            "transfer_group": None,
        },
    )
    intent["client_secret"] = account.new_id(f"{intent['id']}_secret_", 25)
    return intent


def _options(types: list[str]) -> Fields:
    options: Fields = {"card": dict(CARD_OPTIONS), "us_bank_account": {"verification_method": "automatic"}}
    return {name: options[name] for name in types if name in options}


def automatic_payment_methods(given: Fields) -> Fields | None:
    """Return the automatic payment methods: None if the request names types, otherwise all.

    Raises:
        Refusal: the request has both.
    """
    requested = given.get("automatic_payment_methods")
    if "allowed_payment_method_types" in given:
        if requested is not None and requested["enabled"]:
            message = "You may only specify one of: automatic_payment_methods, allowed_payment_method_types."
            raise bad_parameter(message, "parameters_exclusive", "automatic_payment_methods")
        return None
    if requested is None:
        return {"allow_redirects": "always", "enabled": True}
    return (
        {"allow_redirects": requested.get("allow_redirects", "always"), "enabled": True}
        if requested["enabled"]
        else None
    )


def check_amount(amount: int) -> None:
    """Check that Stripe can charge the amount, in cents, at once.

    Raises:
        Refusal: the amount is too small or too large.
    """
    if amount < MIN_AMOUNT:
        raise bad_parameter("Amount must be at least $0.50 usd", "amount_too_small", "amount")
    if amount > MAX_AMOUNT:
        raise bad_parameter("Amount must be no more than $999,999.99", "amount_too_large", "amount")


def type_refusal(intent: Fields, payment_method: Fields | None) -> Refusal | None:
    """Return an error if an intent does not allow the type of the payment method."""
    if payment_method is None or payment_method["type"] in intent["payment_method_types"]:
        return None
    message = (
        f"The PaymentMethod provided ({payment_method['type']}) is not allowed for this PaymentIntent. Please attach a "
        f"PaymentMethod of one of the following types: {', '.join(intent['payment_method_types'])}."
    )
    return Refusal(400, message, code="payment_intent_incompatible_payment_method", param="payment_method")


def return_url_refusal(automatic: Fields | None, return_url: str | None) -> Refusal | None:
    """Return an error if an intent that may redirect has no return URL."""
    if automatic is not None and automatic["allow_redirects"] == "always" and return_url is None:
        return Refusal(400, RETURN_URL_NEEDED)
    return None


def usable_payment_method(account: Account, customer_id: str | None, payment_method_id: str) -> Fields:
    """Return the payment method if it can pay an intent of this customer.

    Raises:
        Refusal: it does not exist, cannot be used again, or belongs to another customer.
    """
    payment_method = resolve(account, payment_method_id, "payment_method")
    owner = payment_method["customer"]
    if payment_method["id"] in account.spent:
        raise unusable_payment_method(DETACHED)
    if owner is not None and customer_id is None:
        raise Refusal(
            400,
            f"The `payment_method` parameter supplied {payment_method['id']} belongs to the Customer {owner}. Please "
            "include the Customer in the `customer` parameter on the PaymentIntent.",
            code="parameter_missing",
            param="customer",
        )
    if owner is not None and owner != customer_id:
        raise unusable_payment_method(
            f"The PaymentMethod {payment_method['id']} does not belong to the Customer you supplied {customer_id}. "
            "Please use this PaymentMethod with the Customer that it belongs to instead."
        )
    if customer_id is not None:
        account.get("customer", customer_id, "customer")
    return payment_method
