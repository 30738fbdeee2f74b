"""Setup intents, which save a card without charging it. Checkout creates them."""

from typing import Final

from local.stripe_stand_in import bank_accounts
from local.stripe_stand_in.account import Account
from local.stripe_stand_in.declines import Decline
from local.stripe_stand_in.parameters import Parameters, merge_metadata, text
from local.stripe_stand_in.payment_methods import card_error
from local.stripe_stand_in.refusals import Fields

CARD_OPTIONS: Final = {"mandate_options": None, "network": None, "request_three_d_secure": "automatic"}
RETRIEVE: Final = Parameters({"client_secret": text})


def retrieve(account: Account, _given: Fields, intent_id: str) -> Fields:
    """GET /v1/setup_intents/{id}."""
    return account.get("setup_intent", intent_id, "intent", 404)


def new_setup_intent(account: Account, given: Fields, types: list[str] | None) -> Fields:
    """Create the setup intent of a Checkout Session, for a card that can be charged later."""
    data = given.get("setup_intent_data", {})
    intent = account.add(
        "setup_intent",
        {
            "allowed_payment_method_types": types,
            "application": None,
            "automatic_payment_methods": None if types else {"allow_redirects": "always", "enabled": True},
            "cancellation_reason": None,
            "client_secret": None,
            "customer": given.get("customer"),
            "customer_account": None,
            "description": data.get("description"),
            "excluded_payment_method_types": None,
            "flow_directions": None,
            "last_setup_error": None,
            "latest_attempt": None,
            "livemode": False,
            "mandate": None,
            "metadata": merge_metadata({}, data.get("metadata", {})),
            "next_action": None,
            "on_behalf_of": None,
            "payment_method": None,
            "payment_method_configuration_details": None,
            "payment_method_options": bank_accounts.session_options(CARD_OPTIONS, given, types),
            "payment_method_types": types or ["card"],
            "single_use_mandate": None,
            "status": "requires_payment_method",
            "usage": "off_session",
        },
    )
    intent["client_secret"] = account.new_id(f"{intent['id']}_secret_", 25)
    return intent


def refuse(account: Account, intent: Fields, why: Decline) -> None:
    """Decline the card; the customer can enter another one."""
    intent["last_setup_error"] = card_error(why).error
    account.emit("setup_intent.setup_failed", intent)
