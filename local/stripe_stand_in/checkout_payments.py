"""Checkout in payment mode: what its page charges, its intent, and the effect of its hosted page. The intent is created
when the customer submits the page, and a page that ends unpaid cancels it.
"""

from typing import Final

from local.stripe_stand_in.account import Account
from local.stripe_stand_in.attempts import attempt
from local.stripe_stand_in.currencies import currency
from local.stripe_stand_in.intents import check_amount, new_intent
from local.stripe_stand_in.known_cards import KnownCard
from local.stripe_stand_in.parameters import (
    Kind,
    choice,
    clearable_text,
    fields,
    integer,
    list_of,
    metadata,
    positive_integer,
    text,
)
from local.stripe_stand_in.payment_methods import new_card
from local.stripe_stand_in.refusals import Fields, Refusal, bad_parameter, missing_parameter

PRODUCT: Final = fields({"description": clearable_text, "metadata": metadata, "name": text}, ("name",))
PRICE: Final = fields(
    {"currency": currency, "product_data": PRODUCT, "unit_amount": integer}, ("currency", "product_data", "unit_amount")
)
LINE_ITEMS: Final = list_of(fields({"price_data": PRICE, "quantity": positive_integer}, ("price_data", "quantity")))
INTENT_DATA: Final = fields(
    {
        "description": clearable_text,
        "metadata": metadata,
        "setup_future_usage": choice("off_session", "on_session"),
        "statement_descriptor_suffix": clearable_text,
    }
)
PARAMETERS: Final[dict[str, Kind]] = {"line_items": LINE_ITEMS, "payment_intent_data": INTENT_DATA}
"""The parameters of payment mode only."""
CANCELABLE: Final = ("requires_payment_method", "requires_confirmation", "requires_action")


def check(given: Fields) -> None:
    """Check the parameters of a session in payment mode.

    Raises:
        Refusal: nothing to charge, an amount that Stripe does not charge, or two currencies.
    """
    if not given.get("line_items"):
        raise missing_parameter("line_items")
    if "setup_intent_data" in given:
        raise bad_parameter("You can only use `setup_intent_data` in `setup` mode.", None, "setup_intent_data")
    if len({item["price_data"]["currency"].lower() for item in given["line_items"]}) > 1:
        raise bad_parameter("All line items must have the same currency.", None, "line_items")
    check_amount(total_of(given))


def total_of(given: Fields) -> int:
    """The amount of a request in cents."""
    return sum(item["price_data"]["unit_amount"] * item["quantity"] for item in given["line_items"])


def payment_fields(given: Fields) -> Fields:
    """The fields in which a session in payment mode differs from one in setup mode."""
    total = total_of(given)
    return {
        "amount_subtotal": total,
        "amount_total": total,
        "currency": given["line_items"][0]["price_data"]["currency"].lower(),
        "customer_creation": None if "customer" in given else "if_required",
        "payment_method_collection": "if_required",
        "payment_status": "unpaid",
        "setup_intent": None,
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
    }


def submit(
    account: Account, session: Fields, test_card: KnownCard, holder: str, expiry: tuple[int, int], return_url: str
) -> Refusal | None:
    """Pay an open session with a card, as its customer does; the error if the card is declined.

    The intent may need the cardholder's confirmation afterwards, and then returns them to `return_url`.
    """
    if session["customer"] is not None:
        account.get("customer", session["customer"], "customer")
    card = new_card(account, test_card)
    card["billing_details"]["name"] = holder or None
    intent = _intent_of(account, session)
    if card["type"] == "card":
        card["card"] |= {"exp_month": expiry[0], "exp_year": expiry[1]}
    elif intent["setup_future_usage"] == "off_session":
        account.set_up.add(card["id"])  # The customer gives the mandate on the page.
    return attempt(account, intent, card, off_session=False, return_url=return_url, may_challenge=True)


def session_of(account: Account, intent: Fields) -> Fields | None:
    """The session that an intent belongs to."""
    sessions = account.objects["checkout.session"].values()
    return next((session for session in sessions if session["payment_intent"] == intent["id"]), None)


def cancel_unpaid(account: Account, session: Fields) -> None:
    """Cancel the unpaid intent of a session that has expired."""
    intent = account.objects["payment_intent"].get(session["payment_intent"] or "")
    if intent is not None and intent["status"] in CANCELABLE:
        intent.update(
            status="canceled", canceled_at=account.timestamp(), cancellation_reason="expired", next_action=None
        )
        account.emit("payment_intent.canceled", intent)


def _intent_of(account: Account, session: Fields) -> Fields:
    if session["payment_intent"] is not None:
        return account.get("payment_intent", session["payment_intent"])
    data = account.checkout_data[session["id"]]
    wanted = {"amount": session["amount_total"], "currency": session["currency"], **data}
    if session["customer"] is not None:
        wanted["customer"] = session["customer"]
    if session["allowed_payment_method_types"]:
        wanted["allowed_payment_method_types"] = session["allowed_payment_method_types"]
    intent = new_intent(account, wanted, None)
    session["payment_intent"] = intent["id"]
    account.emit("payment_intent.created", intent)
    return intent
