"""Payments on Stripe's page (functions/add_funds)."""

from typing import Final

from calling_credit.topups.checkout import METHODS
from ops.contract.payment_routes import GROUP, TOP_UP
from ops.contract.recharge_routes import STRIPE_CODES
from ops.contract.route import IDEMPOTENCY_KEY, Access, Route, ok
from ops.contract.schemas import DOLLARS, body, described, one_of

NEW_CHECKOUT: Final = body(
    "NewCheckout",
    "The payment to make on Stripe's page.",
    {
        "amount": DOLLARS,
        "methods": described(
            {"type": "array", "items": one_of(METHODS), "minItems": 1},
            "What may pay. The default is cards, with the wallets that Stripe shows for them.",
        ),
    },
    required=("amount",),
)
CHECKOUT_CODES: Final = (
    "unknown_account",
    "account_closed",
    "account_frozen",
    "tax_unavailable",
    "too_many_declines",
    "too_many_requests",
    "too_many_setup_pages",
    "too_many_cards",
    "daily_top_up",
    "idempotency_key_reused",
    "in_progress",
    "missing_field",
    "invalid_amount",
    "amount_out_of_range",
    "invalid_field",
    "payment_refused",
    "customer_missing",
    "stripe_account_changed",
    "busy",
    *STRIPE_CODES,
)
ROUTES: Final = (
    Route(
        "POST",
        "/top-ups/checkout",
        "add_funds",
        Access.ADMIN,
        GROUP,
        "Open Stripe's page for a payment",
        {201: ok(TOP_UP, "The payment, unpaid. Send the customer to `checkout_url`; it also saves the card.")},
        CHECKOUT_CODES,
        "Stripe returns the customer to the Billing page with `?top_up=` and the payment's id, paid or not. "
        "`GET /top-ups/{top_up_id}` then asks Stripe.",
        parameters=(IDEMPOTENCY_KEY,),
        body=NEW_CHECKOUT,
    ),
)
