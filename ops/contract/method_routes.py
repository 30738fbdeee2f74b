"""Saved payment methods: cards and bank accounts (functions/add_funds)."""

from typing import Final

from calling_credit.payments.card_state import CardState
from ops.contract.card_schemas import BRAND, PAYMENT_METHOD_ID
from ops.contract.payment_routes import GROUP, METHOD_TYPE
from ops.contract.recharge_routes import STRIPE_CODES
from ops.contract.route import Access, Answer, Route, ok, path
from ops.contract.schemas import FLAG, LAST_FOUR, TEXT, URL, body, described, list_of, one_of, or_null, record

SAVED_CARD: Final = record(
    "SavedCard",
    "A saved card or bank account.",
    {
        "id": PAYMENT_METHOD_ID,
        "type": METHOD_TYPE,
        "brand": BRAND,
        "last4": LAST_FOUR,
        "bank_name": described(or_null(TEXT), "The bank of a bank account."),
        "exp_month": or_null({"type": "integer", "minimum": 1, "maximum": 12}),
        "exp_year": or_null({"type": "integer"}),
        "default": FLAG,
        "backup": described(FLAG, "The card that pays a recharge once after a soft decline of the rule's card."),
        "used_by_rule": described(FLAG, "The rule of automatic recharge names it, on or off."),
        "state": one_of(CardState, "Its state. A bank account never expires."),
        "can_pay": described(FLAG, "Whether a payment with it would be tried now."),
        "can_recharge": described(FLAG, "Whether a rule of automatic recharge may use it; the operator decides."),
        "pauses_auto_recharge": described(FLAG, "Removing this card pauses automatic recharge."),
    },
)
SAVED_CARDS: Final = record(
    "SavedCards",
    "Every saved card and bank account once, the default first. One that was saved twice is its newest payment method.",
    {"items": list_of(SAVED_CARD), "next_cursor": {"type": "null"}},
)
NEW_METHOD: Final = body("NewPaymentMethod", "What to save.", {"type": METHOD_TYPE})
METHOD_CHOICE: Final = body(
    "PaymentMethodChoice",
    "Exactly one of the two.",
    {"default": {"const": True}, "backup": described(FLAG, "Only a card can be the backup.")},
)
SETUP_PAGE: Final = record("SetupPage", "Stripe's page that saves a card.", {"url": URL})

ROUTES: Final = (
    Route(
        "GET",
        "/payment-methods",
        "add_funds",
        Access.ADMIN,
        GROUP,
        "List saved cards",
        {200: ok(SAVED_CARDS, "The cards.")},
        ("unknown_account", "stripe_account_changed", *STRIPE_CODES),
    ),
    Route(
        "POST",
        "/payment-methods",
        "add_funds",
        Access.ADMIN,
        GROUP,
        "Get the page that saves a card",
        {201: ok(SETUP_PAGE, "The address of Stripe's page. Card numbers never reach this API.")},
        (
            "unknown_account",
            "account_frozen",
            "customer_missing",
            "setup_page_refused",
            "stripe_account_changed",
            "too_many_requests",
            "too_many_setup_pages",
            "too_many_cards",
            "invalid_field",
            "busy",
            *STRIPE_CODES,
        ),
        "Without a body, the page saves a card.",
        body=NEW_METHOD,
        body_required=False,
    ),
    Route(
        "PATCH",
        "/payment-methods/{payment_method_id}",
        "add_funds",
        Access.ADMIN,
        GROUP,
        "Choose the default or the backup card",
        {200: ok(SAVED_CARD, "The payment method after the change.")},
        (
            "unknown_account",
            "unknown_payment_method",
            "invalid_payment_method",
            "missing_field",
            "invalid_field",
            "payment_method_not_allowed",
            "card_blocked",
            "account_frozen",
            "too_many_requests",
            "stripe_account_changed",
            "busy",
            *STRIPE_CODES,
        ),
        "The backup card is tried once after a soft decline of the rule's card, within all limits. It never pays a "
        "manual payment by itself.",
        parameters=(path("payment_method_id", PAYMENT_METHOD_ID, "The payment method."),),
        body=METHOD_CHOICE,
        body_example={"backup": True},
    ),
    Route(
        "DELETE",
        "/payment-methods/{payment_method_id}",
        "add_funds",
        Access.ADMIN,
        GROUP,
        "Remove a saved card",
        {204: Answer("The card is removed, also where it was saved twice. Automatic recharge with it is suspended.")},
        ("unknown_account", "unknown_payment_method", "invalid_payment_method", "busy", *STRIPE_CODES),
        parameters=(path("payment_method_id", PAYMENT_METHOD_ID, "The card to remove."),),
    ),
)
